import Checkpoints
import Support
import Tensors
import Transformer

/// A tensor of the file in the making, and where its numbers come from.
struct QuantizedTensor {
  let entry: GGUFTensorEntry
  /// One after the other; all have the same number of columns.
  let sources: [StoredTensor]
  /// Numbers in a row.
  let columns: Int
  /// What is added to each number: 1 for the gains of norms that the checkpoint stores less one.
  let offset: Float
  /// Numbers that are in no checkpoint, in place of `sources`.
  let constants: [Float]
  /// The size of a head whose halves make pairs in the checkpoint and whose neighbours make them in the file; nil where rows
  /// stay as they are.
  var pairedRows: Int?

  /// Rows in all; those beyond the sources' are zeros.
  var rows: Int { entry.shape.dropLast().reduce(1, *) }

  /// The row of the sources that becomes a row of the file.
  func source(of row: Int) -> Int {
    guard let size = pairedRows else { return row }
    let place = row % size
    return row - place + (place % 2) * (size / 2) + place / 2
  }

  /// The tensors of the file, in its order. Errors: tensors that no GGUF file of this model holds.
  static func plan(_ inventory: ModelInventory, _ scheme: QuantizationScheme) throws(BenchmarkError) -> [Self] {
    let configuration = inventory.configuration
    let architecture = configuration.architecture
    let names = architecture.tensorNames
    var result: [Self] = []
    var stacks: [String: [StoredTensor]] = [:]
    for (name, tensor) in inventory.tensors {
      let stack = names.stacked.first { name.hasPrefix($0.huggingFace + ".") }
      if let stack {
        // In the order of their numbers, of which there is one digit.
        stacks[stack.gguf, default: []].append(tensor)
        continue
      }
      guard let target = names.ggufName(name) else {
        throw BenchmarkError(
          .unsupported,
          "\(tensor.file.path): tensor \(tensor.name): a GGUF file of architecture \(architecture.name) cannot store it"
        )
      }
      var shape = tensor.shape
      // llama.cpp wants a row for each token of the vocabulary.
      if name == "embed_tokens_per_layer.weight" { shape[0] = max(shape[0], configuration.vocabularySize) }
      let isGain = inventory.completesGains && name.hasSuffix("norm.weight")
      var made = try make(target, shape, [tensor], scheme, name, configuration, offset: isGain ? 1 : 0)
      if architecture.interleavesPairs { made.pairedRows = pairedRows(name, configuration) }
      result.append(made)
    }
    for (name, stack) in names.stacked.map({ ($0.gguf, $0.huggingFace) }) {
      guard let sources = stacks[name], let first = sources.first else { continue }
      let shape = [sources.count] + first.shape
      result.append(try make(name, shape, sources, scheme, stack, configuration, offset: 0))
    }
    result += try unusedKeys(inventory, scheme)
    for (name, values) in architecture.constants(of: configuration) {
      guard let entry = GGUFTensorEntry(name, shape: [values.count], elementType: .float32) else { continue }
      result.append(Self(entry: entry, sources: [], columns: values.count, offset: 0, constants: values))
    }
    return result
  }

  /// Keys and values of Gemma 3n's layers that share those of others, as zeros: newer checkpoints leave them out, since no
  /// layer reads them, and llama.cpp wants them.
  private static func unusedKeys(_ inventory: ModelInventory, _ scheme: QuantizationScheme) throws(BenchmarkError)
    -> [Self]
  {
    let configuration = inventory.configuration
    guard configuration.architecture.wantsUnusedKeys else { return [] }
    let known = Set(inventory.tensors.map(\.name))
    var result: [Self] = []
    for layer in configuration.layers where !layer.storesKeysAndValues {
      let width = layer.keyValueHeadCount * layer.headSize
      let shapes = [
        ("k_proj.weight", [width, configuration.hiddenSize]), ("v_proj.weight", [width, configuration.hiddenSize]),
        ("k_norm.weight", [layer.headSize]),
      ]
      for (ending, shape) in shapes {
        let name = "layers.\(layer.index).self_attn.\(ending)"
        guard !known.contains(name), let target = configuration.architecture.tensorNames.ggufName(name) else {
          continue
        }
        let query = inventory.tensors.first { $0.name == "layers.\(layer.index).self_attn.q_proj.weight" }
        let type = scheme.elementType(
          of: name, shape: shape, stored: query?.tensor.elementType ?? .float32,
          tiesEmbeddings: configuration.tiesEmbeddings, layerCount: configuration.layerCount)
        guard let entry = GGUFTensorEntry(target, shape: shape, elementType: type) else {
          throw BenchmarkError(.internalError, "\(target): shape \(shape) cannot be stored as \(type.name)")
        }
        result.append(Self(entry: entry, sources: [], columns: shape[shape.count - 1], offset: 0, constants: []))
      }
    }
    return result
  }

  /// The tensors of a GGUF file with other element types, in its order; those that are not of the language model as they
  /// are. Errors: a matrix that is quantised already.
  static func plan(
    _ file: GGUFModel, _ scheme: QuantizationScheme, _ configuration: TransformerConfiguration
  ) throws(BenchmarkError) -> [Self] {
    var result: [Self] = []
    for tensor in file.storedTensors {
      if let name = file.huggingFaceName(tensor) {
        result.append(try make(tensor.name, tensor.shape, [tensor], scheme, name, configuration, offset: 0))
      } else if let entry = GGUFTensorEntry(tensor.name, shape: tensor.shape, elementType: tensor.elementType) {
        let columns = tensor.shape[tensor.shape.count - 1]
        result.append(Self(entry: entry, sources: [tensor], columns: columns, offset: 0, constants: []))
      }
    }
    return result
  }

  private static func make(
    _ target: String, _ shape: [Int], _ sources: [StoredTensor], _ scheme: QuantizationScheme, _ name: String,
    _ configuration: TransformerConfiguration, offset: Float
  ) throws(BenchmarkError) -> Self {
    let first = sources[0]
    func failure(_ reason: String) -> BenchmarkError {
      BenchmarkError(.unsupported, "\(first.file.path): tensor \(first.name): \(reason)")
    }
    if let quantized = sources.first(where: { $0.elementType.isQuantized }) {
      throw failure("quantised already, to \(quantized.elementType.name); quantise the checkpoint it was made from")
    }
    // A scalar may have no dimensions in safetensors.
    let shape = shape.isEmpty ? [1] : shape
    let type = scheme.elementType(
      of: name, shape: shape, stored: first.elementType, tiesEmbeddings: configuration.tiesEmbeddings,
      layerCount: configuration.layerCount)
    guard let entry = GGUFTensorEntry(target, shape: shape, elementType: type) else {
      throw failure("shape \(shape) cannot be stored as \(type.name)")
    }
    return Self(entry: entry, sources: sources, columns: shape[shape.count - 1], offset: offset, constants: [])
  }

  /// The size of a head if a tensor's rows are those of queries or keys; nil for others.
  private static func pairedRows(_ name: String, _ configuration: TransformerConfiguration) -> Int? {
    ["q_proj", "k_proj"].contains { name.contains(".self_attn.\($0).") } ? configuration.headSize : nil
  }
}

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

  /// Rows in all; those beyond the sources' are zeros.
  var rows: Int { entry.shape.dropLast().reduce(1, *) }

  /// The tensors of the file, in its order. Errors: tensors that no GGUF file of this model holds.
  static func plan(_ inventory: ModelInventory, _ scheme: QuantizationScheme) throws(BenchmarkError) -> [Self] {
    let configuration = inventory.configuration
    guard let architecture = GGUFArchitecture(modelType: configuration.modelType) else {
      throw BenchmarkError(.unsupported, "\(inventory.checkpoint.folder): model_type \(configuration.modelType)")
    }
    var result: [Self] = []
    var stacks: [String: [StoredTensor]] = [:]
    for (name, tensor) in inventory.tensors {
      let stack = GGUFTensorNames.stacked.first { name.hasPrefix($0.huggingFace + ".") }
      if let stack {
        // In the order of their numbers, of which there is one digit.
        stacks[stack.gguf, default: []].append(tensor)
        continue
      }
      guard let target = GGUFTensorNames(architecture: architecture).ggufName(name) else {
        throw BenchmarkError(
          .unsupported, "\(tensor.file.path): tensor \(tensor.name): no GGUF file of \(architecture.rawValue) holds it")
      }
      var shape = tensor.shape
      // llama.cpp wants a row for each token of the vocabulary.
      if name == "embed_tokens_per_layer.weight" { shape[0] = max(shape[0], configuration.vocabularySize) }
      let isGain = inventory.completesGains && name.hasSuffix("norm.weight")
      result.append(
        try make(target, shape, [tensor], scheme, name, configuration, offset: isGain ? 1 : 0))
    }
    for (name, stack) in GGUFTensorNames.stacked.map({ ($0.gguf, $0.huggingFace) }) {
      guard let sources = stacks[name], let first = sources.first else { continue }
      let shape = [sources.count] + first.shape
      result.append(try make(name, shape, sources, scheme, stack, configuration, offset: 0))
    }
    result += try unusedKeys(inventory, scheme)
    if let factors = rotaryFactors(configuration),
      let entry = GGUFTensorEntry(GGUFModel.rotaryFactors, shape: [factors.count], elementType: .float32)
    {
      result.append(Self(entry: entry, sources: [], columns: factors.count, offset: 0, constants: factors))
    }
    return result
  }

  /// Keys and values of Gemma 3n's layers that share those of others, as zeros: newer checkpoints leave them out, since no
  /// layer reads them, and llama.cpp wants them.
  private static func unusedKeys(_ inventory: ModelInventory, _ scheme: QuantizationScheme) throws(BenchmarkError)
    -> [Self]
  {
    let configuration = inventory.configuration
    guard configuration.generation == .thirdNano else { return [] }
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
        guard !known.contains(name), let target = GGUFTensorNames(architecture: .gemma3n).ggufName(name) else {
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

  /// Gemma 4's global layers turn the first pairs of a head alone: llama.cpp divides the others' angles by 1e30.
  private static func rotaryFactors(_ configuration: TransformerConfiguration) -> [Float]? {
    guard configuration.generation == .fourth, let global = configuration.layers.last(where: { !$0.isLocal }) else {
      return nil
    }
    let pairs = global.headSize / 2
    let rotated = Int(global.rotary.rotatedFraction * Double(pairs))
    return (0..<pairs).map { $0 < rotated ? 1 : 1e30 }
  }
}

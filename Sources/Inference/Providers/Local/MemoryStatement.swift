import Checkpoints
import Support
import Tensors
import Transformer

/// The memory that a model takes once it is loaded and its context is full, from its configuration and its table of
/// tensors alone: nothing is read into memory to say it.
package struct MemoryStatement: Sendable {
  /// Bytes of the tensors in memory: as stored, or repacked.
  package let weightBytes: Int
  /// Bytes of keys and values of every position of the context.
  package let keyValueBytes: Int
  /// Bytes of the buffers of a forward pass and of a row of logits, and what loading adds to any process.
  package let workBytes: Int
  /// Bytes of the tokenizer's tables.
  package let tokenizerBytes: Int
  package let contextLength: Int
  /// Numbers in the tensors.
  package let parameterCount: Int

  /// What a run of a task may add at most, as it keeps the sequences of several requests at a time.
  package let batchBytes: Int

  package var totalBytes: Int { weightBytes + keyValueBytes + workBytes + tokenizerBytes }

  /// Bytes of tables that a tokenizer keeps for an entry of its vocabulary, measured on Gemma's of 262144.
  static let tokenizerBytesPerEntry = 320

  /// Bytes that loading adds to a process whatever the model: pages of the library that are touched, the allocator's arenas,
  /// the file's header. Measured as the difference of the resident set on models of 87 to 250 MB (Tests/Fronts/Hub/test_memory.py).
  static let processBytes = 6 << 20

  /// Whether matrices are quantised in the files: then they cannot become other types.
  private let isQuantized: Bool
  /// The configuration, for what quantised weights would take.
  private let configuration: TransformerConfiguration

  /// The statement of a checkpoint folder or a GGUF file.
  ///
  /// - Parameters:
  ///   - contextLength: nil: what loading takes by default.
  ///   - threads: of a forward pass; nil: every processor.
  ///   - quantization: what matrices are quantised to while loading.
  ///   - precision: of activations.
  /// - Throws: what loading the configuration and the table of tensors would.
  package init(
    path: String, contextLength: Int? = nil, threads: Int? = nil, quantization: QuantizationScheme? = nil,
    precision: Precision? = nil
  ) throws(BenchmarkError) {
    let checkpoint = try Checkpoint(path: path)
    configuration = try TransformerConfiguration(of: checkpoint)
    isQuantized = checkpoint.tensors.values.contains { $0.elementType.isQuantized }
    let context = try RequestTokenizer.contextLength(contextLength, of: configuration)
    self.contextLength = context
    (weightBytes, parameterCount) = try LanguageModel.residentWeights(
      of: checkpoint, configuration, quantization: quantization, precision: precision)
    let estimate = configuration.memoryEstimate(
      weightBytes: weightBytes, contextLength: context, threads: threads ?? Processors.available)
    keyValueBytes = estimate.keyValueBytes
    workBytes = estimate.workspaceBytes + estimate.logitBytes + Self.processBytes
    tokenizerBytes = configuration.vocabularySize * Self.tokenizerBytesPerEntry
    let limits = BatchLimits()
    let sequences = limits.sequences(bytesOfEach: keyValueBytes)
    batchBytes = (sequences - 1) * keyValueBytes + (limits.logitRows - 1) * estimate.logitBytes
  }

  /// Bytes that the model would take with its matrices in quantised blocks.
  package func totalBytes(quantizedAs type: ElementType) -> Int {
    let plain = parameterCount / type.blockLength * type.blockBytes
    return ((try? configuration.weightBytes(as: type)) ?? plain) + totalBytes - weightBytes
  }

  /// The statement for a machine, in bytes; `fits` is null if the machine does not say what it has.
  package func json(memory: MachineMemory?) -> JSONValue {
    [
      "weight_bytes": JSONValue(weightBytes), "key_value_bytes": JSONValue(keyValueBytes),
      "work_bytes": JSONValue(workBytes), "tokenizer_bytes": JSONValue(tokenizerBytes),
      "total_bytes": JSONValue(totalBytes), "batch_bytes": JSONValue(batchBytes),
      "context_length": JSONValue(contextLength),
      "available_bytes": memory.map { JSONValue($0.availableBytes) } ?? .null,
      "machine_bytes": memory.map { JSONValue($0.totalBytes) } ?? .null,
      "fits": memory.map { .bool(totalBytes <= $0.availableBytes) } ?? .null,
      "quantized_bytes": .object(
        alternatives.reduce(into: JSONObject()) { $0[$1.name] = JSONValue(totalBytes(quantizedAs: $1)) }),
    ]
  }

  /// Quantised types to suggest, the most exact first.
  private var alternatives: [ElementType] { isQuantized ? [] : [.q8_0, .q6_k, .q5_k, .q4_0] }

  /// Throws if the model is larger than what is available, with the numbers and what would fit.
  package func check(_ name: String, memory: MachineMemory?) throws(BenchmarkError) {
    guard let memory, totalBytes > memory.availableBytes else { return }
    throw BenchmarkError(
      .outOfMemory,
      "\(name): needs \(Self.gigabytes(totalBytes)) (weights \(Self.gigabytes(weightBytes)), key-value"
        + " cache of \(contextLength) tokens \(Self.gigabytes(keyValueBytes)), other"
        + " \(Self.gigabytes(workBytes + tokenizerBytes))), but only \(Self.gigabytes(memory.availableBytes)) of"
        + " \(Self.gigabytes(memory.totalBytes)) are available\(memory.isLimited ? " (a control group's limit)" : "");"
        + " \(remedy(available: memory.availableBytes)); set GEMMABENCH_MEMORY_CHECK=off to load it anyway")
  }

  /// What would fit: a quantisation, or one with a smaller context, or the matrices as they are with a smaller context.
  private func remedy(available: Int) -> String {
    var remedies: [String] = []
    if let type = alternatives.first(where: { totalBytes(quantizedAs: $0) <= available }) {
      remedies.append("quantised as \(type.name) it needs \(Self.gigabytes(totalBytes(quantizedAs: type))) and fits")
    } else {
      for type in alternatives {
        guard let length = fittingContext(available - totalBytes(quantizedAs: type)) else { continue }
        remedies.append("quantised as \(type.name) with context_length \(length) it fits")
        break
      }
    }
    if let length = fittingContext(available - totalBytes) {
      remedies.append("with context_length \(length) it fits as it is")
    }
    if !remedies.isEmpty { return remedies.joined(separator: "; ") }
    guard let smallest = alternatives.map({ totalBytes(quantizedAs: $0) }).min() else {
      return "use a smaller model, or a GGUF file with fewer bits per weight"
    }
    return "even as q4_0 it needs \(Self.gigabytes(smallest)); use a smaller model"
  }

  /// The context that fits where the whole one is so many bytes short, a multiple of 256; nil below 512 tokens.
  private func fittingContext(_ left: Int) -> Int? {
    let free = left + keyValueBytes
    guard left < 0, free > 0, keyValueBytes > 0 else { return nil }
    let length = Int(Double(free) / Double(keyValueBytes) * Double(contextLength)) / 256 * 256
    return length >= 512 ? length : nil
  }

  private static func gigabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e9).fixed(2)) GB" }
}

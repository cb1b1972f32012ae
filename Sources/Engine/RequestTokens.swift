import Checkpoints
import GemmaModel
import Support
import Tensors
import Tokenization

/// What requests will put through a model, known from its tokenizer and configuration alone; no weight is read.
public struct RequestTokens: Sendable {
  public let tokenizer: Tokenizer
  public let contextLength: Int
  /// Multiplications of weights with activations for each token, attention not counted; of a mixture, of all its experts.
  public let multiplyAddsPerToken: Int
  /// Those of a row of logits.
  public let multiplyAddsPerLogits: Int
  /// Bytes of weights that a pass over a few tokens reads.
  public let bytesPerPass: Int
  /// The arithmetic that the weights are made for.
  private let form: ActivationForm

  /// Of a checkpoint folder or a GGUF file.
  public init(path: String, contextLength: Int? = nil, quantization: QuantizationScheme? = nil) throws(BenchmarkError) {
    let inventory = try ModelInventory(path: path)
    tokenizer = try Tokenizer.load(path: try GGUFModel.path(for: path) ?? path)
    self.contextLength = try Model.contextLength(contextLength, of: inventory.configuration)
    var (multiplyAdds, bytes) = (0, 0)
    var isQuantized = false
    for (name, tensor) in inventory.tensors where tensor.shape.count >= 2 && !name.hasPrefix("embed_tokens") {
      if name == "lm_head.weight" { continue }
      let count = tensor.shape.reduce(1, *)
      let type =
        quantization?.elementType(
          of: name, shape: tensor.shape, stored: tensor.elementType,
          tiesEmbeddings: inventory.configuration.tiesEmbeddings)
        ?? tensor.elementType
      multiplyAdds += count
      bytes += count / type.blockLength * type.blockBytes
      if type.isQuantized { isQuantized = true }
    }
    multiplyAddsPerToken = multiplyAdds
    multiplyAddsPerLogits = inventory.configuration.vocabularySize * inventory.configuration.hiddenSize
    bytesPerPass = bytes + 2 * multiplyAddsPerLogits
    form = isQuantized ? .int8 : .float32
  }

  /// The part of a context that is divided into tokens by itself: white space at its end goes to the continuation.
  static func scoredContext(_ context: String) -> String {
    let scalars = context.unicodeScalars
    let end = scalars.lastIndex { !PythonText.isSpace($0) }
    return String(scalars[..<(end.map { scalars.index(after: $0) } ?? scalars.startIndex)])
  }

  /// What goes through the model to score continuations, as `Model.scoreRequests` divides them.
  public func scoring(context: String, continuations: [String]) -> [[Int32]] {
    let own = tokenizer.encode(Self.scoredContext(context), addBeginningOfSequence: true)
    return continuations.map { continuation in
      let whole = tokenizer.encode(context + continuation, addBeginningOfSequence: true)
      return fitting(own + whole.dropFirst(own.count).dropLast(), in: contextLength)
    }
  }

  /// What goes through the model before the first token of an answer.
  public func generation(prompt: String, maximumTokens: Int) -> [Int32] {
    fitting(
      tokenizer.encode(prompt, addBeginningOfSequence: true), in: max(1, contextLength - maximumTokens))
  }

  /// Tokens that do not fit go from behind the first one.
  private func fitting(_ tokens: [Int32], in length: Int) -> [Int32] {
    tokens.count <= length ? tokens : Array(tokens.prefix(1)) + tokens.suffix(length - 1)
  }

  /// Tokens that are computed of sequences that run together: what they share once.
  public static func computed(_ sequences: [[Int32]]) -> Int {
    sequences.isEmpty ? 0 : PrefixTrie(sequences).tokenCount
  }

  /// Seconds at the fastest that the machine could do it: its arithmetic and its memory measured, nothing else counted.
  ///
  /// - Parameters:
  ///   - computed: tokens of prompts, `logits` of them with a row of logits.
  ///   - generated: tokens of answers, up to `sequences` of them side by side.
  public func leastSeconds(computed: Int, logits: Int, generated: Int, sequences: Int, machine: MachineLimits) -> Double
  {
    let prompts = Double(computed) * Double(multiplyAddsPerToken) + Double(logits) * Double(multiplyAddsPerLogits)
    let answers = Double(generated) * Double(multiplyAddsPerToken + multiplyAddsPerLogits)
    let passes = Double(generated) / Double(max(1, min(sequences, 64)))
    return prompts / machine.rate(form)
      + max(answers / machine.rate(form), passes * Double(bytesPerPass) / machine.bytesPerSecond)
  }
}

/// What this machine can do at most, measured once for both kinds of arithmetic that matter.
public struct MachineLimits: Sendable {
  let bytesPerSecond: Double
  private let float: Double
  private let integer: Double

  /// Measures for about a second.
  public static func measure(threads: Int?) throws(BenchmarkError) -> MachineLimits {
    let pool = WorkerPool(threads: threads ?? 0)
    let float = try MachineSpeed.measure(on: pool, form: .float32)
    let integer = try MachineSpeed.measure(on: pool, form: .int8)
    return MachineLimits(
      bytesPerSecond: float.readBytesPerSecond, float: float.multiplyAddsPerSecond,
      integer: integer.multiplyAddsPerSecond)
  }

  /// Multiply-adds per second.
  fileprivate func rate(_ form: ActivationForm) -> Double { form == .int8 ? integer : float }
}

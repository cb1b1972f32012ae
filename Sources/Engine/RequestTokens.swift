import Checkpoints
import GemmaModel
import Support
import Tokenization

/// What requests will put through a model, known from its tokenizer and configuration alone; no weight is read.
public struct RequestTokens: Sendable {
  public let tokenizer: Tokenizer
  public let contextLength: Int
  public let cost: RunCost

  /// Of a checkpoint folder or a GGUF file.
  public init(
    path: String, contextLength: Int? = nil, quantization: QuantizationScheme? = nil, precision: Precision? = nil
  ) throws(BenchmarkError) {
    let inventory = try ModelInventory(path: path)
    tokenizer = try Tokenizer.load(path: try GGUFModel.path(for: path) ?? path)
    self.contextLength = try Model.contextLength(contextLength, of: inventory.configuration)
    cost = RunCost(inventory, quantization: quantization, precision: precision)
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

  /// Seconds that requests take, at the least and as expected: of `computed` tokens of prompts, `logits` of them with a row of
  /// logits, and `generated` tokens of answers, up to `sequences` of them side by side.
  public func seconds(
    computed: Int, logits: Int, generated: Int, sequences: Int, machine: MachineLimits
  ) -> (least: Double, expected: Double) {
    cost.seconds(computed: computed, logits: logits, generated: generated, sequences: sequences, machine: machine)
  }
}

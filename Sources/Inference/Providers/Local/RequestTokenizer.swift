import Checkpoints
import Support
import Tokenization
import Transformer

/// Divides requests into tokens: a model's tokenizer and configuration, without its weights. An estimate and a run divide alike.
package struct RequestTokenizer: Sendable {
  /// The folder or GGUF file.
  package let path: String
  package let tokenizer: Tokenizer
  package let configuration: TransformerConfiguration
  /// Tokens that prompt and answer may take together.
  package let contextLength: Int
  /// Tokens that end a text, ascending: the configuration's and the tokenizer's.
  package let endTokens: [Int32]

  /// - Throws: a context length beyond what the model was made for.
  init(path: String, tokenizer: Tokenizer, configuration: TransformerConfiguration, contextLength: Int?)
    throws(BenchmarkError)
  {
    self.path = path
    self.tokenizer = tokenizer
    self.configuration = configuration
    self.contextLength = try Self.contextLength(contextLength, of: configuration)
    // The keys of a GGUF file are among its configuration's, unless llama.cpp has them end nothing.
    let own = configuration.endOfTextTokens
    if tokenizer.sourceName == "gguf", !own.isEmpty {
      endTokens = own.sorted()
    } else {
      endTokens = Set(own + (tokenizer.endOfSequence.map { [$0] } ?? [])).sorted()
    }
  }

  /// The context length asked for, or the default; an error beyond what the model was made for.
  static func contextLength(_ asked: Int?, of configuration: TransformerConfiguration) throws(BenchmarkError) -> Int {
    let maximum = configuration.maximumPositions
    let step = 1024
    let length =
      asked
      ?? standardContextLength(
        maximum: maximum, bytesPerPosition: configuration.keyValueBytes(positions: step) / step,
        memoryBytes: MachineMemory.current?.totalBytes)
    if length < 2 || length > maximum {
      throw BenchmarkError(
        .invalidArgument, "context_length \(length): must be between 2 and \(maximum)")
    }
    return length
  }

  /// A context that any machine which runs a model is taken to have room for.
  static let smallestStandardContext = 8192

  /// What the model was made for where the keys and values of one text as long as that take at most an eighth of the
  /// machine's memory, or 1 GiB; else as many tokens, in steps of 1024, as do, and `smallestStandardContext` at the least.
  ///
  /// It goes by what the machine has, not by what is free, so that a machine cuts the same texts whenever it runs.
  static func standardContextLength(maximum: Int, bytesPerPosition: Int, memoryBytes: Int?) -> Int {
    let room = max(1 << 30, (memoryBytes ?? 0) / 8)
    let fitting = room / max(1, bytesPerPosition) / 1024 * 1024
    return min(maximum, max(smallestStandardContext, fitting))
  }
}

/// Which tokens go where a prompt does not fit the context.
package enum PromptCut: Sendable {
  /// Those behind the first one: BOS, without which Gemma is another model, stays.
  case afterBeginning
  /// The first ones, BOS with them, as lm-evaluation-harness 0.4.13 does (lm_eval/models/huggingface.py,
  /// `_loglikelihood_tokens` and `tok_batch_encode`): what tasks do, since their scores are to be its scores.
  case fromLeft

  /// The tokens that are left once `excess` of them went; at least one.
  func cut(_ tokens: [Int32], excess: Int) -> [Int32] {
    let excess = min(excess, tokens.count - 1)
    if excess <= 0 { return tokens }
    switch self {
    case .fromLeft: return Array(tokens[excess...])
    case .afterBeginning: return [tokens[0]] + tokens[(excess + 1)...]
    }
  }
}

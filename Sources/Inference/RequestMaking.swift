import Support
import Tokenization
import Transformer

/// What makes requests of texts: a loaded model, or a model's tokenizer and configuration alone. An estimate and a run make the
/// same ones.
package protocol RequestMaking {
  /// The folder or GGUF file.
  var path: String { get }
  var tokenizer: Tokenizer { get }
  var configuration: TransformerConfiguration { get }
  /// Tokens that prompt and answer may take together.
  var contextLength: Int { get }
  /// Tokens that end a text, ascending: the configuration's and the tokenizer's.
  var endTokens: [Int32] { get }
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

extension Model: RequestMaking {
  package var configuration: TransformerConfiguration { language.configuration }

  /// Tokens that end a text, of a configuration and a tokenizer.
  static func endTokens(_ configuration: TransformerConfiguration, _ tokenizer: Tokenizer) -> [Int32] {
    // The keys of a GGUF file are among its configuration's, unless llama.cpp has them end nothing.
    if tokenizer.sourceName == "gguf", !configuration.endOfTextTokens.isEmpty {
      return configuration.endOfTextTokens.sorted()
    }
    return Set(configuration.endOfTextTokens + (tokenizer.endOfSequence.map { [$0] } ?? [])).sorted()
  }
}

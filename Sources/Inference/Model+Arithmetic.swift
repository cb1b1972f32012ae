import Checkpoints
import Transformer

extension Model {
  /// The arithmetic that a model loaded with a precision computes with, by what shows in its bits; nil is what the
  /// environment variable GB_MATMUL says.
  package static func arithmetic(_ precision: Precision?) -> String { LanguageModel.arithmetic(precision) }

  /// Whether an answer of such an arithmetic is the same bits whatever is asked beside it: only then may it be kept for later.
  package static func isBatchInvariant(arithmetic: String) -> Bool {
    LanguageModel.isBatchInvariant(arithmetic: arithmetic)
  }
}

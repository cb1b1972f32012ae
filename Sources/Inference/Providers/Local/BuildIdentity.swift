import Checkpoints
import Transformer

/// What of a build and its machine decides answers, beside the model and the request.
package struct BuildIdentity: Sendable {
  /// The version of the library.
  package var version: String
  /// Of the kernels.
  package var instructionSet: String
  /// The arithmetic that a model of a precision computes with, by what shows in its bits; nil is what the environment variable
  /// GB_MATMUL says.
  package var arithmetic: @Sendable (Precision?) -> String

  package init(
    version: String = "", instructionSet: String = LanguageModel.instructionSet,
    arithmetic: @escaping @Sendable (Precision?) -> String = LanguageModel.arithmetic
  ) {
    self.version = version
    self.instructionSet = instructionSet
    self.arithmetic = arithmetic
  }
}

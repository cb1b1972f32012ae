import Evaluation
import Support

/// A sample as it is put to a model.
package struct Prompt: Sendable, Equatable {
  /// The `id` of the sample.
  package let sampleID: String
  /// Those of the sample.
  package let attributes: SampleAttributes
  package let request: Request
  /// The right answer, as a report shows it.
  package let target: String
  /// The part of the context, from its start, that says what the task is: in a chat it is the system message.
  package let description: String?

  package init(
    sampleID: String, attributes: SampleAttributes = SampleAttributes(), request: Request, target: String,
    description: String? = nil
  ) {
    self.sampleID = sampleID
    self.attributes = attributes
    self.request = request
    self.target = target
    self.description = description
  }

  package var subject: String? { attributes.subject }

  /// The text that stands before whatever is scored or generated.
  package var context: String { request.context }

  /// The digest of the context's UTF-8: lm-evaluation-harness's `prompt_hash`.
  package var contextSHA256: String { SHA256.hexadecimal(context) }
}

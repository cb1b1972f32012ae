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
  /// What the context is made of; nil where the task knows no more than its text.
  package let parts: PromptParts?
  /// The parts of the contexts behind the first, where there are several.
  private let otherParts: [PromptParts]
  /// Whether the task was given the most tokens that an answer may have; else that is its default.
  package let hasOwnLimit: Bool

  package init(
    sampleID: String, attributes: SampleAttributes = SampleAttributes(), request: Request, target: String,
    description: String? = nil, hasOwnLimit: Bool = true
  ) {
    self.sampleID = sampleID
    self.attributes = attributes
    self.request = request
    self.target = target
    self.description = description
    self.hasOwnLimit = hasOwnLimit
    parts = nil
    otherParts = []
  }

  /// A prompt of known parts, whose text is the context.
  ///
  /// - Parameters:
  ///   - otherParts: those of further contexts of the request.
  ///   - request: what is asked after a context.
  package init(
    sampleID: String, attributes: SampleAttributes = SampleAttributes(), parts: PromptParts,
    otherParts: [PromptParts] = [], target: String, hasOwnLimit: Bool = true, request: (_ context: String) -> Request
  ) {
    self.sampleID = sampleID
    self.attributes = attributes
    self.request = request(parts.text())
    self.target = target
    self.hasOwnLimit = hasOwnLimit
    description = parts.description.isEmpty ? nil : parts.description
    self.parts = parts
    self.otherParts = otherParts
  }

  /// What one of the request's contexts is made of; nil where the task knows no more than its text.
  package func parts(of context: String) -> PromptParts? {
    if otherParts.isEmpty { return parts }
    return ([parts].compactMap(\.self) + otherParts).first { PythonText.areSame($0.text(), context) } ?? parts
  }

  /// The prompt as one of another sample: of a task within others.
  func ofSample(_ id: String, _ attributes: SampleAttributes) -> Prompt {
    Prompt(self, sampleID: id, attributes: attributes)
  }

  private init(_ prompt: Prompt, sampleID: String, attributes: SampleAttributes) {
    self.sampleID = sampleID
    self.attributes = attributes
    request = prompt.request
    target = prompt.target
    description = prompt.description
    parts = prompt.parts
    otherParts = prompt.otherParts
    hasOwnLimit = prompt.hasOwnLimit
  }

  package var subject: String? { attributes.subject }

  /// The text that stands before whatever is scored or generated.
  package var context: String { request.context }

  /// The digest of the context's UTF-8: lm-evaluation-harness's `prompt_hash`.
  package var contextSHA256: String { SHA256.hexadecimal(context) }
}

import Support

/// What is asked of a model.
public enum Request: Sendable, Equatable {
  /// The log-likelihood of each continuation after the context.
  case chooseContinuation(context: String, continuations: [String])
  /// Text after the prompt, until one of the stop strings, the model's own end of text, or a count of tokens.
  case generate(prompt: String, stops: [String], maximumTokens: Int)

  /// The text that stands before whatever is scored or generated.
  public var context: String {
    switch self {
    case .chooseContinuation(let context, _): context
    case .generate(let prompt, _, _): prompt
    }
  }
}

/// A sample as it is put to a model.
public struct Prompt: Sendable, Equatable {
  /// The `id` of the sample.
  public let sampleID: String
  public let subject: String?
  /// What the sample shares with others beside its subject, by kind: `passage`, `template`. Statistics may take the samples
  /// that share it as drawn together.
  public let clusters: [String: String]
  public let request: Request
  /// The right answer, as a report shows it.
  public let target: String
  /// The part of the context, from its start, that says what the task is: in a chat it is the system message.
  public let description: String?

  public init(
    sampleID: String, subject: String?, clusters: [String: String] = [:], request: Request, target: String,
    description: String? = nil
  ) {
    self.sampleID = sampleID
    self.subject = subject
    self.clusters = clusters
    self.request = request
    self.target = target
    self.description = description
  }

  /// The text that stands before whatever is scored or generated.
  public var context: String { request.context }

  /// The digest of the context's UTF-8: lm-evaluation-harness's `prompt_hash`.
  public var contextSHA256: String { SHA256.hexadecimal(context) }
}

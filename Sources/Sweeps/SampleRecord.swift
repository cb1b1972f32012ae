import Evaluation
import Support

/// What one sample gave: enough to score it again and to look at it. Its JSON leaves out the prompt, which the hash
/// stands for.
public struct SampleRecord: Sendable {
  public let id: String
  /// What the sample says of itself: its subject, and what it shares with others (`passage`, `template`).
  public var attributes = SampleAttributes()
  public let promptSHA256: String
  /// The text that stood before the answer, as the model got it; nil in a record read back from files without it.
  public var prompt: String? = nil
  public let target: String
  public let response: Response
  public let score: Score
  /// The score's flags and those of the run, such as `prompt_truncated`.
  public let flags: [String]
  /// Tokens of the prompt.
  public let promptTokens: Int
  /// Tokens that were generated, or whose probability was asked for.
  public let answerTokens: Int
  /// Seconds of the model's time that the sample took: its share of the passes that it was in, by the tokens computed for it.
  /// What samples share (few-shot examples) is divided among them. How long one would wait for it alone is another matter.
  public var seconds: Double

  public var subject: String? { attributes.subject }

  /// The record as JSON; absent values are null.
  public var json: JSONValue {
    var object: JSONObject = [
      "id": .string(id), "subject": .null, "prompt_sha256": .string(promptSHA256), "target": .string(target),
      "prediction": score.prediction.map { .string($0) } ?? .null,
    ]
    for (key, value) in attributes.members.members { object[key] = value }
    for (key, value) in response.members.members { object[key] = value }
    for (key, value) in score.members.members { object[key] = value }
    object["flags"] = .array(flags.map { .string($0) })
    object["prompt_tokens"] = JSONValue(promptTokens)
    object["answer_tokens"] = JSONValue(answerTokens)
    object["seconds"] = .number(seconds)
    return .object(object)
  }

  /// What the sample shares with others of a kind (`subject`, or another of its attributes); an error names the kinds it has.
  func cluster(_ kind: String) throws(BenchmarkError) -> String {
    if let label = attributes.label(kind) { return label }
    let known = attributes.kinds
    let hint = known.isEmpty ? "; its task has no clusters" : NearestName.hint(kind, among: known)
    throw BenchmarkError(.invalidArgument, "clusters: the sample \(id) has no \"\(kind)\"\(hint)")
  }
}

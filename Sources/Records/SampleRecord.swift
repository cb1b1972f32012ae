import Evaluation
import Plan
import Support

/// The result of one sample: enough to score it again and to show it. Its JSON has the hash of the prompt, not the prompt.
package struct SampleRecord: Sendable {
  package let id: String
  /// What the sample says of itself: its subject, and what it shares with others (`passage`, `template`).
  package var attributes = SampleAttributes()
  package let promptSHA256: String
  /// The text that stood before the answer, as the model got it; nil in a record read back from files without it.
  package var prompt: String? = nil
  package let target: String
  package let response: Response
  package let score: Score
  /// The score's flags and those of the run, such as `prompt_truncated`.
  package let flags: [String]
  /// Tokens of the prompt.
  package let promptTokens: Int
  /// Tokens that were generated, or whose probability was asked for.
  package let answerTokens: Int
  /// Seconds of the model's time that the sample took: its share of the passes that it was in, by the tokens computed for it.
  /// What samples share (few-shot examples) is divided among them. How long one would wait for it alone is another matter.
  package var seconds: Double

  package init(
    id: String, attributes: SampleAttributes = SampleAttributes(), promptSHA256: String, prompt: String? = nil,
    target: String, response: Response, score: Score, flags: [String], promptTokens: Int, answerTokens: Int,
    seconds: Double
  ) {
    self.id = id
    self.attributes = attributes
    self.promptSHA256 = promptSHA256
    self.prompt = prompt
    self.target = target
    self.response = response
    self.score = score
    self.flags = flags
    self.promptTokens = promptTokens
    self.answerTokens = answerTokens
    self.seconds = seconds
  }

  package var subject: String? { attributes.subject }

  /// The record as JSON; absent values are null.
  package var json: JSONValue {
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

import Support
import Tasks

/// What one sample gave: enough to score it again and to look at it. Its JSON leaves out the prompt, which the hash
/// stands for.
public struct SampleRecord: Sendable {
  public let id: String
  public let subject: String?
  /// What the sample shares with others beside its subject, by kind: `passage`, `template`.
  public var clusters: [String: String] = [:]
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

  /// The record as JSON; absent values are null.
  public var json: JSONValue {
    var object: JSONObject = [
      "id": .string(id), "subject": subject.map { .string($0) } ?? .null, "prompt_sha256": .string(promptSHA256),
      "target": .string(target), "prediction": score.prediction.map { .string($0) } ?? .null,
    ]
    if !clusters.isEmpty { object["clusters"] = .object(Clustering.json(clusters)) }
    switch response {
    case .logLikelihoods(let values, let tokenCounts):
      object["log_likelihoods"] = .array(values.map { .number($0) })
      object["continuation_tokens"] = .array(tokenCounts.map { JSONValue($0) })
    case .generated(let text, let finishReason):
      object["response"] = .string(text)
      object["finish_reason"] = .string(finishReason.rawValue)
    case .measured(let measurements):
      object["measurements"] = .array(measurements.map(\.json))
    }
    var scores = JSONObject()
    for metric in score.metrics { scores[metric.name] = JSONValue(optional: metric.value) }
    object["score"] = JSONValue(optional: score.metrics.first?.value)
    object["scores"] = .object(scores)
    object["flags"] = .array(flags.map { .string($0) })
    object["prompt_tokens"] = JSONValue(promptTokens)
    object["answer_tokens"] = JSONValue(answerTokens)
    object["seconds"] = .number(seconds)
    return .object(object)
  }
  /// What the sample shares with others of a kind (`subject`, or one of its `clusters`); an error names the kinds it has.
  func cluster(_ kind: String) throws(BenchmarkError) -> String {
    if let label = kind == "subject" ? subject : clusters[kind] { return label }
    let known = (subject == nil ? [] : ["subject"]) + clusters.keys.sorted()
    let hint = known.isEmpty ? "; its task has no clusters" : NearestName.hint(kind, among: known)
    throw BenchmarkError(.invalidArgument, "clusters: the sample \(id) has no \"\(kind)\"\(hint)")
  }
}

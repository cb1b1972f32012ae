import Evaluation

/// What the answers of a model that thinks take, beside what its task measures: tokens of thought and of answer, and how many
/// thoughts did not end by themselves.
enum ThoughtMetrics {
  /// In the order of a score, behind the task's own.
  ///
  /// - Parameter repeats: responses to each sample; a share of several is no longer 0 or 1.
  static func all(repeats: Int) -> [Metric] { [thoughtTokens, answerTokens, thoughtCut(isBinary: repeats == 1)] }

  static let thoughtTokens = Metric(
    name: "thought_tokens", summary: "tokens of thought, before the answer", upperBound: .infinity,
    higherIsBetter: false,
    isBinary: false, unit: .own("tokens"), kind: .cost)
  static let answerTokens = Metric(
    name: "answer_tokens", summary: "tokens of the answer, behind the thought", upperBound: .infinity,
    higherIsBetter: false,
    isBinary: false, unit: .own("tokens"), kind: .cost)
  private static let cutName = "thought_cut"

  private static func thoughtCut(isBinary: Bool) -> Metric {
    Metric(
      name: cutName, summary: "the share of answers whose thought a limit ended: its budget, or the context",
      higherIsBetter: false, isBinary: isBinary, kind: .cost)
  }

  /// The values of a response; of several texts, their means. Nil where a record does not say; none of what is not generated.
  ///
  /// - Parameter own: metrics of the task, of which one of the same name goes first.
  static func values(_ response: Response, besides own: [Metric]) -> [MetricValue] {
    guard case .generated(let texts) = response, !texts.isEmpty else { return [] }
    func mean(_ value: (GeneratedText) -> Int?) -> Double? {
      let values = texts.compactMap(value)
      return values.count == texts.count ? Double(values.reduce(0, +)) / Double(values.count) : nil
    }
    let values = [
      MetricValue(name: thoughtTokens.name, value: mean { $0.thought?.tokens ?? 0 }),
      MetricValue(name: answerTokens.name, value: mean(\.answerTokens)),
      MetricValue(name: cutName, value: mean { isEndedByLimit($0) ? 1 : 0 }),
    ]
    return values.filter { value in !own.contains { $0.name == value.name } }
  }

  /// Whether a limit ended the thought: its budget, or that of tokens. A model may also end its text within a thought.
  private static func isEndedByLimit(_ text: GeneratedText) -> Bool {
    text.thought?.end == .forced || text.thought?.end == .cut && text.finishReason == .length
  }

  /// What a reader should know of a response, whatever its task.
  static func flags(_ response: Response) -> [String] {
    guard case .generated(let texts) = response else { return [] }
    var flags: [String] = []
    if texts.contains(where: { $0.thought?.end == .forced }) { flags.append(ScoreFlag.thoughtForced) }
    let unfinished = texts.filter { $0.thought?.end == .cut }
    if unfinished.contains(where: isEndedByLimit) { flags.append(ScoreFlag.thoughtCut) }
    if unfinished.contains(where: { !isEndedByLimit($0) }) { flags.append(ScoreFlag.thoughtUnfinished) }
    if texts.contains(where: \.isLooping) { flags.append(ScoreFlag.looping) }
    return flags
  }
}

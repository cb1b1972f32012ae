import Evaluation
import Plan
import Records
import Support
import Tasks

/// The samples of one task in one run, over all models that answered them: what the page's browser of samples shows.
struct SampleSheet {
  let name: String
  let runs: [RunRecord]
  /// Every sample that any of the runs holds, in the order they are first seen.
  let ids: [String]
  /// For each run, where in it a sample stands.
  private let positions: [[String: Int]]

  /// Samples of one block; a block is read by the page when one of its samples is shown.
  static let blockSize = 256

  init(name: String, runs: [RunRecord]) {
    self.name = name
    self.runs = runs
    var seen: Set<String> = []
    ids = runs.flatMap { $0.samples.map(\.id) }.filter { seen.insert($0).inserted }
    positions = runs.map { run in
      Dictionary(run.samples.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }
  }

  private func sample(_ run: Int, _ id: String) -> SampleRecord? { positions[run][id].map { runs[run].samples[$0] } }

  private func first(_ id: String) -> SampleRecord? { runs.indices.lazy.compactMap { sample($0, id) }.first }

  /// What the filters need: identifiers, subjects, and the scores and flags of each model.
  var index: JSONValue {
    let subjects = runs.reduce(into: [String]()) { all, run in
      for subject in run.subjects where !all.contains(subject) { all.append(subject) }
    }
    let places = Dictionary(uniqueKeysWithValues: subjects.enumerated().map { ($0.element, $0.offset) })
    let flags = Set(runs.flatMap { $0.flagCounts.map(\.flag) }).sorted()
    let isBinary = runs.allSatisfy { $0.metrics.first?.isBinary ?? false }
    // What the filter takes for right: a mark, or the best score that there can be.
    let best = runs.first?.metrics.first.map { $0.better($0.upperBound, $0.lowerBound) } ?? 1
    return [
      "name": .string(name), "binary": .bool(isBinary), "best": .number(isBinary ? 1 : best),
      "ids": .array(ids.map { .string($0) }),
      "subjects": .array(subjects.map { .string($0) }),
      "subject": .array(ids.map { first($0)?.subject.flatMap { places[$0] }.map { JSONValue($0) } ?? .null }),
      "flags": .array(flags.map { .string($0) }),
      "models": .array(runs.indices.map { model(at: $0, flags: flags, isBinary: isBinary) }),
    ]
  }

  /// One model's scores: a character a sample if they are all right or wrong, else a list.
  private func model(at run: Int, flags: [String], isBinary: Bool) -> JSONValue {
    let main = runs[run].metrics.first
    let metric = main?.name ?? ""
    // A mark says right or wrong: where lower is better, 0 is right.
    let right = main?.better(0, 1) ?? 1
    var marks = ""
    var values: [JSONValue] = []
    var texts: [JSONValue] = []
    var flagged: [String: [JSONValue]] = [:]
    for (position, id) in ids.enumerated() {
      let sample = sample(run, id)
      let value = sample?.score.value(of: metric).flatMap { $0.isFinite ? $0 : nil }
      if isBinary {
        marks += sample == nil ? " " : value.map { $0 == right ? "1" : "0" } ?? "-"
      } else {
        values.append(sample == nil ? "" : JSONValue(optional: value))
        texts.append(value.flatMap { value in main.map { .string($0.text(value)) } } ?? "")
      }
      for flag in Set(sample?.flags ?? []) { flagged[flag, default: []].append(JSONValue(position)) }
    }
    return [
      "name": .string(runs[run].modelName), "texts": isBinary ? .null : .array(texts),
      "scores": isBinary ? .string(marks) : .array(values),
      "flagged": .array(flags.map { .array(flagged[$0] ?? []) }),
    ]
  }

  /// The texts of the samples, a block at a time.
  var blocks: [JSONValue] {
    let questions = QuestionStarts(ids.compactMap(first), specification: runs.first?.specification ?? [:])
    return stride(from: 0, to: ids.count, by: Self.blockSize).map { start in
      var before: [UInt8] = []
      return .array(
        ids[start..<min(start + Self.blockSize, ids.count)].map { texts(of: $0, after: &before, questions) })
    }
  }

  /// The texts of a sample. Neighbours' prompts begin alike, so each is told by how much of the one before it begins
  /// with (in UTF-16 units, as the page counts) and the rest.
  private func texts(of id: String, after before: inout [UInt8], _ questions: QuestionStarts) -> JSONValue {
    let shown = first(id)
    var object: JSONObject = ["t": .string(shown?.target ?? "")]
    if let prompt = shown?.prompt {
      let bytes = Array(prompt.utf8)
      var shared = zip(bytes, before).prefix { $0 == $1 }.count
      // Not in the middle of a character.
      while shared > 0, shared < bytes.count, bytes[shared] & 0xC0 == 0x80 { shared -= 1 }
      let units = String(decoding: bytes[..<shared], as: UTF8.self).utf16.count
      // Where the question begins: before it stand the few-shot examples, which other samples share.
      let question = questions.start(of: shown?.subject, bytes)
      object["q"] = JSONValue(String(decoding: bytes[..<question], as: UTF8.self).utf16.count)
      object["p"] = .array([JSONValue(units), .string(String(decoding: bytes[shared...], as: UTF8.self))])
      before = bytes
    } else {
      object["h"] = .string(shown?.promptSHA256 ?? "")
    }
    object["m"] = .array(
      runs.indices.map { answer(of: sample($0, id), besides: shown, runs[$0].metrics.first) })
    return .object(object)
  }

  private static func words(_ end: Thought.End) -> String {
    switch end {
    case .closed: ""
    case .forced: "closed by force: its budget was spent"
    case .cut: "cut: no answer followed"
    }
  }

  /// Right, wrong or the value of a metric, of one of several responses.
  private func mark(_ score: Score?, _ metric: Metric?) -> String {
    guard let metric, let value = score?.value(of: metric.name) else { return "unscored" }
    guard metric.isShare, value == 0 || value == 1 else { return metric.text(value) }
    return value == metric.better(0, 1) ? "right" : "wrong"
  }

  private func answer(of sample: SampleRecord?, besides shown: SampleRecord?, _ metric: Metric?) -> JSONValue {
    guard let sample else { return .null }
    var object: JSONObject = [
      "x": sample.score.prediction.map { .string($0) } ?? .null,
      "k": [JSONValue(sample.promptTokens), JSONValue(sample.answerTokens)],
    ]
    switch sample.response {
    case .generated(let texts) where texts.count > 1:
      // Of each response its text, its mark and what was extracted from it.
      object["r"] = .array(
        texts.enumerated().map { index, text in
          let scores = sample.score.responses
          let score = scores.indices.contains(index) ? scores[index] : nil
          return [
            .string(text.text), .string(mark(score, metric)), score?.prediction.map { .string($0) } ?? .null,
          ]
        })
    case .logLikelihoods(let values): object["l"] = .array(values.map { .number($0.value) })
    case .generated(let texts):
      object["a"] = .string(texts.map(\.text).joined(separator: "\n"))
      object["f"] = .string(texts.first?.finishReason.recorded ?? "")
    case .measured(let measurements):
      object["a"] = .string("\(measurements.count) times \(sample.answerTokens) tokens")
    }
    if case .generated(let texts) = sample.response, texts.contains(where: { $0.thought != nil }) {
      // Folded on the page.
      object["w"] = .array(
        texts.compactMap(\.thought).map { [.string($0.text), JSONValue($0.tokens), .string(Self.words($0.end))] })
    }
    if sample.promptSHA256 != shown?.promptSHA256, let prompt = sample.prompt { object["p"] = .string(prompt) }
    return .object(object)
  }
}

import Evaluation
import Statistics
import Support
import Testing

@testable import Tasks

/// Documents of a task as lm-evaluation-harness made them: requests, canned responses, answers and scores.
struct HarnessRun {
  let documents: [JSONObject]
  /// The values of all documents together, by the harness's names.
  let results: JSONObject
  /// Half of the last digit that `results` have, where they are rounded.
  var rounding = 0.0

  /// The documents of a file with one on each line, whose means have six digits.
  static func of(_ path: String, means: JSONObject) throws -> HarnessRun {
    var documents: [JSONObject] = []
    for line in try FileSystem.readText(path).split(separator: "\n") {
      documents.append(try TestData.object(JSONReader.parse(Array(line.utf8), name: path)))
    }
    return HarnessRun(documents: documents, results: means, rounding: 5e-7)
  }

  /// The same with scores of programs: where the goldens of real data were made none was run, and 0 stands for "not judged".
  /// A response is right if it is the data's own solution, and of the canned ones no other is.
  func judged(_ task: DescribedTask) throws -> HarnessRun {
    guard task.description.programs != nil else { return self }
    var judged: [JSONObject] = []
    var right = 0
    for var document in documents {
      let solution = try task.sample(at: #require(document["doc_id"]?.integerValue)).document["canonical_solution"]
      let response = try TestData.array(TestData.array(document["responses"]).first).first
      func trimmed(_ text: String?) -> String {
        let lines = String((text ?? "").drop { $0 == "\n" })
        return String(lines.reversed().drop { $0.isWhitespace }.reversed())
      }
      let isRight = try trimmed(response?.stringValue) == trimmed(#require(solution?.stringValue))
      right += isRight ? 1 : 0
      var filters = try TestData.object(document["filters"])
      for (name, filter) in filters.members {
        var filter = try TestData.object(filter)
        filter["metrics"] = ["pass@1": .number(isRight ? 1 : 0)]
        filters[name] = .object(filter)
      }
      document["filters"] = .object(filters)
      judged.append(document)
    }
    // Both kinds are there, so that a scorer which says one thing of all is found out.
    #expect(right > 0 && right < documents.count)
    var means = results
    for name in means.keys { means[name] = .number(Double(right) / Double(documents.count)) }
    return HarnessRun(documents: judged, results: means, rounding: rounding)
  }

  /// Expects that a task makes the same prompts, answers and scores.
  func check(_ task: DescribedTask, _ words: String) throws {
    var scores: [Score] = []
    for (position, document) in documents.enumerated() {
      let index = document["doc_id"]?.integerValue ?? position
      let comment: Comment = "\(words), document \(index)"
      try Self.checkPrompt(task, index, document, comment)
      #expect(PythonValue.text(try task.target(at: index)) == PythonValue.text(document["target"] ?? .null), comment)
      scores.append(try Self.checkedScore(task, index, document, comment))
    }
    for (name, wanted) in results.members {
      let metric = try #require(task.metrics.first { $0.harnessName == name }, "\(words): \(name)")
      let values = scores.compactMap { $0.value(of: metric.name) }
      let found: Double? =
        if metric.aggregate.isOfCorpus {
          Estimate(sums: scores.map { $0.sums(of: metric.name) }) { metric.aggregate.value(ofSums: $0) }.mean
        } else { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
      let number = try #require(wanted.doubleValue)
      let tolerance = 1e-9 * max(1, number.magnitude) + rounding
      #expect(abs(try #require(found) - number) <= tolerance, "\(words): \(name)")
    }
  }

  private static func checkPrompt(_ task: DescribedTask, _ index: Int, _ document: JSONObject, _ comment: Comment)
    throws
  {
    let wanted = try TestData.array(document["requests"]).map { try TestData.object($0) }
    var digest: String?
    func check(_ text: String, _ request: JSONObject) {
      // A request without a digest has the context of the one before.
      digest = request["context_sha256"]?.stringValue ?? digest
      if let whole = request["context"]?.stringValue { #expect(text == whole, comment) }
      #expect(SHA256.hexadecimal(text) == digest, comment)
    }
    let request = try task.prompt(at: index).request
    switch request {
    case .logLikelihood:
      let pairs = try request.pairs()
      #expect(pairs.count == wanted.count, comment)
      for (pair, wanted) in zip(pairs, wanted) {
        check(pair.context, wanted)
        #expect(pair.continuation == wanted["continuation"]?.stringValue, comment)
      }
    case .rollingLogLikelihood(let text, let stride):
      #expect(wanted.count == 1 && stride == nil, comment)
      check(text, wanted[0])
    case .generation(let text):
      #expect(wanted.count == 1 || wanted.count == text.repeats, comment)
      check(text.prompt, wanted[0])
      let generation = wanted[0]["generation"]?.objectValue ?? [:]
      let stops = try TaskFile.texts(generation["until"], DocumentPlace(name: "\(comment)"))
      #expect(text.stop == stops.filter { !$0.isEmpty }, comment)
      let limit = generation["max_gen_toks"] ?? generation["max_new_tokens"] ?? generation["max_tokens"]
      #expect(text.maxTokens == limit?.integerValue ?? 256, comment)
      let temperature = generation["do_sample"] == false ? 0 : generation["temperature"]?.doubleValue ?? 0
      #expect(text.sampling.temperature == temperature, comment)
    case .timing: Issue.record("a request that is timed")
    }
  }

  private static func response(_ document: JSONObject) throws -> Response {
    let responses = try TestData.array(document["responses"]).map { try TestData.array($0) }
    if responses[0][0].stringValue != nil {
      return .generated(responses.joined().map { GeneratedText(text: $0.stringValue ?? "", finishReason: .stop) })
    }
    return .logLikelihoods(
      responses.map { answer in
        let pair = answer[0].arrayValue ?? [answer[0]]
        return LogLikelihood(
          value: pair[0].doubleValue ?? .nan, tokenCount: nil, isGreedy: pair.count > 1 ? pair[1].boolValue : nil)
      })
  }

  private static func checkedScore(_ task: DescribedTask, _ index: Int, _ document: JSONObject, _ comment: Comment)
    throws -> Score
  {
    let filters = try TestData.object(document["filters"])
    let response = try response(document)
    if case .generated(let texts) = response {
      for (pipeline, answer) in try task.answers(index, texts.map(\.text)) {
        guard case .one(let value) = answer else { continue }
        #expect(try TestData.object(filters[pipeline])["filtered"] == [value], comment)
      }
    }
    let score = try task.scoreAll(index, response)
    // What says more of an answer than the harness does.
    let known = [ScoreFlag.tiedChoices, ScoreFlag.noAnswer, ScoreFlag.unformattedAnswer]
    #expect(score.flags.allSatisfy(known.contains), comment)
    for metric in task.scoreMetrics {
      // Metrics of ours alone have no name there.
      guard let parts = metric.harnessName?.split(separator: ",", maxSplits: 1).map(String.init) else { continue }
      let wanted = try #require(
        TestData.object(TestData.object(filters[parts[1]])["metrics"])[parts[0]], "\(metric.name)")
      if metric.aggregate.isOfCorpus {
        // A log-likelihood and, where there is more than one, what it is divided by; `results` tell of the others.
        guard metric.aggregate.sums == .logLikelihood,
          let sums = wanted.doubleValue.map({ [$0] }) ?? wanted.arrayValue?.compactMap(\.doubleValue),
          sums.count == wanted.arrayValue?.count ?? 1
        else { continue }
        #expect(score.sums(of: metric.name)?.prefix(sums.count) == sums[...], comment)
      } else if let number = wanted.boolValue.map({ $0 ? 1 : 0 }) ?? wanted.doubleValue {
        #expect(abs(try #require(score.value(of: metric.name)) - number) < 1e-12, "\(comment): \(metric.name)")
      }
    }
    return score
  }
}

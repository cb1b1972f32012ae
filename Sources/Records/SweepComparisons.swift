import Evaluation
import Plan
import Statistics
import Support

/// Runs of one or two sweeps compared pair by pair, with p-values adjusted for the number of pairs.
package struct SweepComparisons: Sendable {
  /// One axis of a sweep, and the two of its values whose runs are pairs if nothing else tells them apart.
  package struct Axis: Sendable {
    package let name: String
    package let first: String
    package let second: String

    package init(name: String, first: String, second: String) {
      self.name = name
      self.first = first
      self.second = second
    }

    /// Options of the call `compare_reports`, besides those of `compare`.
    package static let options = [
      OptionSpecification(
        "by",
        help:
          "pair the runs of one report that differ in this alone: model, quantization, precision, path; needs values"),
      OptionSpecification("values", .texts, help: "the two values of by, such as none q4_0"),
    ]

    /// Nil where no axis is requested. Errors: an axis without two values, or values without an axis.
    package init?(_ options: CallOptions) throws(BenchmarkError) {
      let values = options["values"]?.texts ?? []
      guard let name = options["by"]?.text, values.count == 2 else {
        if options["by"] == nil, values.isEmpty { return nil }
        throw BenchmarkError(
          .invalidArgument,
          "by and two of its values are needed, such as by \"quantization\", values \"none\" and \"q4_0\"")
      }
      self.init(name: name, first: values[0], second: values[1])
    }
  }

  /// One pair.
  package struct Entry: Sendable {
    package let comparison: RunComparison
    /// The run of its cell that each of the two is, from 1.
    package let runNumber: Int
    /// Adjusted for all pairs; nil where the pair has no probability.
    package var adjusted: AdjustedProbability?
  }

  /// A pair that was not compared.
  package struct Omission: Sendable {
    package let first: String
    package let second: String
    package let task: String
    package let reason: String

    /// The omission in one line.
    package var text: String { "\(first) and \(second) · \(task): left out: \(reason)" }
  }

  package let axis: Axis?
  package private(set) var entries: [Entry] = []
  package private(set) var omissions: [Omission] = []

  /// Compares each run of the first record with the runs of the second that ask the same, or, without a second, the models of
  /// the first with each other; with an axis, the runs of the first that differ in this axis alone.
  ///
  /// What a run is compared with: of each other model, the run of the very same questions, whatever its task is called, if
  /// several, those of the task's name; only where a model has none, the run of a task of the same name. Runs of other seeds
  /// are no pair.
  ///
  /// Errors: an axis or a value of it that no run has; options that fit no pair at all; nothing to compare.
  package init(
    _ first: SweepRecord, _ second: SweepRecord? = nil, by axis: Axis? = nil,
    options: ComparisonOptions = ComparisonOptions()
  ) throws(BenchmarkError) {
    self.axis = axis
    if axis != nil, second != nil {
      throw BenchmarkError(
        .invalidArgument, "by needs one report, but two were given; leave out the second report, or \"by\"")
    }
    let pairs =
      if let axis { try Self.pairs(first, axis) } else { Self.pairs(first, second) }
    var failure: BenchmarkError?
    for (left, right) in pairs {
      func leaveOut(_ reason: String) {
        omissions.append(
          Omission(first: left.modelName, second: right.modelName, task: left.taskName, reason: reason))
      }
      if left.samples.isEmpty || right.samples.isEmpty {
        leaveOut("a run has no samples")
      } else if options.metric == nil, let metric = left.metrics.first, !metric.isOfSamples {
        leaveOut(
          metric.kind == .timing
            ? "times and rates are not paired sample by sample; `gemmabench stats` shows their medians"
            : "\(metric.name) is taken of all samples together; `gemmabench stats` shows its interval")
      } else {
        do throws(BenchmarkError) {
          entries.append(
            Entry(
              comparison: try RunComparison(left, right, options: options), runNumber: left.seeds.run, adjusted: nil))
        } catch {
          // Clusters or a metric of one task may be unknown to another of the same report.
          failure = failure ?? error
          leaveOut(error.message)
        }
      }
    }
    if entries.isEmpty, let failure { throw failure }
    if entries.isEmpty {
      throw BenchmarkError(.notFound, Self.nothing(axis, omissions))
    }
    let adjusted = MultipleComparisons.adjust(
      entries.map { $0.comparison.isStoppedEarly ? nil : $0.comparison.comparison?.probability })
    for (position, probability) in adjusted.enumerated() { entries[position].adjusted = probability }
  }

  private static func nothing(_ axis: Axis?, _ omissions: [Omission]) -> String {
    if let omission = omissions.first { return "nothing to compare: \(omission.text)" }
    if let axis { return "no two runs differ in \(axis.name) alone (\(axis.first) and \(axis.second))" }
    return "no two runs of one task to compare; `gemmabench stats` lists the runs of a report"
  }

  /// Pairs of two records, or of the models of one: each pair once, the run that stands first before the other.
  private static func pairs(_ first: SweepRecord, _ second: SweepRecord?) -> [(RunRecord, RunRecord)] {
    var pairs: [(RunRecord, RunRecord)] = []
    let others = (second ?? first).runs.map { (run: $0, question: $0.question) }
    for (place, left) in first.runs.enumerated() {
      let question = left.question
      // The names that each model's runs of the same questions have.
      var names: [String: Set<String>] = [:]
      for other in others where other.question == question {
        names[other.run.modelName, default: []].insert(other.run.taskName)
      }
      for (otherPlace, right) in others.enumerated() where left.seeds.run == right.run.seeds.run {
        if second == nil, otherPlace <= place || left.modelName == right.run.modelName { continue }
        let hasName = right.run.taskName == left.taskName
        let isPair =
          names[right.run.modelName].map { names in
            right.question == question && (hasName || !names.contains(left.taskName))
          } ?? hasName
        if isPair { pairs.append((left, right.run)) }
      }
    }
    return pairs
  }

  private static func pairs(_ record: SweepRecord, _ axis: Axis) throws(BenchmarkError) -> [(RunRecord, RunRecord)] {
    let runs = RunAxes.all(record)
    try RunAxes.check(axis.name, "by")
    let values = Set(runs.map { $0.axes[axis.name] }).sorted()
    for value in [axis.first, axis.second] where !values.contains(value) {
      throw BenchmarkError(
        .invalidArgument,
        "by: no run has the \(axis.name) \"\(value)\"\(NearestName.hint(value, among: values))")
    }
    // The model's name follows from the rest, unless it is what the runs differ in: then the rest may follow from it.
    func isPair(_ one: RunAxes, _ other: RunAxes) -> Bool {
      let free = [axis.name, "model"] + (ModelSettings.dependents[axis.name] ?? [])
      let rest = RunAxes.names.filter { !free.contains($0) }
      return (axis.name == "model" ? ["task", "run"] : rest).allSatisfy { one[$0] == other[$0] }
    }
    var pairs: [(RunRecord, RunRecord)] = []
    for (left, leftAxes) in runs where leftAxes[axis.name] == axis.first {
      for (right, rightAxes) in runs where rightAxes[axis.name] == axis.second && isPair(leftAxes, rightAxes) {
        pairs.append((left, right))
      }
    }
    return pairs
  }

  /// The comparisons as JSON: `comparisons`, each as of a pair, with `run_number`, `holm` and `benjamini_hochberg`;
  /// `left_out`; `by`, `first_value` and `second_value`, null without an axis.
  package var json: JSONObject {
    [
      "by": axis.map { .string($0.name) } ?? .null, "first_value": axis.map { .string($0.first) } ?? .null,
      "second_value": axis.map { .string($0.second) } ?? .null,
      "comparisons": .array(
        entries.map { entry in
          var object = entry.comparison.json.objectValue ?? [:]
          object["run_number"] = JSONValue(entry.runNumber)
          object["holm"] = JSONValue(optional: entry.adjusted?.holm)
          object["benjamini_hochberg"] = JSONValue(optional: entry.adjusted?.benjaminiHochberg)
          return .object(object)
        }),
      "left_out": .array(
        omissions.map {
          [
            "first": .string($0.first), "second": .string($0.second), "task": .string($0.task),
            "reason": .string($0.reason),
          ]
        }),
    ]
  }
}

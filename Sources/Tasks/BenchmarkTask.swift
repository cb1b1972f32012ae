import Evaluation
import Support

/// A benchmark: samples in a fixed order, the prompt of each, and the rule that scores a response.
///
/// A task is values only. It never sees an engine or a model, so a stored response can be scored again at any time.
/// Prompts are built when asked for; a whole MMLU at five shots would hold 40 MB of text.
package protocol BenchmarkTask: Sendable {
  /// The entry of the catalogue the task was made from, such as `mmlu`.
  var type: String { get }
  /// What reports call the task, such as `mmlu_mathematics`.
  var name: String { get }
  /// The canonical specification: every option under its full name, defaults filled in, keys in a fixed order.
  ///
  /// Two tasks with equal specifications and equal `dataFiles` ask the same questions. The folder of the data is not
  /// part of it: where a file lies does not change what it says.
  var specification: JSONObject { get }
  /// The files read, with the hash of what was read.
  var dataFiles: [DataFile] { get }
  /// What the score of one response holds, the main metric first; see `scoreMetrics`.
  var metrics: [Metric] { get }
  /// How many responses each sample gets; 1 (the default) unless the option `repeats` says more.
  var repeats: Int { get }
  /// Whether several responses to a sample are scored together by `score`, not one by one; false by default.
  var scoresTogether: Bool { get }
  /// The number of samples.
  var count: Int { get }
  /// The sample at a position; an error if there is no such position.
  func sample(at index: Int) throws(BenchmarkError) -> Sample
  /// The prompt of the sample at a position; an error if there is no such position.
  func prompt(at index: Int) throws(BenchmarkError) -> Prompt
  /// The score of one response to the sample at a position; an error if there is no such position. See `scoreAll`.
  ///
  /// A response that cannot be scored (the wrong kind, a missing or undefined log-likelihood) is no error: its metrics
  /// are nil and a flag says why.
  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score
  /// Subjects that belong together, as charts group them; empty (the default): none do.
  var groups: [SampleGroup] { get }
  /// What is to be said before the task runs: that it runs Python, what of it is left out; nothing by default.
  var notices: [String] { get }
  /// What a run of other seeds could change about the outcome; empty (the default): a second run measures nothing.
  var variations: [Variation] { get }
  /// The task with what the seeds vary; without a seed for a variation, that stays as it is.
  ///
  /// It has the rows of this one: nothing is read again.
  func varied(by seeds: RunSeeds) -> any BenchmarkTask
}

extension BenchmarkTask {
  /// Whether what is measured depends on the machine and its state, so that a saved response cannot stand for a new one.
  package var isTimed: Bool { metrics.contains(where: \.isTimed) }

  /// Whether its answers are generated texts, as its first prompt shows. A task of callbacks is not asked for one before it
  /// runs, and may.
  package var mayGenerate: Bool {
    if type == CallbackTask.type { return true }
    guard count > 0, case .generation? = try? prompt(at: 0).request else { return false }
    return true
  }

  package var repeats: Int { 1 }

  package var scoresTogether: Bool { false }

  package var groups: [SampleGroup] { [] }

  package var notices: [String] { [] }

  package var variations: [Variation] { [] }

  package func varied(by seeds: RunSeeds) -> any BenchmarkTask { self }

  /// The name of the metric that stands for the task where there is room for one.
  package var mainMetric: String { metrics.first?.name ?? "" }

  /// Throws if there is no sample at a position.
  func checkPosition(_ index: Int) throws(BenchmarkError) {
    if index < 0 || index >= count {
      throw BenchmarkError(.invalidArgument, "\(name): no sample at position \(index); there are \(count)")
    }
  }
}

/// One item of a benchmark, before any prompt is made of it.
package struct Sample: Sendable, Equatable {
  /// Names the sample within its task for good, such as `abstract_algebra/17`; positions count from 0 in file order.
  package let id: String
  /// What it says of itself beside its text: its subject, its level, the passage it shares with others.
  package let attributes: SampleAttributes
  /// The right answer, as a report shows it.
  package let target: String
  /// The item as the data file has it.
  package let document: JSONObject

  package init(
    id: String, attributes: SampleAttributes = SampleAttributes(), target: String, document: JSONObject
  ) {
    self.id = id
    self.attributes = attributes
    self.target = target
    self.document = document
  }

  /// The subject it belongs to, where the task has subjects; averages and per-subject limits go by it.
  package var subject: String? { attributes.subject }
}

/// A file a task was read from.
package struct DataFile: Sendable, Equatable {
  package let path: String
  /// The digest of the bytes that were read, as 64 hexadecimal digits.
  package let sha256: String

  package init(path: String, sha256: String) {
    self.path = path
    self.sha256 = sha256
  }
}

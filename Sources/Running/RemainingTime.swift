import Evaluation
@preconcurrency import Glibc
import Plan
import Records
import Store
import Support
import Tasks

/// How long the cells of a sweep will still take, from what those before them took. An estimate: answers differ in length, and
/// other programs use the machine too.
///
/// A cell takes its samples times the seconds of one. Those of a pair of model and task are what was measured of the pair, else
/// the geometric mean of what the nearest pairs suggest: those of the same task, else those of the same model, else all. A pair
/// suggests its own seconds, times how much slower the model is (by the tasks that both were measured on, else by the bytes of
/// their weights) and how much longer the task's samples are (by the models measured on both, else by their bytes).
struct RemainingTime {
  /// A model and a task of the plan.
  struct Pair: Hashable {
    let model: Int
    let task: Int
  }

  /// What a sample of a task holds.
  struct TaskSize {
    let samples: Int
    /// Bytes of text that go through the model for a sample; nil where it is not known.
    let bytes: Double?
  }

  private struct Measured {
    var samples = 0.0
    var seconds = 0.0
    var perSample: Double { max(seconds, 1e-9) / samples }
  }

  /// The cells, in the order they run.
  private let pairs: [Pair]
  private let tasks: [TaskSize]
  /// Bytes of each model's weights; nil where they are not known.
  private let modelBytes: [Double?]
  private var measured: [Pair: Measured] = [:]

  init(pairs: [Pair], tasks: [TaskSize], modelBytes: [Double?]) {
    self.pairs = pairs
    self.tasks = tasks
    self.modelBytes = modelBytes
  }

  /// Takes in samples of a cell and what they took.
  mutating func add(_ samples: Int, seconds: Double, ofCell cell: Int) {
    if samples == 0 { return }
    measured[pairs[cell], default: Measured()].samples += Double(samples)
    measured[pairs[cell], default: Measured()].seconds += seconds
  }

  /// Seconds until the last cell ends; nil before anything is measured.
  ///
  /// - Parameters:
  ///   - cell: the cell at work, by its place.
  ///   - completed: samples of it that are done, of `total`.
  ///   - made: those of them that were made in `elapsed` seconds; the others were there already.
  func seconds(cell: Int, completed: Int, total: Int, made: Int, elapsed: Double) -> Double? {
    var known = self
    known.add(made, seconds: elapsed, ofCell: cell)
    guard let own = known.secondsPerSample(pairs[cell]) else { return nil }
    var seconds = Double(total - completed) * own
    for pair in pairs[(cell + 1)...] {
      guard let each = known.secondsPerSample(pair) else { return nil }
      seconds += Double(tasks[pair.task].samples) * each
    }
    return seconds
  }

  private func secondsPerSample(_ pair: Pair) -> Double? {
    if let own = measured[pair] { return own.perSample }
    if measured.isEmpty { return nil }
    var near = measured.keys.filter { $0.task == pair.task }
    if near.isEmpty { near = measured.keys.filter { $0.model == pair.model } }
    if near.isEmpty { near = Array(measured.keys) }
    // In an order of its own, so that the sum's last bits do not depend on a hash.
    near.sort { ($0.model, $0.task) < ($1.model, $1.task) }
    return Self.geometricMean(
      near.map { other in
        (measured[other]?.perSample ?? 1) * slowness(of: pair.model, to: other.model)
          * length(of: pair.task, to: other.task)
      })
  }

  /// How many times the seconds of another model this one takes.
  private func slowness(of model: Int, to other: Int) -> Double {
    if model == other { return 1 }
    return ratio(
      tasks.indices.map { (Pair(model: model, task: $0), Pair(model: other, task: $0)) },
      else: modelBytes[model], modelBytes[other])
  }

  /// How many times the seconds of a sample of another task one of this task takes.
  private func length(of task: Int, to other: Int) -> Double {
    if task == other { return 1 }
    return ratio(
      modelBytes.indices.map { (Pair(model: $0, task: task), Pair(model: $0, task: other)) },
      else: tasks[task].bytes, tasks[other].bytes)
  }

  /// The mean ratio of seconds of the pairs both of which were measured; where there are none, of two sizes, or 1.
  private func ratio(_ pairs: [(own: Pair, other: Pair)], else own: Double?, _ other: Double?) -> Double {
    let ratios = pairs.compactMap { pair -> Double? in
      guard let own = measured[pair.own], let other = measured[pair.other] else { return nil }
      return own.perSample / other.perSample
    }
    if !ratios.isEmpty { return Self.geometricMean(ratios) }
    guard let own, let other else { return 1 }
    return own / other
  }

  private static func geometricMean(_ values: [Double]) -> Double {
    exp(values.reduce(0) { $0 + log($1) } / Double(values.count))
  }
}

extension RemainingTime {
  /// Of the cells of a plan.
  init(_ plan: SweepPlan, cells: [Cell], tasks: [any BenchmarkTask], modelBytes: [Double?]) throws(BenchmarkError) {
    var sizes: [TaskSize] = []
    for (number, task) in tasks.enumerated() { sizes.append(try TaskSize(task, limit: plan.limit(ofTask: number))) }
    self.init(
      pairs: cells.map { Pair(model: $0.modelNumber, task: $0.taskNumber) }, tasks: sizes,
      modelBytes: modelBytes)
  }
}

extension RemainingTime.TaskSize {
  /// Samples whose prompts are looked at.
  private static let lookedAt = 16
  /// Bytes of text of a token, about.
  private static let bytesPerToken = 4

  /// Of a task with so many samples of each subject. The prompts of a task of one's own are not looked at: they are made by
  /// functions of the caller, which are called once.
  init(_ task: any BenchmarkTask, limit: Int?) throws(BenchmarkError) {
    let positions = try TaskRunner.positions(of: task, limit: limit)
    samples = positions.count
    if positions.isEmpty || task.type == CallbackTask.type {
      bytes = nil
      return
    }
    var sum = 0
    var before: [UInt8] = []
    let looked = positions.prefix(Self.lookedAt)
    for position in looked {
      let request = try task.prompt(at: position).request
      let context = Array(request.context.utf8)
      // What a prompt shares with the one before is computed once.
      let shared = zip(context, before).prefix { $0 == $1 }.count
      switch request {
      case .logLikelihood(let contexts, let continuations):
        sum += context.count - shared + continuations.reduce(0) { $0 + $1.utf8.count }
        sum += contexts.dropFirst().reduce(0) { $0 + $1.utf8.count }
      case .rollingLogLikelihood: sum += context.count - shared
      case .generation:
        // An answer ends before its limit, as a rule.
        sum += context.count - shared + Self.bytesPerToken * request.mostOutputTokens / 2
      case .timing(_, let tokens, let repetitions, let warmup):
        sum += (repetitions + warmup) * (context.count + Self.bytesPerToken * tokens)
      }
      before = context
    }
    bytes = Double(max(1, sum)) / Double(looked.count)
  }
}

import Engine
import Support
import Tasks

/// What became of one cell of a plan.
public struct CellRecord: Sendable {
  public let cell: Cell
  public let taskName: String
  /// The run, or why there is none.
  public let outcome: Result<RunRecord, BenchmarkError>

  public var modelName: String { cell.model.name }

  public init(cell: Cell, taskName: String, outcome: Result<RunRecord, BenchmarkError>) {
    self.cell = cell
    self.taskName = taskName
    self.outcome = outcome
  }
}

/// What became of a plan.
public struct SweepRecord: Sendable {
  public let plan: SweepPlan
  /// The cells in the order of the plan, those that were reached.
  public let cells: [CellRecord]
  public let isCancelled: Bool
  /// Whether the store it was read from says that the sweep goes on: it does, or its process was killed.
  public internal(set) var isRunning = false
  public let seconds: Double
  public let startedAt: String
  /// What it ran on, each machine and build once, in the order of the sessions: objects as of `gb_system_info`.
  public var environments: [JSONValue] = []
  /// Where it is kept: the folder of the store and the number of the sweep in it; nil if in no store.
  public internal(set) var place: (folder: String, sweep: Int)? = nil

  /// The tasks that ran once though the plan asks for more.
  public var unrepeatedTasks: [UnrepeatedTask] {
    if plan.runs == 1 { return [] }
    let repeated = Set(cells.filter { $0.cell.run > 1 }.map(\.cell.taskNumber))
    var seen: Set<Int> = []
    return cells.filter { cell in
      // A cancelled sweep may not have reached the second run.
      let isDecided = !isCancelled || cells.contains { $0.modelName == cell.modelName && $0.cell.run > 1 }
      return isDecided && !repeated.contains(cell.cell.taskNumber) && seen.insert(cell.cell.taskNumber).inserted
    }.map { UnrepeatedTask(name: $0.taskName, type: $0.cell.task["type"]?.stringValue ?? "") }
  }

  public var runs: [RunRecord] { cells.compactMap { try? $0.outcome.get() } }
}

/// Sees what a sweep makes as it is made; false asks to stop.
public struct SweepObserver {
  public var onSample: ((_ modelName: String, _ taskName: String, _ run: Int, _ sample: SampleRecord) -> Bool)?
  /// A cell that has ended, and its place in the plan.
  public var onCell: ((_ index: Int, _ cell: CellRecord) -> Bool)?

  public init() {}
}

/// Where a sweep's answers are kept, and who keeps them.
public struct SweepKeeping {
  /// The store of the output folder; nil: the record alone holds what came of it.
  public var store: RunStore?
  /// Answers of earlier sweeps; nil: everything is asked.
  public var cache: AnswerCache?
  public var build: BuildIdentity
  /// The machine and the build, for the store.
  public var environment: JSONValue

  public init(
    store: RunStore? = nil, cache: AnswerCache? = nil, build: BuildIdentity = BuildIdentity(),
    environment: JSONValue = .null
  ) {
    self.store = store
    self.cache = cache
    self.build = build
    self.environment = environment
  }
}

/// Runs every cell of a plan, one model in memory at a time.
public enum SweepRunner {
  /// Runs the plan. Tasks are read first, so that a missing file is known before an hour has gone, and so is a refusal of
  /// the Hub; a cell that fails is recorded with its reason and does not stop the others. `defined` are the tasks of one's
  /// own that the plan names.
  ///
  /// With a store, what an earlier session of the same plan has done is not done again, and answers are kept as they come; a
  /// store that fails (a full disk) ends the sweep with an error. A model whose cells are all done is not loaded. A request to
  /// finish ends the sweep once the samples at work are done.
  public static func run(
    _ plan: SweepPlan, defined: [CallbackTask] = [], keeping: SweepKeeping = SweepKeeping(),
    observer: SweepObserver = SweepObserver(), finishing: FinishRequest? = nil, progress: ProgressHandler
  ) throws(BenchmarkError) -> SweepRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    let tasks = try tasks(of: plan, defined: defined)
    try plan.checkDesign(tasks)
    for entry in plan.models { try ModelLoader.checkAccess(to: entry.path, cacheFolder: entry.cacheFolder) }
    let planned = plan.cells(variations: tasks.map(plan.variations))
    var remaining = try RemainingTime(plan, cells: planned, tasks: tasks)
    let session = try keeping.store?.begin(plan, environment: keeping.environment, version: keeping.build.version)
    var cells: [CellRecord] = []
    var isCancelled = false
    for (number, entry) in plan.models.enumerated() where !isCancelled {
      // The peak of memory is to be this model's, not that of a larger one before it.
      if tasks.contains(where: \.isTimed) { _ = ProcessMemory.forgetPeak() }
      let source = ModelSource(entry, threads: plan.threads, keeping: keeping)
      for cell in planned where cell.modelNumber == number && !isCancelled {
        let task = tasks[cell.taskNumber]
        let place = CellPlace(ordinal: cells.count, cell: cell, taskName: task.name)
        let onSample = observer.onSample.map { see in
          { (sample: SampleRecord) in
            let goesOn = see(entry.name, task.name, cell.run, sample)
            if !goesOn { isCancelled = true }
            return goesOn
          }
        }
        // When the first answer of this cell began to be made.
        var began: Double?
        func report(_ state: Progress) -> Bool {
          var state = state
          state.cellNumber = place.ordinal + 1
          state.cellCount = planned.count
          if state.stage == .run {
            // What was there already came at no speed.
            if began == nil || state.completed == state.foundCount { began = Clock.seconds() }
            state.secondsLeft = remaining.seconds(
              cell: place.ordinal, completed: state.completed, total: state.total,
              made: state.completed - state.foundCount, elapsed: Clock.seconds() - (began ?? 0))
          }
          let goesOn = progress(state)
          if !goesOn { isCancelled = true }
          return goesOn
        }
        let outcome = Result<RunRecord, BenchmarkError> { () throws(BenchmarkError) in
          let task = try task.varied(by: cell.seeds)
          let (journal, answers) = try source.keep(place, task, session, progress: report)
          if let run = try journal?.finishedRun(plan: plan) { return run }
          return try TaskRunner.run(
            task, on: try source.model(progress: report), limit: plan.limit(ofTask: cell.taskNumber),
            usesChatTemplate: entry.usesChatTemplate,
            seeds: cell.seeds, stopRule: plan.rule(for: entry.name), level: plan.confidenceLevel,
            other: plan.other(than: cell, in: cells), journal: journal, answers: answers,
            limits: RequestRunner.Limits(sequences: plan.batchSize), onSample: onSample, finishing: finishing,
            progress: report)
        }
        if let failure = keeping.store?.failure { throw failure }
        switch outcome {
        case .success(let run):
          if !run.isComplete, run.failure == nil { isCancelled = true }
          remaining.add(run.samples.count, seconds: run.seconds, ofCell: place.ordinal)
        case .failure(let error) where error.kind == .cancelled:
          isCancelled = true
          continue
        case .failure(let error): try session?.fail(place, error)
        }
        cells.append(CellRecord(cell: cell, taskName: task.name, outcome: outcome))
        if let onCell = observer.onCell, !onCell(cells.count - 1, cells[cells.count - 1]) { isCancelled = true }
        if let finishing, finishing.isMade, cells.count < planned.count { isCancelled = true }
      }
    }
    if let session {
      let hasFailures = cells.contains { if case .success(let run) = $0.outcome { run.failure != nil } else { true } }
      try session.end(isCancelled: isCancelled, hasFailures: hasFailures)
      // What is in the store is what every later reader sees.
      return try session.store.record(of: session.sweep, plan: plan)
    }
    var record = SweepRecord(
      plan: plan, cells: cells, isCancelled: isCancelled, seconds: Clock.seconds() - start, startedAt: startedAt)
    record.environments = keeping.environment.isNull ? [] : [keeping.environment]
    return record
  }

  /// The tasks of a plan with their data; no two may go by one name.
  static func tasks(of plan: SweepPlan, defined: [CallbackTask]) throws(BenchmarkError) -> [any BenchmarkTask] {
    var tasks: [any BenchmarkTask] = []
    for (number, specification) in plan.tasks.enumerated() {
      do throws(BenchmarkError) { tasks.append(try task(specification, defined)) } catch {
        throw plan.places.located(error, task: number)
      }
    }
    for (position, task) in tasks.enumerated() where tasks[..<position].contains(where: { $0.name == task.name }) {
      throw BenchmarkError(
        .invalidArgument, "plan: two tasks are called \"\(task.name)\"; give one of them another \"name\"")
    }
    return tasks
  }

  private static func task(_ specification: JSONObject, _ defined: [CallbackTask]) throws(BenchmarkError)
    -> any BenchmarkTask
  {
    var specification = specification
    specification[SweepPlan.limitKey] = nil
    guard specification["type"]?.stringValue == CallbackTask.type else {
      return try TaskCatalogue.load(specification: .object(specification))
    }
    let name = specification["name"]?.stringValue ?? ""
    guard let task = defined.first(where: { $0.name == name }) else {
      let hint = defined.isEmpty ? "" : NearestName.hint(name, among: defined.map(\.name))
      throw BenchmarkError(
        .invalidArgument,
        "plan: the task \"\(name)\" is made of callbacks and was not passed along with the plan\(hint)")
    }
    return task
  }
}

/// A model of a plan, loaded when first needed: the cells of a model may all be in the store.
private final class ModelSource {
  private let entry: SweepPlan.ModelEntry
  private let threads: Int?
  private let keeping: SweepKeeping
  private var loaded: Result<Model, BenchmarkError>?
  private var fingerprint: Result<ModelFingerprint, BenchmarkError>?

  init(_ entry: SweepPlan.ModelEntry, threads: Int?, keeping: SweepKeeping) {
    self.entry = entry
    self.threads = threads
    self.keeping = keeping
  }

  private var location: ModelLoader.Source { ModelLoader.Source(cacheFolder: entry.cacheFolder) }

  func model(progress: ProgressHandler) throws(BenchmarkError) -> Model {
    if let loaded { return try loaded.get() }
    let options = Model.Options(
      name: entry.name, threads: threads, contextLength: entry.contextLength, quantization: entry.quantization,
      precision: entry.precision, base: entry.base)
    let result = Result<Model, BenchmarkError> { () throws(BenchmarkError) in
      try ModelLoader.load(entry.path, options: options, source: location, progress: progress)
    }
    loaded = result
    return try result.get()
  }

  /// Where the answers of a cell go, and where they may be found; nothing without a store and a cache.
  func keep(_ place: CellPlace, _ task: any BenchmarkTask, _ session: StoreSession?, progress: ProgressHandler)
    throws(BenchmarkError) -> (journal: CellJournal?, answers: ModelAnswers?)
  {
    if session == nil, keeping.cache == nil { return (nil, nil) }
    let found = try files(progress: progress)
    var answers: ModelAnswers?
    // What depends on the requests beside it is no answer to the same request at another time.
    if let cache = keeping.cache, Model.isBatchInvariant(arithmetic: keeping.build.arithmetic(entry.precision)) {
      answers = ModelAnswers(cache, model: CellIdentity.model(entry, found, keeping.build))
    }
    let identity = CellIdentity(
      model: entry, fingerprint: found, task: task, run: place.cell.run, seeds: place.cell.seeds.ofAnswers.json,
      build: keeping.build, threads: threads)
    return (try session?.journal(place, identity: identity), answers)
  }

  private func files(progress: ProgressHandler) throws(BenchmarkError) -> ModelFingerprint {
    if let fingerprint { return try fingerprint.get() }
    let result = Result<ModelFingerprint, BenchmarkError> { () throws(BenchmarkError) in
      let path = try ModelLoader.localPath(of: entry.path, name: entry.name, source: location, progress: progress)
      if !FileSystem.isFolder(path), !FileSystem.isFile(path) {
        _ = try model(progress: progress)  // loading says what a model is
      }
      return try ModelFingerprint(path: path, cache: keeping.cache) { done, total throws(BenchmarkError) in
        let state = Progress(stage: .fingerprint, message: entry.name, completed: done, total: total)
        if !progress(state) { throw BenchmarkError(.cancelled, "\(entry.name): fingerprinting was cancelled") }
      }
    }
    fingerprint = result
    return try result.get()
  }
}

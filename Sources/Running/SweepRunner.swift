import Evaluation
import Inference
import Plan
import Records
import Store
import Support
import Tasks

/// Sees what a sweep makes as it is made; false asks to stop.
package struct SweepObserver {
  package var onSample: ((_ modelName: String, _ taskName: String, _ run: Int, _ sample: SampleRecord) -> Bool)?
  /// A cell that has ended, and its place in the plan.
  package var onCell: ((_ index: Int, _ cell: CellRecord) -> Bool)?

  package init() {}
}

/// Where a sweep's answers are kept, and who keeps them.
package struct Persistence {
  /// The store of the output folder; nil: the record alone holds what came of it.
  package var store: RunStore?
  /// Answers of earlier sweeps; nil: everything is asked.
  package var cache: ResponseCache?
  package var build: BuildIdentity
  /// The machine and the build, for the store.
  package var environment: JSONValue

  package init(
    store: RunStore? = nil, cache: ResponseCache? = nil, build: BuildIdentity = BuildIdentity(),
    environment: JSONValue = .null
  ) {
    self.store = store
    self.cache = cache
    self.build = build
    self.environment = environment
  }
}

/// Runs every cell of a plan, model by model; only models that are timed in turn are in memory together.
package enum SweepRunner {
  /// Runs the plan, unless it shows beforehand that a part of it cannot run (`PlanCheck`); a cell that fails all the same is
  /// recorded with its reason and does not stop the others. `defined` are the tasks of one's
  /// own that the plan names.
  ///
  /// With a store, what an earlier session of the same plan has done is not done again, and answers are kept as they come; a
  /// store that fails (a full disk) ends the sweep with an error. A model whose cells are all done is not loaded. A request to
  /// finish ends the sweep once the samples at work are done.
  package static func run(
    _ plan: SweepPlan, defined: [CallbackTask] = [], keeping: Persistence = Persistence(),
    observer: SweepObserver = SweepObserver(), finishing: GracefulStop? = nil, progress: ProgressHandler
  ) throws(BenchmarkError) -> SweepRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    let tasks = try PlanCheck.tasks(of: plan, defined: defined)
    let planned = plan.cells(variations: tasks.map(plan.variations))
    var remaining = try RemainingTime(plan, cells: planned, tasks: tasks)
    let session = try keeping.store?.begin(plan, environment: keeping.environment, version: keeping.build.version)
    var cells: [CellRecord] = []
    var isCancelled = false
    let baseBytes = ProcessMemory.residentBytes
    let sources = plan.models.map { ModelSource($0, threads: plan.threads, keeping: keeping, baseBytes: baseBytes) }
    // The timed cells that are measured in turn with others, and with whom.
    var interleaved: [InterleavedCell: InterleavedMeasurements] = [:]
    for (number, entry) in plan.models.enumerated() where !isCancelled {
      // The peak of memory is to be this model's, not that of a larger one before it.
      if tasks.contains(where: \.isTimed) { _ = ProcessMemory.forgetPeak() }
      let source = sources[number]
      defer {
        source.release()
        for (_, measurements) in interleaved { measurements.leave(entry.name) }
      }
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
          let task = task.varied(by: cell.seeds)
          let (journal, answers) = try source.keep(place, task, session, progress: report)
          if let run = try journal?.finishedRun(plan: plan) { return run }
          let model = try source.model(progress: report)
          var measuring: MeasurementHandler?
          if task.isTimed {
            let key = InterleavedCell(task: cell.taskNumber, run: cell.run, model: entry.name)
            if interleaved[key] == nil,
              let measurements = try Self.interleaved(cell, planned, sources, session, progress: report)
            {
              for name in measurements.names {
                interleaved[InterleavedCell(task: cell.taskNumber, run: cell.run, model: name)] = measurements
              }
            }
            if let measurements = interleaved[key] {
              measuring = { (request, onToken) throws(BenchmarkError) in
                try measurements.measure(entry.name, request, onToken)
              }
            }
          }
          return try TaskRunner.run(
            task, on: model, limit: plan.limit(ofTask: cell.taskNumber),
            usesChatTemplate: entry.usesChatTemplate,
            seeds: cell.seeds, stopRule: plan.rule(for: entry.name), level: plan.confidenceLevel,
            other: plan.other(than: cell, in: cells), journal: journal, answers: answers,
            watch: source.watch, measuring: measuring, limits: RequestRunner.Limits(sequences: plan.batchSize),
            onSample: onSample,
            finishing: finishing,
            progress: report)
        }
        if let failure = keeping.store?.failure { throw failure }
        switch outcome {
        case .success(let run):
          if !run.isComplete, run.failure == nil { isCancelled = true }
          // What was made just now took the time that passed, work besides the model's included.
          let seconds = began.map { Clock.seconds() - $0 } ?? 0
          remaining.add(run.samples.count, seconds: max(run.seconds, seconds), ofCell: place.ordinal)
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

  /// The models that are measured in turn on a timed cell's task: its own and those after it that are still to be measured, whose
  /// prompts are the same text, as many as memory allows. Models that do not load have errors of their own, in their cells.
  private static func interleaved(
    _ cell: Cell, _ planned: [Cell], _ sources: [ModelSource], _ session: StoreSession?, progress: ProgressHandler
  ) throws(BenchmarkError) -> InterleavedMeasurements? {
    if cell.model.usesChatTemplate { return nil }
    var participants: [InterleavedMeasurements.Participant] = []
    for (ordinal, other) in planned.enumerated()
    where other.taskNumber == cell.taskNumber && other.run == cell.run && other.modelNumber >= cell.modelNumber {
      let isOwn = other.modelNumber == cell.modelNumber
      if !isOwn, other.model.usesChatTemplate { continue }
      if !isOwn, let session, try session.isFinished(ordinal) { continue }
      let source = sources[other.modelNumber]
      if !isOwn, !source.isLoaded, !source.fitsBeside { continue }
      do throws(BenchmarkError) {
        let model = try source.model(progress: progress)
        participants.append(
          InterleavedMeasurements.Participant(name: other.model.name, model: model, heldBytes: source.heldBytes))
      } catch {
        if isOwn || error.kind == .cancelled { throw error }
      }
    }
    return participants.count > 1 ? InterleavedMeasurements(participants) : nil
  }
}

/// A timed cell: the task's place in the plan, the number of the run, and the model.
private struct InterleavedCell: Hashable {
  let task: Int
  let run: Int
  let model: String
}

/// A model of a plan, loaded when first needed: the cells of a model may all be in the store.
private final class ModelSource {
  private let entry: SweepPlan.ModelEntry
  private let threads: Int?
  private let keeping: Persistence
  private var loaded: Result<Model, BenchmarkError>?
  private var fingerprint: Result<ModelFingerprint, BenchmarkError>?
  /// Of the loaded model's files; nil where nothing is kept.
  private(set) var watch: ModelWatch?

  /// Bytes of the process before any model.
  private let baseBytes: Int?
  /// Bytes that the process would hold with this model alone, freshly loaded; nil if they are not known.
  private(set) var heldBytes: Int?

  /// Whether the model is in memory.
  var isLoaded: Bool { if case .success = loaded { true } else { false } }

  /// Whether the model fits into memory beside what is there, room for a generation included.
  var fitsBeside: Bool {
    guard let memory = MachineMemory.current,
      let path = try? ModelLoader.localPath(
        of: entry.path, name: entry.name,
        source: ModelLoader.Source(cacheFolder: entry.cacheFolder, allowsDownload: false), progress: { _ in true }),
      let statement = try? MemoryStatement(
        path: path, contextLength: entry.contextLength, threads: threads, quantization: entry.quantization,
        precision: entry.precision)
    else { return false }
    return statement.totalBytes < memory.availableBytes / 10 * 9
  }

  /// Lets the model go once its cells are done.
  func release() {
    loaded = nil
    watch = nil
  }

  init(_ entry: SweepPlan.ModelEntry, threads: Int?, keeping: Persistence, baseBytes: Int?) {
    self.entry = entry
    self.threads = threads
    self.keeping = keeping
    self.baseBytes = baseBytes
  }

  private var location: ModelLoader.Source { ModelLoader.Source(cacheFolder: entry.cacheFolder) }

  func model(progress: ProgressHandler) throws(BenchmarkError) -> Model {
    if let loaded { return try loaded.get() }
    let options = Model.Options(
      name: entry.name, threads: threads, contextLength: entry.contextLength, quantization: entry.quantization,
      precision: entry.precision, base: entry.base)
    let result = Result<Model, BenchmarkError> { () throws(BenchmarkError) in
      // The digests are of what is loaded, so they are made first where something will be kept.
      if keeping.store != nil || keeping.cache != nil { _ = try files(progress: progress) }
      let before = ProcessMemory.residentBytes
      let model = try ModelLoader.load(entry.path, options: options, source: location, progress: progress)
      if let baseBytes, let before, let after = ProcessMemory.residentBytes { heldBytes = baseBytes + after - before }
      if case .success(let fingerprint) = fingerprint { watch = try ModelWatch(name: entry.name, fingerprint) }
      return model
    }
    loaded = result
    return try result.get()
  }

  /// Where the answers of a cell go, and where they may be found; nothing without a store and a cache.
  func keep(_ place: CellPlace, _ task: any BenchmarkTask, _ session: StoreSession?, progress: ProgressHandler)
    throws(BenchmarkError) -> (journal: CellJournal?, answers: ModelResponses?)
  {
    if session == nil, keeping.cache == nil { return (nil, nil) }
    let found = try files(progress: progress)
    var answers: ModelResponses?
    // What depends on the requests beside it is no answer to the same request at another time.
    if let cache = keeping.cache, Model.isBatchInvariant(arithmetic: keeping.build.arithmetic(entry.precision)) {
      answers = ModelResponses(cache, model: CellIdentity.model(entry, found, keeping.build))
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
      try Model.checkExistence(path)
      return try ModelFingerprint(path: path, cache: keeping.cache) { done, total throws(BenchmarkError) in
        let state = Progress(stage: .fingerprint, message: entry.name, completed: done, total: total)
        if !progress(state) { throw BenchmarkError(.cancelled, "\(entry.name): fingerprinting was cancelled") }
      }
    }
    fingerprint = result
    return try result.get()
  }
}

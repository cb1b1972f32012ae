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
  /// Told what is to be said before anything runs: that a data set has moved on, that a task runs Python.
  package var onNotice: ((String) -> Void)?

  package init() {}
}

/// Where a sweep's answers are kept, and who keeps them.
package struct Persistence {
  /// The store of the output folder; nil: the record alone holds what came of it.
  package var store: RunStore?
  /// Answers of earlier sweeps; nil: everything is asked.
  package var cache: ResponseCache?
  /// The machine and the build, for the store.
  package var environment: JSONValue

  package init(
    store: RunStore? = nil, cache: ResponseCache? = nil, environment: JSONValue = .null
  ) {
    self.store = store
    self.cache = cache
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
    _ plan: SweepPlan, defined: [CallbackTask] = [], registry: ProviderRegistry = ProviderRegistry(),
    keeping: Persistence = Persistence(), observer: SweepObserver = SweepObserver(), finishing: GracefulStop? = nil,
    progress: ProgressHandler
  ) throws(BenchmarkError) -> SweepRecord {
    let start = Clock.seconds()
    let startedAt = Clock.timestamp()
    let sources = try plan.sources(registry, cache: keeping.cache)
    // The same plan again asks the same questions, whatever its branches mean on the Hub by now.
    let pins = try keeping.store?.pinnedData(of: plan) ?? [:]
    var specifications = plan.tasks
    for (number, pin) in pins where specifications.indices.contains(number) {
      specifications[number] = try specifications[number].changed(by: pin, at: DocumentPlace(name: plan.name)) {
        path, _ in path
      }
    }
    let tasks = try PlanCheck.tasks(
      of: plan, sources: sources, defined: defined, specifications: specifications, progress: progress)
    if let tell = observer.onNotice {
      for (number, task) in tasks.enumerated() {
        for notice in TaskCatalogue.movedData(plan.tasks[number], task: task, isKept: pins[number] != nil) {
          tell(notice)
        }
        for notice in task.notices { tell(notice) }
      }
    }
    let planned = plan.cells(variations: tasks.map(plan.variations))
    var remaining = try RemainingTime(plan, cells: planned, tasks: tasks, modelBytes: sources.map(\.weightBytes))
    let session = try keeping.store?.begin(plan, environment: keeping.environment, version: registry.build.version)
    var cells: [CellRecord] = []
    var isCancelled = false
    let baseBytes = ProcessMemory.residentBytes
    let models = zip(plan.models, sources).map { LazyProvider($0, $1, keeping: keeping, baseBytes: baseBytes) }
    // The timed cells that are measured in turn with others, and with whom.
    var interleaved: [InterleavedCell: InterleavedMeasurements] = [:]
    for (number, entry) in plan.models.enumerated() where !isCancelled {
      // The peak of memory is to be this model's, not that of a larger one before it.
      if tasks.contains(where: \.isTimed) { _ = ProcessMemory.forgetPeak() }
      let model = models[number]
      defer {
        model.release()
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
          let (journal, answers) = try model.keep(place, task, session, progress: report)
          if let run = try journal?.finishedRun(plan: plan) { return run }
          let provider = try model.open(progress: report)
          var measuring: MeasurementHandler?
          if task.isTimed {
            let key = InterleavedCell(task: cell.taskNumber, run: cell.run, model: entry.name)
            if interleaved[key] == nil,
              let measurements = try Self.interleaved(cell, planned, models, session, progress: report)
            {
              for name in measurements.names {
                interleaved[InterleavedCell(task: cell.taskNumber, run: cell.run, model: name)] = measurements
              }
            }
            if let measurements = interleaved[key] {
              measuring = { (request, goesOn) throws(BenchmarkError) in
                try measurements.measure(entry.name, request, goesOn)
              }
            }
          }
          return try TaskRunner.run(
            task, on: provider, limit: plan.limit(ofTask: cell.taskNumber),
            settings: entry.settings,
            seeds: cell.seeds, stopRule: plan.rule(for: entry.name), level: plan.confidenceLevel,
            other: plan.other(than: cell, in: cells), journal: journal, answers: answers,
            measuring: measuring, limits: BatchLimits(sequences: plan.batchSize),
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
    _ cell: Cell, _ planned: [Cell], _ models: [LazyProvider], _ session: StoreSession?, progress: ProgressHandler
  ) throws(BenchmarkError) -> InterleavedMeasurements? {
    if cell.model.settings.chatTemplate.isForced { return nil }
    var participants: [InterleavedMeasurements.Participant] = []
    for (ordinal, other) in planned.enumerated()
    where other.taskNumber == cell.taskNumber && other.run == cell.run && other.modelNumber >= cell.modelNumber {
      let isOwn = other.modelNumber == cell.modelNumber
      if !isOwn, other.model.settings.chatTemplate.isForced { continue }
      if !isOwn, let session, try session.isFinished(ordinal) { continue }
      let model = models[other.modelNumber]
      if !isOwn, !model.isOpen, !model.source.fitsBeside { continue }
      do throws(BenchmarkError) {
        let provider = try model.open(progress: progress)
        participants.append(
          InterleavedMeasurements.Participant(
            name: other.model.name, provider: provider, heldBytes: model.heldBytes))
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

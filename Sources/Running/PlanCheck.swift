import Evaluation
import Inference
import Plan
import Records
import Store
import Support
import Tasks

/// Finds what keeps a plan from running before anything runs, and reports all problems together.
///
/// Tasks are read with their data, models from their headers, configuration and tokenizer; no weight is loaded.
enum PlanCheck {
  /// The tasks of a plan that can run.
  ///
  /// Errors: every missing or malformed model and task, every setting that loading would refuse, a refusal of the Hub; a
  /// single one as it is, several in one line.
  ///
  /// - Parameters:
  ///   - sources: of the plan's models, in its order.
  ///   - specifications: of the plan's tasks, with what is known of them beside the plan; nil: as the plan has them.
  ///   - isEstimate: whether nothing is to run: then a Hub that cannot be reached keeps nothing from its end, and a task whose data
  ///     set is not here is a `PendingTask`.
  static func tasks(
    of plan: SweepPlan, sources: [any ProviderSource], defined: [CallbackTask],
    specifications: [TaskSpecification]? = nil, isEstimate: Bool = false, progress: ProgressHandler = { _ in true }
  ) throws(BenchmarkError) -> [any BenchmarkTask] {
    var problems: [BenchmarkError] = []
    for (entry, source) in zip(plan.models, sources) {
      do throws(BenchmarkError) {
        try source.check(entry.settings, isEstimate: isEstimate)
        if entry.settings.chatTemplate.isForced, !source.capabilities.chat {
          throw BenchmarkError(.unsupported, "\(entry.name): no chat template; leave chat_template out")
        }
      } catch { problems.append(naming(entry.name, error)) }
    }
    var tasks: [any BenchmarkTask] = []
    for specification in specifications ?? plan.tasks {
      do throws(BenchmarkError) {
        let task = try task(specification, defined, isEstimate: isEstimate, progress: progress)
        if tasks.contains(where: { $0.name == task.name }) {
          throw BenchmarkError(
            .invalidArgument, "plan: two tasks have the name \"\(task.name)\"; give one of them another \"name\"")
        }
        tasks.append(task)
      } catch {
        if error.kind == .cancelled { throw error }
        problems.append(error)
      }
    }
    for (number, (entry, source)) in zip(plan.models, sources).enumerated() {
      // A task that could not be loaded leaves the numbers of the others unknown; each is then checked on every model.
      let tasks =
        tasks.count != plan.tasks.count
        ? tasks : tasks.indices.filter { plan.runs(task: $0, onModel: number) }.map { tasks[$0] }
      var found = tasks.compactMap { obstacle($0, source, entry.settings) }
      // What shows only with the model's tokenizer and template, where these are here and nothing else is wrong.
      if problems.isEmpty, found.isEmpty, let problem = contradiction(entry, source, tasks) { found.append(problem) }
      problems += found
    }
    if tasks.count == plan.tasks.count {
      do throws(BenchmarkError) { try plan.checkDesign(tasks) } catch { problems.append(error) }
    }
    if let first = problems.first {
      if problems.count == 1 { throw first }
      let lines = problems.enumerated().map { "(\($0 + 1)) \($1.message)" }
      throw BenchmarkError(
        first.kind, "\(plan.name): the plan cannot run, for \(problems.count) reasons: \(lines.joined(separator: "; "))"
      )
    }
    return tasks
  }

  /// The error with the model's name in front, unless it has it.
  private static func naming(_ name: String, _ error: BenchmarkError) -> BenchmarkError {
    error.message.contains(name) ? error : BenchmarkError(error.kind, "\(name): \(error.message)", key: error.key)
  }

  /// What keeps a task from running on a model: requests of a kind that this cannot answer. Requests are of one kind within a task;
  /// those of functions of the caller are not looked at, since they are called once.
  private static func obstacle(
    _ task: any BenchmarkTask, _ source: any ProviderSource, _ settings: ModelSettings
  ) -> BenchmarkError? {
    if task.count == 0 || task.type == CallbackTask.type { return nil }
    guard let request = try? task.prompt(at: 0).request else { return nil }
    do throws(BenchmarkError) { try RequestMaker.check(request, settings, of: "\(source.name): \(task.name)") } catch {
      return error
    }
    guard let missing = source.capabilities.obstacle(to: request) else { return nil }
    return BenchmarkError(
      .unsupported,
      "\(source.name) cannot give \(missing), which task \(task.name) needs; remove \(source.name) or \(task.name) from the plan"
    )
  }

  /// What of a model's settings contradicts the model or a task: thinking without a template, repeats of a greedy choice.
  private static func contradiction(
    _ entry: SweepPlan.ModelEntry, _ source: any ProviderSource, _ tasks: [any BenchmarkTask]
  ) -> BenchmarkError? {
    let repeated = tasks.filter { $0.repeats > 1 && $0.type != CallbackTask.type && $0.count > 0 }
    if entry.settings == ModelSettings(), repeated.isEmpty { return nil }
    guard let provider = try? source.openForEstimate() else { return nil }
    do throws(BenchmarkError) {
      let maker = try RequestMaker(entry.settings, provider, seed: 0)
      for task in repeated { try maker.request(try task.prompt(at: 0)).request.checkRepeats() }
      return nil
    } catch { return naming(entry.name, error) }
  }

  private static func task(
    _ specification: TaskSpecification, _ defined: [CallbackTask], isEstimate: Bool, progress: ProgressHandler
  ) throws(BenchmarkError) -> any BenchmarkTask {
    guard specification.type == CallbackTask.type else {
      if isEstimate {
        if let pending = try PendingTask(specification) { return pending }
      } else {
        try withoutActuallyEscaping(progress) { progress throws(BenchmarkError) in
          try TaskCatalogue.fetchData(specification) { dataSet, done, total in
            progress(Progress(stage: .download, message: dataSet, completed: done, total: total))
          }
        }
      }
      return try TaskCatalogue.load(specification)
    }
    let name = specification.name ?? ""
    guard let task = defined.first(where: { $0.name == name }) else {
      let hint = defined.isEmpty ? "" : NearestName.hint(name, among: defined.map(\.name))
      throw BenchmarkError(
        .invalidArgument,
        "plan: the task \"\(name)\" is defined by callbacks; pass its handle with the plan\(hint)")
    }
    return task
  }
}

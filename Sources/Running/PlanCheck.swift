@preconcurrency import Glibc
import Inference
import ModelHub
import Plan
import Records
import Store
import Support
import Tasks

/// What keeps a plan from running, found before anything runs: all of it, so that it is mended once.
///
/// Tasks are read with their data, models from their headers, configuration and tokenizer; no weight is loaded.
enum PlanCheck {
  /// The tasks of a plan that can run.
  ///
  /// Errors: every missing or malformed model and task, every setting that loading would refuse, a refusal of the Hub; a
  /// single one as it is, several in one line.
  ///
  /// - Parameter isEstimate: whether nothing is to run: then a Hub that cannot be reached keeps nothing from its end.
  static func tasks(of plan: SweepPlan, defined: [CallbackTask], isEstimate: Bool = false) throws(BenchmarkError)
    -> [any BenchmarkTask]
  {
    var problems: [BenchmarkError] = []
    for entry in plan.models {
      do throws(BenchmarkError) { try check(entry, threads: plan.threads, isEstimate: isEstimate) } catch {
        problems.append(naming(entry.name, error))
      }
    }
    var tasks: [any BenchmarkTask] = []
    for specification in plan.tasks {
      do throws(BenchmarkError) {
        let task = try task(specification, defined)
        if tasks.contains(where: { $0.name == task.name }) {
          throw BenchmarkError(
            .invalidArgument, "plan: two tasks are called \"\(task.name)\"; give one of them another \"name\"")
        }
        tasks.append(task)
      } catch { problems.append(error) }
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

  /// Throws what loading a model would, as far as it shows without its weights; of one that has to be downloaded, whether the
  /// Hub would give it.
  private static func check(_ entry: SweepPlan.ModelEntry, threads: Int?, isEstimate: Bool) throws(BenchmarkError) {
    var path = entry.path
    if HubReference.ofPath(path) != nil {
      try ModelLoader.checkAccess(to: path, cacheFolder: entry.cacheFolder, isNeeded: !isEstimate)
      let settings = try HubSettings.current(cacheFolder: entry.cacheFolder)
      guard let local = try? Hub.localPath(of: path, settings: settings) else { return }
      path = local
    }
    let options = Model.Options(
      name: entry.name, threads: threads, contextLength: entry.contextLength, quantization: entry.quantization,
      precision: entry.precision)
    try Model.checkExistence(path)
    try ModelLoader.checkMemory(path, entry.name, options)
    let tokens = try RequestTokens(path: path, contextLength: entry.contextLength)
    if entry.usesChatTemplate { _ = try tokens.chatTemplate() }
  }

  private static func task(_ specification: TaskSpecification, _ defined: [CallbackTask]) throws(BenchmarkError)
    -> any BenchmarkTask
  {
    guard specification.type == CallbackTask.type else { return try TaskCatalogue.load(specification) }
    let name = specification.name ?? ""
    guard let task = defined.first(where: { $0.name == name }) else {
      let hint = defined.isEmpty ? "" : NearestName.hint(name, among: defined.map(\.name))
      throw BenchmarkError(
        .invalidArgument,
        "plan: the task \"\(name)\" is made of callbacks and was not passed along with the plan\(hint)")
    }
    return task
  }
}

import Support
import Synchronization

/// Data that a function of Python makes (`custom_dataset`), asked for once.
final class CustomData: Sendable {
  private let hook: PythonHook
  private let arguments: JSONObject
  private let known = Mutex<[String: [JSONObject]]?>(nil)

  /// Errors: Python is not run, or cannot load the function.
  init(_ hook: PythonHook, _ file: TaskFile) throws(BenchmarkError) {
    self.hook = hook
    // As the harness calls it: with what the file says of itself and of its data.
    var arguments = file["metadata"]?.value.objectValue ?? [:]
    for (key, value) in file["dataset_kwargs"]?.value.objectValue?.members ?? [] { arguments[key] = value }
    self.arguments = arguments
    _ = try hook.load()
  }

  /// The rows of a split.
  ///
  /// Errors: those of the function; `.notFound` for a split that it does not make.
  func split(_ name: String) throws(BenchmarkError) -> DataSplit {
    let splits = try known.withLock { (known) throws(BenchmarkError) in
      if let known { return known }
      let made = try hook.splits(arguments)
      known = made
      return made
    }
    guard let rows = splits[name] else {
      throw hook.place.error(
        "\(hook.reference) makes no split \"\(name)\"\(NearestName.hint(name, among: splits.keys.sorted()))", .notFound)
    }
    return DataSplit(rows: rows, files: [])
  }
}

import Evaluation
import Support
import Synchronization

/// The Python of one task: the process that runs its functions, and which of them it ran.
final class TaskPython: Sendable {
  private let process: PythonProcess
  /// The files of the modules that functions came from, in the order in which they were loaded.
  private let loaded = Mutex<[String]>([])

  init(_ process: PythonProcess) { self.process = process }

  /// The files of Python that the task's functions are in; none where all have counterparts.
  ///
  /// Errors: a file that is gone.
  func files() throws(BenchmarkError) -> [DataFile] {
    var files: [DataFile] = []
    for path in loaded.withLock({ $0 }) {
      files.append(DataFile(path: path, sha256: SHA256.hexadecimal(try FileSystem.read(path))))
    }
    return files
  }

  /// A function as the process knows it.
  struct Function: Sendable {
    let hook: PythonHook
    /// Its own name, which the one that the file has for it need not be.
    let name: String
    let line: Int?
    fileprivate let python: TaskPython

    /// What the function gives.
    ///
    /// Errors: `.callbackFailed` with the function, its file and line, for whatever goes wrong in Python.
    func call(_ kind: String, _ arguments: JSONObject = [:]) throws(BenchmarkError) -> JSONValue {
      try python.call(kind, hook, line: line, arguments)
    }
  }

  /// Loads a function.
  ///
  /// Errors: no Python; a module that cannot be imported, among it for a package that is not installed; no such function.
  func load(_ hook: PythonHook) throws(BenchmarkError) -> Function {
    if hook.module.isEmpty { _ = try hook.definition.get() }
    let facts = try call("load", hook, line: nil, [:]).objectValue
    for file in (facts?["files"]?.arrayValue ?? []).compactMap(\.stringValue) {
      loaded.withLock { if !$0.contains(file) { $0.append(file) } }
    }
    return Function(
      hook: hook, name: facts?["name"]?.stringValue ?? hook.name, line: facts?["line"]?.integerValue, python: self)
  }

  /// Calls that have all rows of a split before them.
  private static let kindsOfData = ["rows", "samples", "data"]

  private func call(_ kind: String, _ hook: PythonHook, line: Int?, _ arguments: JSONObject) throws(BenchmarkError)
    -> JSONValue
  {
    let isLoading = kind == "load"
    let path = Paths.absolute(hook.path)
    let isFile = FileSystem.isFile(path)
    var request: JSONObject = [
      "call": .string(kind), "module": .string(hook.module), "name": .string(hook.name),
      "file": isFile ? .string(path) : .null,
    ]
    if let root = process.root.flatMap({ path.hasPrefix($0 + "/") ? $0 : nil }) ?? Paths.folder(of: path) {
      request["root"] = .string(root)
    }
    for (key, value) in arguments.members { request[key] = value }
    let isOfData = isLoading || Self.kindsOfData.contains(kind)
    do throws(PythonProcess.Fault) { return try process.call(request, isOfData: isOfData) } catch {
      // Where the exception came from, else where the function begins.
      let file = error.file ?? (isFile ? path : nil)
      let number = error.file == nil ? line : error.line
      var words = "the Python function \(hook.reference)"
      if let file { words += " (\(file)\(number.map { ":\($0)" } ?? ""))" }
      if isLoading, error.exception != nil { words += " cannot be loaded" }
      words += ": \(error.message)"
      if error.exception == "ModuleNotFoundError" {
        words +=
          "; install it for \(PythonProgram.path), or name another Python in \(PythonProgram.environmentVariable)"
      }
      throw hook.place.error(words, .callbackFailed)
    }
  }
}

import Support

/// Makes tasks of lm-evaluation-harness's files: the type `harness` of the catalogue, which a path of a file or a name of the
/// harness also stands for.
enum HarnessEntry {
  static let hooksKey = "hooks"
  static let unsafeCodeKey = "unsafe_code"

  /// What is done with functions of Python that task files name.
  enum Hooks {
    /// Counterparts are run, and one without is an error.
    static let native = "native"
    /// One without a counterpart is run by Python.
    static let python = "python"
  }

  static let entry = TaskEntry(
    type: DescribedTask.harnessType, title: "A task file of lm-evaluation-harness, by its path or its name",
    options: [
      TaskOption("file", default: .null, help: "path of the task file", isPath: true),
      TaskOption(
        "task", default: .null, help: "name of a task, group or tag in LM_EVAL_TASKS, or in the installed lm_eval"),
      TaskOption(
        hooksKey, default: .string(Hooks.native), choices: [Hooks.native, Hooks.python],
        help:
          "functions of Python in the file: native: those with a counterpart here; python: others too, run by Python"
          + " (GEMMABENCH_PYTHON, else python3), which may do all that you may"),
    ] + DescribedEntry.options,
    dataSets: { (given: TaskSpecification) throws(BenchmarkError) in
      try DescribedEntry.dataSets(found(given), given)
    },
    load: { (given: TaskSpecification) throws(BenchmarkError) in try DescribedEntry.load(found(given), given) })

  /// The specification that a type without an entry stands for: a path of a file or a name of the harness; nil if neither.
  ///
  /// Errors: `LM_EVAL_TASKS` names no folder; a task file that is malformed.
  static func resolved(_ type: String) throws(BenchmarkError) -> JSONObject? {
    // What the catalogue has too.
    if type.hasPrefix(namePrefix) {
      return ["type": .string(DescribedTask.harnessType), "task": .string(String(type.dropFirst(namePrefix.count)))]
    }
    if isFile(type) { return ["type": .string(DescribedTask.harnessType), "file": .string(type)] }
    guard !type.isEmpty, let library = try HarnessLibrary.found(), try library.find(type) != nil else { return nil }
    return ["type": .string(DescribedTask.harnessType), "task": .string(type)]
  }

  /// Stands before a name of the harness that is also one of the catalogue.
  static let namePrefix = "harness:"

  /// Whether a text is the path of a task file.
  static func isFile(_ text: String) -> Bool { text.hasSuffix(".yaml") || text.hasSuffix(".yml") }

  /// What the options name.
  private static func found(_ given: TaskSpecification) throws(BenchmarkError) -> DescribedLoader.Found {
    let wanted = try given.optionalText("task")
    let entry: HarnessLibrary.Entry
    if let path = try given.optionalText("file").map(Paths.expanded) {
      let file = try given.about("file") { () throws(BenchmarkError) in try TaskFile(path) }
      entry = file["group"] != nil ? .group(file) : .task(file)
    } else if let wanted {
      entry = try given.about("task") { () throws(BenchmarkError) in try found(wanted) }
    } else {
      throw BenchmarkError(
        .invalidArgument, "\(given.type): give \"file\", the path of a task file, or \"task\", a name of the harness")
    }
    let library = try HarnessLibrary.found()
    let runsPython = try given.text(hooksKey) == Hooks.python
    return try DescribedLoader(library: library, python: runsPython ? PythonProcess(root: library?.folder) : nil)
      .found(entry, named: wanted)
  }

  private static func found(_ name: String) throws(BenchmarkError) -> HarnessLibrary.Entry {
    guard let library = try HarnessLibrary.found() else {
      throw BenchmarkError(
        .notFound,
        "\(name): no lm-evaluation-harness; set \(HarnessLibrary.environmentVariable) to a folder of task files, or install"
          + " lm_eval where python3 finds it")
    }
    guard let entry = try library.find(name) else {
      throw BenchmarkError(.notFound, "no task, group or tag \"\(name)\" in \(library.folder)")
    }
    return entry
  }
}

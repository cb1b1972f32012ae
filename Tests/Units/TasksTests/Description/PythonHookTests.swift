import Evaluation
import Glibc
import Support
import Testing

@testable import Tasks

/// Functions of Python that are run: what they give, and what becomes of those that do not behave.
///
/// They need a python3; where there is none, they say that they are skipped.
@Suite(.serialized) struct PythonHookTests {
  static let hasPython: Bool = {
    if ProgramOutput.of([PythonProgram.path, "-c", "print(1)"]) == "1" { return true }
    print("skipped: tests of functions of Python (no \(PythonProgram.path))")
    return false
  }()

  private static let task = """
    task: owls
    dataset_path: json
    dataset_kwargs: {data_files: {test: rows.jsonl, train: rows.jsonl}}
    test_split: test
    training_split: train
    output_type: generate_until
    doc_to_text: !function utils.text
    doc_to_target: !function utils.target
    process_docs: !function utils.rows
    num_fewshot: 1
    fewshot_config: {samples: !function utils.samples, sampler: first_n}
    process_results: !function utils.results
    filter_list:
      - name: shout
        filter: [{function: !function utils.Shout, mark: "!"}, {function: take_first}]
      - name: own
        filter: [{function: custom, filter_fn: !function utils.own}, {function: take_first}]
    metric_list:
      - {metric: acc, aggregation: mean, higher_is_better: true}
      - {metric: spread, aggregation: !function utils.spread}
    """

  private static let module = """
    from datasets import Dataset
    from lm_eval.api.filter import Filter
    from beside import WORDS

    def rows(dataset):
        print("this goes nowhere")
        made = dataset.map(lambda row, index: {"n": index, **row, "word": WORDS[index]}, with_indices=True)
        return made.filter(lambda row: row["keep"]).remove_columns("keep")

    def text(doc):
        return f"{doc['n']}: {doc['word']}?"

    def target(doc):
        return doc["word"].upper()

    def samples():
        return [{"n": 7, "word": "newt"}]

    def results(doc, results):
        return {"acc": results[0].startswith(target(doc)), "spread": (1, 2)}

    def own(resps, docs):
        return [[resp + doc["word"] for resp in each] for each, doc in zip(resps, docs)]

    def spread(values):
        return 0

    class Shout(Filter):
        def __init__(self, mark):
            self.mark = mark

        def apply(self, resps, docs):
            return [[resp.upper() + self.mark for resp in each] for each in resps]
    """

  private static func folder(_ files: [(name: String, text: String)] = []) throws -> String {
    try TestData.folder(
      of: [
        ("owls.yaml", task), ("utils.py", module), ("beside.py", "WORDS = ['owl', 'heron', 'perch']\n"),
        ("rows.jsonl", "{\"keep\": true}\n{\"keep\": false}\n{\"keep\": true}\n"),
      ] + files)
  }

  private static func load(_ folder: String, _ options: JSONObject = [:]) throws -> any BenchmarkTask {
    var object: JSONObject = ["type": "harness", "file": .string(folder + "/owls.yaml"), "hooks": "python"]
    for (key, value) in options.members { object[key] = value }
    return try TaskCatalogue.load(TaskSpecification(.object(object)))
  }

  @Test("A task whose functions Python runs: rows, prompts, examples, filters, scores; it is said aloud")
  func whole() throws {
    guard Self.hasPython else { return }
    let folder = try Self.folder()
    let task = try Self.load(folder)
    #expect(task.count == 2)
    guard case .generation(let request) = try task.prompt(at: 1).request else {
      Issue.record("no generation")
      return
    }
    #expect(request.prompt == "7: newt? NEWT\n\n2: perch?")
    #expect(try task.sample(at: 1).target == "PERCH")
    let score = try task.score(1, .generated([GeneratedText(text: "Per", finishReason: .stop)]))
    #expect(score.value(of: "acc_shout") == 0)
    #expect(score.value(of: "acc_own") == 0)
    let right = try task.score(1, .generated([GeneratedText(text: "perch", finishReason: .stop)]))
    #expect(right.value(of: "acc_shout") == 1)
    #expect(task.specification["hooks"] == "python")
    #expect(task.dataFiles.map(\.path).filter { $0.hasSuffix(".py") } == [folder + "/beside.py", folder + "/utils.py"])
    #expect(task.notices.count == 2)
    #expect(task.notices.first?.contains("Python of \(folder)/beside.py") == true)
    #expect(task.notices.last?.contains("utils.spread") == true)
    #expect(task.metrics.map(\.name) == ["acc_shout", "acc_own"])
  }

  @Test("Without leave no Python is run, and a function with a counterpart is not run by it")
  func native() throws {
    let folder = try Self.folder()
    let message = TestData.message { _ = try Self.load(folder, ["hooks": "native"]) }
    #expect(message.contains("--hooks python"), "\(message)")
    #expect(TestData.message { _ = try Self.load(folder, ["hooks": "lua"]) }.contains("no such hooks: \"lua\""))
  }

  @Test("A name that the module does not have, a module that cannot be imported: at the place in the file")
  func absent() throws {
    guard Self.hasPython else { return }
    let none = try Self.folder([("utils.py", Self.module.replacing("def text", with: "def other"))])
    let first = TestData.message { _ = try Self.load(none) }
    #expect(first.contains("owls.yaml:7:") && first.contains("AttributeError"), "\(first)")
    let package = try Self.folder([("utils.py", "import no_such_package_of_owls\n" + Self.module)])
    let second = TestData.message { _ = try Self.load(package) }
    #expect(second.contains("utils.py:1") && second.contains("no_such_package_of_owls"), "\(second)")
    #expect(second.contains("GEMMABENCH_PYTHON"), "\(second)")
    let broken = try Self.folder([("utils.py", "def text(:\n")])
    #expect(TestData.message { _ = try Self.load(broken) }.contains("SyntaxError"))
  }

  /// A function of a module with some that do not behave.
  private static func hostile(_ name: String, seconds: Double = 30) throws -> (
    function: TaskPython.Function, process: PythonProcess
  ) {
    let folder = try TestData.folder(of: [
      (
        "bad.py",
        """
        import os, signal, subprocess, sys, time
        def fine(doc): return doc["n"] + 1
        def fails(doc): return doc["absent"]
        def loops(doc):
            while True: pass
        def sleeps(doc): time.sleep(1000)
        def leaves(doc): os._exit(3)
        def stops(doc): os.kill(os.getpid(), signal.SIGSEGV)
        def exits(doc): sys.exit("bye")
        def prints(doc):
            print("x" * 100_000_000)
            os.write(1, b'{"id": 1}\\n')
            os.write(2, b"z" * 1_000_000)
            return "said"
        def writes(doc):
            for number in range(3, 300):
                try: os.write(number, b'{"id": 77, "value": 5}\\n')
                except OSError: pass
            return 1
        def forks(doc):
            return "child" if os.fork() == 0 else "parent"
        def leaves_child(doc):
            if os.fork() == 0: time.sleep(1000)
            os._exit(4)
        def eats(doc):
            held = []
            while True: held.append(bytearray(100_000_000))
        def gives(doc): return "x" * (300 << 20)
        def odd(doc): return object()
        def deep(doc):
            made = []
            for _ in range(100_000): made = [made]
            return made
        def stays(doc):
            return subprocess.Popen(["sleep", "1000"]).pid
        def environment(doc): return sorted(os.environ)
        """
      )
    ])
    let process = PythonProcess(root: nil, seconds: seconds)
    let place = DocumentPlace(name: "task.yaml", kind: .invalidFile)
    let hook = PythonHook("bad." + name, folder: folder, at: place, python: TaskPython(process))
    return (try hook.load(), process)
  }

  private static func message(_ name: String, seconds: Double = 30) throws -> String {
    let function = try hostile(name, seconds: seconds).function
    let error = #expect(throws: BenchmarkError.self) { try function.call("value", ["document": ["n": 1]]) }
    let message = error?.message ?? ""
    #expect(error?.kind == .callbackFailed, "\(name)")
    #expect(message.hasPrefix("task.yaml") && message.contains("bad." + name), "\(message)")
    #expect(message.contains("bad.py"), "\(message)")
    return message
  }

  @Test(
    "What goes wrong in Python is an error that names the function and its file",
    arguments: [
      ("fails", "bad.py:3): KeyError: 'absent'"), ("leaves", "ended with status 3"), ("stops", "signal 11"),
      ("exits", "SystemExit: bye"), ("eats", "MemoryError"), ("gives", "256 MiB"),
      ("odd", "object has no form in JSON"),
      ("deep", "RecursionError"), ("writes", "no answer that can be read"), ("leaves_child", "ended with status 4"),
    ])
  func faults(name: String, words: String) throws {
    guard Self.hasPython else { return }
    let message = try Self.message(name)
    #expect(message.contains(words), "\(message)")
  }

  @Test(
    "A function that takes too long is stopped, and the next call has a process again", arguments: ["loops", "sleeps"])
  func time(name: String) throws {
    guard Self.hasPython else { return }
    let start = Clock.seconds()
    #expect(try Self.message(name, seconds: 0.5).contains("took more than"))
    #expect(Clock.seconds() - start < 20)
    let (function, process) = try Self.hostile(name, seconds: 0.5)
    for _ in 0..<2 {
      #expect(throws: BenchmarkError.self) { try function.call("value", ["document": [:]]) }
      let hook = function.hook
      let fine = PythonHook(
        "bad.fine", folder: Paths.folder(of: hook.path), at: hook.place, python: TaskPython(process))
      #expect(try fine.load().call("value", ["document": ["n": 4]]) == 5)
    }
  }

  @Test("A function that loses its process again and again is not called for ever")
  func losses() throws {
    guard Self.hasPython else { return }
    let (function, _) = try Self.hostile("leaves")
    var last = ""
    for _ in 0..<11 { last = TestData.message { _ = try function.call("value", ["document": [:]]) } }
    #expect(last.contains("is not called any more"), "\(last)")
  }

  @Test("What functions print goes nowhere, and a second process that comes back answers nothing")
  func output() throws {
    guard Self.hasPython else { return }
    let (prints, _) = try Self.hostile("prints")
    #expect(try prints.call("value", ["document": [:]]) == "said")
    #expect(try prints.call("value", ["document": [:]]) == "said")
    let (forks, _) = try Self.hostile("forks")
    for _ in 0..<20 { #expect(try forks.call("value", ["document": [:]]) == "parent") }
  }

  @Test("Functions see a few variables of the environment, and no tokens")
  func environment() throws {
    guard Self.hasPython else { return }
    let (function, _) = try Self.hostile("environment")
    let names = try #require(try function.call("value", ["document": [:]]).arrayValue?.compactMap(\.stringValue))
    let given = PythonProgram.environment.map { String($0.prefix { $0 != "=" }) }
    #expect(names.contains("PATH"))
    // A shim that stands for Python may add to PATH's like; the locale is Python's own.
    #expect(
      names.filter { !given.contains($0) && !$0.contains("PYENV") }.allSatisfy {
        ["LC_CTYPE", "_", "PWD", "OLDPWD", "SHLVL"].contains($0)
      })
    #expect(given.allSatisfy { !$0.hasSuffix("TOKEN") && !$0.hasSuffix("KEY") })
  }

  @Test("The process, and what it started, end with the last reference to it")
  func ending() throws {
    guard Self.hasPython else { return }
    var child: pid_t = 0
    do {
      let (function, _) = try Self.hostile("stays")
      child = pid_t(try #require(try function.call("value", ["document": [:]]).integerValue))
      #expect(kill(child, 0) == 0)
    }
    // Its parent is gone, so that whoever takes over waits for it.
    var isGone = false
    for _ in 0..<200 where !isGone {
      let state = (try? FileSystem.readText("/proc/\(child)/stat"))?.split(separator: ")").last?.prefix(2)
      isGone = state == nil || state == " Z"
      if !isGone { usleep(10_000) }
    }
    #expect(isGone)
  }

  @Test("Calls from several threads each get their own answer")
  func threads() async throws {
    guard Self.hasPython else { return }
    let (function, _) = try Self.hostile("fine")
    let right = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<64 {
        group.addTask {
          (try? function.call("value", ["document": ["n": JSONValue(number)]])) == JSONValue(number + 1)
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(right == 64)
  }

  @Test("No Python where the variable says there is one: an error that names both")
  func noPython() throws {
    let python = TaskPython(PythonProcess(root: nil, program: "/no/such/python"))
    let hook = PythonHook("bad.fine", folder: "/tmp", at: DocumentPlace(name: "task.yaml"), python: python)
    let message = TestData.message { _ = try hook.load() }
    #expect(message.contains("/no/such/python") && message.contains("GEMMABENCH_PYTHON"), "\(message)")
  }
}

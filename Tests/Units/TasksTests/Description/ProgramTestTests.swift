import Evaluation
import Support
import Testing

@testable import Tasks

/// Programs that models write: what becomes of right, wrong and hostile ones, and that none is run without leave.
///
/// They need a python3; where there is none, they say that they are skipped.
@Suite(.serialized) struct ProgramTestTests {
  private static let programs = ProgramTest()

  @Test(
    "Right and wrong programs",
    arguments: [
      ("def f(a):\n    return a + 1\n\nassert f(1) == 2", .passed), ("assert 1 == 2", .failed), ("def f(:", .failed),
      ("import math, re, collections, itertools, hashlib, heapq, typing, random, json, fractions", .passed),
      ("import random\nassert random.random() == 0.8444218515250481", .passed),
      ("print('x' * 100_000_000)", .passed), ("input()", .failed), ("assert __name__ == 'builtins'", .passed),
      ("def f():\n    return f()\nf()", .failed), ("exit()", .failed), ("raise SystemExit(0)", .failed),
      ("import os\nassert os.listdir('.') == [] and 'PATH' not in os.environ", .passed),
      ("", .passed), ("\0", .failed), ("\u{e9} = 'caf\u{e9}'\nassert len(\u{e9}) == 4", .passed),
    ] as [(String, ProgramTest.Outcome)])
  func ordinary(program: String, wanted: ProgramTest.Outcome) throws {
    guard PythonHookTests.hasPython else { return }
    #expect(try Self.programs.outcome(of: program) == wanted, "\(program)")
  }

  @Test(
    "What a program must not do is refused by the kernel, and the next one runs",
    arguments: [
      // What Python itself has no more.
      ("import os\nos.kill(os.getppid(), 9)", .failed), ("import os\nwhile True: os.fork()", .failed),
      ("import shutil\nshutil.rmtree('FOLDER')", .failed), ("import os\nos.system('rm -r FOLDER')", .failed),
      // And past Python.
      ("C.kill(os.getppid(), 9) == -1", .passed), ("C.kill(-1, 9) == -1", .passed), ("C.fork() == -1", .passed),
      ("C.tgkill == C.tgkill and C.syscall(234, os.getppid(), os.getppid(), 9) == -1", .passed),
      ("C.unlink(b'FOLDER/kept') == -1", .passed), ("C.rename(b'FOLDER/kept', b'FOLDER/gone') == -1", .passed),
      ("C.truncate(b'FOLDER/kept', 0) == -1 and C.chmod(b'FOLDER/kept', 0) == -1", .passed),
      ("C.socket(2, 1, 0) == -1 and C.setsid() == -1 and C.prctl(38, 0, 0, 0, 0) == -1", .passed),
      ("C.fcntl(0, 8, os.getppid()) == -1 and C.ptrace(16, os.getppid(), 0, 0) == -1", .passed),
      ("C.execv(b'/bin/true', None) == -1", .passed),
      ("open('FOLDER/new', 'w')", .failed), ("open('FOLDER/kept', 'a')", .failed), ("open('new', 'w')", .failed),
      ("open('FOLDER/kept').read() == 'kept'", .passed),
      ("import threading\nthreading.Thread(target=print).start()", .failed),
      // Ends that look like success.
      ("import os\nos._exit(0)", .failed), ("C.exit(0)", .failed), ("C.string_at(0)", .failed),
      (
        "import os\nfor number in range(3, 300):\n    try: os.write(number, b'passed')\n    except OSError: pass",
        .failed
      ),
      ("x = bytearray(8 << 30)", .failed),
    ] as [(String, ProgramTest.Outcome)])
  func hostile(program: String, wanted: ProgramTest.Outcome) throws {
    guard PythonHookTests.hasPython else { return }
    let folder = try TestData.folder(of: [("kept", "kept")])
    var text = program.replacing("FOLDER", with: folder)
    if !text.hasPrefix("import") && !text.hasPrefix("x =") {
      text = "import ctypes, os\nC = ctypes.CDLL(None)\n" + (wanted == .passed ? "assert " : "") + text
    }
    #expect(try Self.programs.outcome(of: text) == wanted, "\(program)")
    #expect(try FileSystem.list(folder) == ["kept"])
    #expect(try FileSystem.readText(folder + "/kept") == "kept")
    #expect(try Self.programs.outcome(of: "assert True") == .passed)
  }

  @Test(
    "A program that does not end is ended after 3 seconds",
    arguments: [
      "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
      "import signal, time\nfor number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
        + "    except Exception: pass\ntime.sleep(1000)", "while True: print('x' * 100_000)",
    ])
  func endless(program: String) throws {
    guard PythonHookTests.hasPython else { return }
    let start = Clock.seconds()
    #expect(try Self.programs.outcome(of: program) == .timedOut)
    #expect((2.9...20).contains(Clock.seconds() - start))
    try Self.programs.check()
  }

  @Test("Where Python cannot be started that is an error with the remedy")
  func noPython() {
    let programs = ProgramTest(program: "/no/python")
    #expect(TestData.message { try programs.check() }.contains("GEMMABENCH_PYTHON names another Python"))
  }

  @Test("pass@k is 1 - C(n - c, k) / C(n, k)")
  func passes() {
    func choose(_ n: Int, _ k: Int) -> Double { (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double(k - $1) } }
    for all in 1...12 {
      for passed in 0...all {
        for k in 1...all {
          let wanted = 1 - (all - passed < k ? 0 : choose(all - passed, k)) / choose(all, k)
          let found = ProgramTest.Counts(passed: passed, all: all).passes(at: k) ?? .nan
          #expect(abs(found - wanted) < 1e-12, "\(passed) of \(all), \(k)")
        }
      }
    }
    #expect(ProgramTest.Counts(passed: 1, all: 2).passes(at: 3) == nil)
    #expect(ProgramTest.Counts(passed: 0, all: 64).passes(at: 64) == 0)
  }

  @Test("No program is run without leave, and that it is run is said")
  func leave() throws {
    let object: JSONObject = ["type": "humaneval", "data": .string(CatalogueTests.folder)]
    let message = TestData.message { _ = try TaskCatalogue.load(TaskSpecification(.object(object))) }
    #expect(message.contains("--unsafe-code"), "\(message)")
    let entry = try TaskCatalogue.entry("gsm8k_cot")
    #expect(!entry.options.contains { $0.name == "unsafe_code" })
    guard PythonHookTests.hasPython else { return }
    var allowed = object
    allowed["unsafe_code"] = true
    let task = try TaskCatalogue.load(TaskSpecification(.object(allowed)))
    #expect(task.notices.contains { $0.contains("programs that the model writes are run") })
    #expect(task.specification["unsafe_code"] == true)
    #expect(task.metrics.map(\.name) == ["pass@1"] && task.metrics[0].isBinary)
    allowed["repeats"] = 2
    let repeated = try TaskCatalogue.load(TaskSpecification(.object(allowed)))
    let texts = ["    return a + b\n", "    return 0\n"].map { GeneratedText(text: $0, finishReason: .stop) }
    #expect(try repeated.scoreAll(0, .generated(texts)).value(of: "pass@1") == 0.5)
  }

  @Test("Of several responses pass@k is taken of all together; each program is run once")
  func several() throws {
    guard PythonHookTests.hasPython else { return }
    let folder = try TestData.folder(
      of: [
        ("rows.jsonl", #"{"prompt": "def f():\n", "test": "assert f() == 1"}"# + "\n"),
        (
          "owls.yaml",
          """
          task: owls
          dataset_path: json
          dataset_kwargs: {data_files: {test: rows.jsonl}}
          test_split: test
          doc_to_text: "{{prompt}}"
          doc_to_target: "{{test}}"
          unsafe_code: true
          repeats: 4
          generation_kwargs: {until: ["\\ndef"], do_sample: true, temperature: 0.2}
          filter_list: [{name: all, filter: [{function: custom, filter_fn: !function utils.build_predictions}]}]
          metric_list: [{metric: !function utils.pass_at_k, aggregation: mean, higher_is_better: true, k: [1, 2, 8]}]
          """
        ),
        ("utils.py", Self.module),
      ])
    let task = try TaskCatalogue.load(
      TaskSpecification(["type": "harness", "file": .string(folder + "/owls.yaml"), "unsafe_code": true]))
    #expect(task.metrics.map(\.name) == ["pass@1", "pass@2", "pass@8"])
    #expect(task.metrics.allSatisfy { !$0.isBinary } && task.scoresTogether)
    let texts = ["    return 1", "    return 2", "    return 3", "    return ("].map {
      GeneratedText(text: $0, finishReason: .stop)
    }
    let score = try task.scoreAll(0, .generated(texts))
    #expect(score.value(of: "pass@1") == 0.25 && score.value(of: "pass@2") == 0.5)
    #expect(score.value(of: "pass@8") == nil)
  }

  /// As humaneval/utils.py of the harness has them, since functions are known by their text.
  private static let module = """
    def pass_at_k(references: list[str], predictions: list[list[str]], k: list[int] = None):
        global compute_
        assert k is not None
        if isinstance(k, int):
            k = [k]
        res = compute_.compute(
            references=references,
            predictions=predictions,
            k=k,
        )
        return res[0]


    def build_predictions(resps: list[list[str]], docs: list[dict]) -> list[list[str]]:
        return [[doc["prompt"] + r for r in resp] for resp, doc in zip(resps, docs)]
    """
}

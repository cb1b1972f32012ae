import Support

/// Runs programs that models write: HumanEval's measure (M. Chen et al., "Evaluating Large Language Models Trained on Code",
/// 2021).
///
/// Each program has a process of its own, and 3 seconds. It can read files and calculate; the kernel refuses to write or delete
/// files, to start processes, to send signals and to use the network (`Sources/HookAssets/programs.py`).
struct ProgramTest: Sendable {
  private let process: PythonProcess

  init(program: String = PythonProgram.path) { process = PythonProcess(root: nil, server: .programs, program: program) }

  /// What becomes of a program.
  enum Outcome: String {
    case passed
    case failed
    case timedOut = "timed out"
  }

  /// Errors: Python cannot be started, or its programs cannot be kept within limits on this machine.
  func outcome(of program: String) throws(BenchmarkError) -> Outcome {
    let value: JSONValue
    do throws(PythonProcess.Fault) {
      value = try process.call(["program": .string(program)])
    } catch { throw BenchmarkError(.callbackFailed, "a program of a model \(error.message)") }
    guard let outcome = value.stringValue.flatMap(Outcome.init) else {
      throw BenchmarkError(.internalError, "a program of a model: \(value.text()) is no outcome")
    }
    return outcome
  }

  /// Errors: programs cannot be run here, said before a model is asked for one.
  func check() throws(BenchmarkError) {
    for (program, wanted) in [("assert 1 + 1 == 2", Outcome.passed), ("assert 1 + 1 == 3", .failed)] {
      if try outcome(of: program) != wanted {
        throw BenchmarkError(
          .unsupported,
          "programs of models cannot be run: \(PythonProgram.path) does not do \"\(program)\";"
            + " \(PythonProgram.environmentVariable) names another Python")
      }
    }
  }

  /// Of programs those that pass.
  struct Counts {
    let passed: Int
    let all: Int

    /// The chance that of so many of the programs one passes, pass@k: 1 - C(n - c, k) / C(n, k), computed as a product; nil where
    /// there are fewer programs.
    func passes(at k: Int) -> Double? {
      if all < k { return nil }
      if all - passed < k { return 1 }
      return 1 - (0..<passed).reduce(1.0) { $0 * (1 - Double(k) / Double(all - passed + 1 + $1)) }
    }
  }

  /// Runs programs, each with the tests behind it; of equal ones the first.
  func counts(_ programs: [String], tests: String) throws(BenchmarkError) -> Counts {
    var known: [String: Bool] = [:]
    var passed = 0
    for program in programs {
      let isRight = if let found = known[program] { found } else { try outcome(of: program + "\n" + tests) == .passed }
      known[program] = isRight
      if isRight { passed += 1 }
    }
    return Counts(passed: passed, all: programs.count)
  }
}

import HookAssets
import Support
import Synchronization

/// A process of Python that runs functions of task files, or programs of models: started with the first call, of one call at a time.
///
/// What a function does wrong is an error: an exception, an end of the process, a call that takes too long, an answer that
/// cannot be read. The process is started anew for the next call then. It has limits (`Sources/HookAssets/server.py`, `programs.py`) and is
/// stopped with the last reference to this.
final class PythonProcess: Sendable {
  private struct State: ~Copyable {
    var program: LineProgram?
    var calls = 0
    var losses = 0

    mutating func lose() {
      program = nil
      losses += 1
    }
  }

  private let state = Mutex(State())
  /// The folder of the harness's task files, whose modules may name one another.
  let root: String?
  private let server: Server
  private let path: String
  private let seconds: Double
  /// The time to start Python, to load a module with the packages that it imports, and to make all rows of a split.
  private let dataSeconds: Double

  private static let answerBytes = 260 << 20
  /// A function that loses its process again and again is not called for each of ten thousand samples.
  private static let maximumLosses = 10

  /// What the process does.
  enum Server {
    case functions
    case programs
  }

  init(
    root: String?, server: Server = .functions, program: String = PythonProgram.path, seconds: Double = 30,
    dataSeconds: Double = 120
  ) {
    path = program
    self.server = server
    self.root = root.map(Paths.absolute)
    self.seconds = seconds
    self.dataSeconds = dataSeconds
  }

  /// Why there is no answer.
  struct Fault: Error {
    let message: String
    /// Where in Python it happened.
    var file: String?
    var line: Int?
    /// The type of an exception.
    var exception: String?
  }

  /// The answer to a call: what its function gives.
  func call(_ request: JSONObject, isOfData: Bool = false) throws(Fault) -> JSONValue {
    let limit = isOfData ? dataSeconds : seconds
    let answer = try state.withLock { (state) throws(Fault) in try self.answer(request, limit, &state) }
    if let error = answer["error"]?.stringValue {
      throw Fault(
        message: error, file: answer["file"]?.stringValue, line: answer["line"]?.integerValue,
        exception: answer["kind"]?.stringValue)
    }
    return answer["value"] ?? .null
  }

  private func answer(_ request: JSONObject, _ limit: Double, _ state: inout State) throws(Fault) -> JSONObject {
    if state.losses >= Self.maximumLosses {
      throw Fault(message: "is not called any more: its process was lost \(state.losses) times")
    }
    let program: LineProgram
    if let running = state.program {
      program = running
    } else {
      program = try start()
      state.program = program
    }
    state.calls += 1
    var request = request
    request["id"] = JSONValue(state.calls)
    // The host's clock ends a call; the process's own limit is for when the host is gone.
    request["seconds"] = JSONValue(Int(limit) * 2 + 2)
    let bytes: [UInt8]
    do throws(LineProgram.Fault) {
      let deadline = Clock.seconds() + limit
      try program.send(Array(JSONValue.object(request).text().utf8), until: deadline)
      bytes = try program.line(until: deadline, atMost: Self.answerBytes)
    } catch {
      state.lose()
      switch error {
      case .tooSlow: throw Fault(message: "took more than \(limit.fixed(0)) s and was stopped")
      case .tooLong: throw Fault(message: "gave more than \(Self.answerBytes >> 20) MiB and was stopped")
      case .ended(let ending): throw Fault(message: "lost its process, which \(ending)")
      }
    }
    // A function that writes where it should not may have written this.
    guard let answer = (try? JSONReader.parse(bytes, name: "Python", reading: .asPython))?.objectValue,
      answer["id"]?.integerValue == state.calls
    else {
      state.lose()
      throw Fault(message: "gave no answer that can be read, and was stopped")
    }
    return answer
  }

  private func start() throws(Fault) -> LineProgram {
    let hint = "; \(PythonProgram.environmentVariable) names another Python"
    let server = String(cString: self.server == .functions ? gbh_hook_server() : gbh_programs())
    let program: LineProgram
    do throws(BenchmarkError) {
      program = try LineProgram(
        [path, "-B", "-X", "utf8", "-c", server], environment: PythonProgram.environment)
    } catch { throw Fault(message: error.message + hint) }
    let sources: JSONObject = [
      "data_sets": .string(String(cString: gbh_hook_data_sets())),
      "harness": .string(String(cString: gbh_hook_harness())),
    ]
    do throws(LineProgram.Fault) {
      let deadline = Clock.seconds() + dataSeconds
      try program.send(Array(JSONValue.object(sources).text().utf8), until: deadline)
      _ = try program.line(until: deadline, atMost: 1 << 16)
      return program
    } catch {
      let last = program.written().split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      let what =
        switch error {
        case .tooSlow, .tooLong: "did not start in time"
        case .ended(let ending): ending
        }
      throw Fault(message: "\(path) \(what)\(last)\(hint)")
    }
  }
}

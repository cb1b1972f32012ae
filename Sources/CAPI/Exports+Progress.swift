import CGemmaBench
@preconcurrency import Glibc
import Plan
import Records
import Reporting
import Running
import Statistics
import Store
import Support

/// A line of progress, the stream that it is for, and the text that was last asked for.
final class ProgressLineHandle: Handle {
  private let descriptor: Int32
  private let isNotebook: Bool
  private var line = ProgressLine()
  private var text = CText("")

  init(descriptor: Int32, isNotebook: Bool) {
    self.descriptor = descriptor
    self.isNotebook = isNotebook
  }

  /// The text that a change of the line says to write.
  func say(_ change: (inout ProgressLine) -> String) -> UnsafePointer<CChar> {
    text = CText(change(&line))
    return text.pointer
  }

  /// What the stream is now: its window may have been made wider or narrower.
  var form: ProgressLine.Form {
    if isNotebook { return .notebook }
    let kind = getenv("TERM").map { String(cString: $0) }
    guard descriptor >= 0, isatty(descriptor) == 1, kind != "dumb" else { return .plain }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return .terminal(columns: Int(size.ws_col)) }
    let said = getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? 0
    return .terminal(columns: said > 0 ? said : 80)
  }
}

@_cdecl("gb_progress_line_open") @implementation
public func gb_progress_line_open(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ descriptor: Int32, _ flags: UInt32)
  -> gb_status
{
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    if flags & ~GB_LINE_NOTEBOOK != 0 {
      throw BenchmarkError(
        .invalidArgument,
        "gb_progress_line_open: flags \(flags) has bits that this version (\(LibraryVersion.text)) does not know")
    }
    out.pointee = ProgressLineHandle(descriptor: descriptor, isNotebook: flags & GB_LINE_NOTEBOOK != 0).retained()
  }
}

@_cdecl("gb_progress_line_show") @implementation
public func gb_progress_line_show(_ line: OpaquePointer?, _ progress: UnsafePointer<gb_progress>?)
  -> UnsafePointer<CChar>?
{
  var text: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in
    let line = try ProgressLineHandle.from(line, "line")
    let state = try Options.read(progress, zero: gb_progress(), "gb_progress")
    let stage = try Boundary.text(state.stage, "gb_progress: stage")
    // A script that waits for nothing has nothing to show.
    guard let stage = Progress.Stage(rawValue: stage) else { return text = line.say { _ in "" } }
    var value = Progress(
      stage: stage, message: try Boundary.text(state.message, "gb_progress: message"),
      completed: Int(clamping: state.completed), total: Int(clamping: state.total),
      meanScore: state.scored > 0 ? state.score : nil, scoredCount: Int(clamping: state.scored),
      interval: state.has_interval == 0
        ? nil : ConfidenceInterval(lower: state.lower, upper: state.upper, level: 0, method: .wilson),
      foundCount: Int(state.found), promptTokens: Int(clamping: state.prompt_tokens),
      generatedTokens: Int(clamping: state.generated_tokens))
    value.cellNumber = Int(state.cell)
    value.cellCount = Int(state.cells)
    value.secondsLeft = state.has_seconds_left == 0 ? nil : state.seconds_left
    text = line.say { $0.show(value, in: line.form, at: Clock.seconds()) }
  }
  return text
}

@_cdecl("gb_progress_line_clear") @implementation
public func gb_progress_line_clear(_ line: OpaquePointer?) -> UnsafePointer<CChar>? {
  var text: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in
    text = try ProgressLineHandle.from(line, "line").say { $0.clear() }
  }
  return text
}

@_cdecl("gb_progress_line_end") @implementation
public func gb_progress_line_end(_ line: OpaquePointer?) -> UnsafePointer<CChar>? {
  var text: UnsafePointer<CChar>?
  _ = Boundary.run { () throws(BenchmarkError) in
    text = try ProgressLineHandle.from(line, "line").say { $0.end() }
  }
  return text
}

@_cdecl("gb_progress_line_free") @implementation
public func gb_progress_line_free(_ line: OpaquePointer?) { Handle.free(line) }

import CGemmaBench
@preconcurrency import Glibc

/// Progress on standard error, as the library words it; and what a callback answers once the command is to end.
enum ProgressLine {
  nonisolated(unsafe) private static var isQuiet = false
  nonisolated(unsafe) private static let line: OpaquePointer? = {
    var line: OpaquePointer?
    _ = gb_progress_line_open(&line, STDERR_FILENO, 0)
    return line
  }()

  static func setQuiet(_ value: Bool) { isQuiet = value }

  static let callback: gb_progress_callback = { progress, _ in
    guard let progress else { return 0 }
    if !isQuiet { write(gb_progress_line_show(line, progress)) }
    return Interruption.answer(stage: String(cString: progress.pointee.stage))
  }

  static func clear() { if !isQuiet { write(gb_progress_line_clear(line)) } }

  /// Ends the progress of a plan: its last cell keeps its line.
  static func end() { if !isQuiet { write(gb_progress_line_end(line)) } }

  private static func write(_ text: UnsafePointer<CChar>?) {
    guard let text, text.pointee != 0 else { return }
    fputs(text, stderr)
    fflush(stderr)
  }

  /// Has the library's warnings shown, but for those about samples, which stand in the report.
  static func showWarnings() {
    if isQuiet { return }
    gb_set_log_callback(
      { severity, message, _ in
        guard severity >= GB_LOG_WARNING, let message else { return }
        let text = String(cString: message)
        if !text.hasSuffix(" samples") {
          ProgressLine.clear()
          Console.printError("warning: \(text)\n")
        }
      }, nil)
  }
}

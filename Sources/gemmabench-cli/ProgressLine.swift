import CGemmaBench
@preconcurrency import Glibc

/// Progress on standard error: one line that rewrites itself on a terminal, a plain line now and then elsewhere.
/// Also where Ctrl-C arrives: the first has the samples at work finished and keeps what is done, the second ends at once.
enum ProgressLine {
  nonisolated(unsafe) private static var quiet = false
  nonisolated(unsafe) private static var lastShown = 0.0
  nonisolated(unsafe) private static var shown = false
  nonisolated(unsafe) private static var started: (message: String, seconds: Double, found: UInt64) = ("", 0, 0)
  /// The cell at work as it was last told of, in words; "" if none is.
  nonisolated(unsafe) private static var cell = ""
  nonisolated(unsafe) private static var downloaded: (first: UInt64, total: UInt64, elapsed: Double) = (0, 0, 0)
  nonisolated(unsafe) static var interrupted: sig_atomic_t = 0
  nonisolated(unsafe) private static var isStopping = false

  static func setQuiet(_ value: Bool) { quiet = value }

  static func catchInterrupt() {
    signal(SIGINT) { _ in
      if ProgressLine.interrupted != 0 { _exit(130) }
      ProgressLine.interrupted = 1
    }
  }

  static let callback: gb_progress_callback = { progress, _ in
    guard let progress = progress?.pointee else { return 0 }
    ProgressLine.show(progress)
    return ProgressLine.answer(progress)
  }

  /// After Ctrl-C the samples at work are finished; everything else ends where it is.
  private static func answer(_ progress: gb_progress) -> Int32 {
    if interrupted == 0 { return 0 }
    if String(cString: progress.stage) != "run" { return 1 }
    if !isStopping {
      isStopping = true
      clear()
      Console.printError("finishing the samples at work; Ctrl-C again stops at once\n")
    }
    return GB_FINISH_SAMPLES
  }

  static func clear() {
    if shown { Console.printError("\r\u{1B}[K") }
    shown = false
  }

  /// Ends the progress of a plan: its last cell keeps its line.
  static func end() {
    clear()
    if !cell.isEmpty { Console.printError(cell + "\n") }
    cell = ""
  }

  private static func show(_ progress: gb_progress) {
    if quiet { return }
    let isTerminal = isatty(2) != 0
    let now = seconds()
    let message = String(cString: progress.message)
    let stage = String(cString: progress.stage)
    if started.message != message {
      // Of a plan every cell leaves a line.
      end()
      started = (message, now, 0)
      if !isTerminal { lastShown = now }  // a line now and then is for what takes a while
    }
    // What was there already came at no speed.
    if UInt64(progress.found) == progress.completed { started = (message, now, progress.completed) }
    if progress.cells > 1, stage == "run" {
      let place = "[\(progress.cell)/\(progress.cells)] "
      cell = place + "\(message)  \(state(progress, elapsed: 0))"
      if now - lastShown < (isTerminal ? 0.1 : 10) { return }
      lastShown = now
      write(place + "\(message)  \(state(progress, elapsed: now - started.seconds))", isTerminal)
      return
    }
    if now - lastShown < (isTerminal ? 0.1 : 10) { return }
    lastShown = now
    write("\(message)  \(state(progress, elapsed: now - started.seconds))", isTerminal)
  }

  private static func write(_ line: String, _ isTerminal: Bool) {
    Console.printError(isTerminal ? "\r\u{1B}[K\(line)" : line + "\n")
    shown = isTerminal
  }

  private static func state(_ progress: gb_progress, elapsed: Double) -> String {
    let stage = String(cString: progress.stage)
    let bytes = ["load": "loading", "quantize": "quantising", "fingerprint": "fingerprinting"]
    if let word = bytes[stage] {
      return "\(word) \(progress.completed >> 20) of \(progress.total >> 20) MiB"
    }
    if stage == "download" { return download(progress, elapsed: elapsed) }
    if progress.total == 0 { return stage }
    var parts = ["\(progress.completed)/\(progress.total)"]
    if progress.found > 0 { parts.append("\(progress.found) there already") }
    if progress.scored > 0 { parts.append("score \(tenths(progress.score * 100))%") }
    if progress.has_interval != 0 {
      parts.append("\(tenths(progress.lower * 100))% – \(tenths(progress.upper * 100))%")
    }
    if progress.completed > started.found, elapsed > 0.5 {
      let rate = Double(progress.completed - started.found) / elapsed
      let left = Double(progress.total - progress.completed) / rate
      parts.append("\(tenths(rate))/s")
      parts.append("\(duration(left)) left\(progress.cells > 1 ? " in this cell" : "")")
      if progress.cells > 1, progress.has_seconds_left != 0 {
        parts.append("\(duration(progress.seconds_left)) in all")
      }
    }
    return parts.joined(separator: "  ")
  }

  /// Has the library's warnings about the cache of answers and chat templates shown; those about samples stand in the report.
  static func showWarnings() {
    if quiet { return }
    gb_set_log_callback(
      { severity, message, _ in
        guard severity >= GB_LOG_WARNING, let message else { return }
        let text = String(cString: message)
        if text.hasPrefix("the cache of answers") || text.hasPrefix("the chat template") {
          Console.printError("warning: \(text)\n")
        }
      }, nil)
  }

  private static func download(_ progress: gb_progress, elapsed: Double) -> String {
    if progress.total == 0 { return "asking the Hub" }
    let done = Double(progress.completed) / 1e6
    let total = Double(progress.total) / 1e6
    var parts = ["downloading \(tenths(done)) of \(tenths(total)) MB"]
    if downloaded.total != progress.total { downloaded = (progress.completed, progress.total, elapsed) }
    // By what came in this call: what was there before came at no speed.
    let came = Double(progress.completed) - Double(downloaded.first)
    let seconds = elapsed - downloaded.elapsed
    if came > 0, seconds > 1 {
      let rate = came / 1e6 / seconds
      let left = (total - done) / rate
      parts.append("\(tenths(rate)) MB/s")
      parts.append("\(duration(left)) left")
    }
    return parts.joined(separator: "  ")
  }

  /// Seconds in the two largest units that count.
  private static func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds), 1e9))
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }
}

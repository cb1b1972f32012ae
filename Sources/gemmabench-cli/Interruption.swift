import CGemmaBench
@preconcurrency import Glibc

/// Ctrl-C, and the SIGTERM of a supervisor. The first asks the call at work to end and to keep what it has; the second, and one
/// that comes where nothing asks, ends the process at once. Either way the exit code is 128 and the signal's number, as shells
/// have it: 130 and 143.
enum Interruption {
  nonisolated(unsafe) private static var received: sig_atomic_t = 0
  nonisolated(unsafe) private static var isAwaited: sig_atomic_t = 0
  nonisolated(unsafe) private static var hasTold = false

  /// Catches the signals, for the whole of the process.
  static func watch() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interruption.received != 0 || Interruption.isAwaited == 0 || Interruption.isAtPrompt { _exit(128 + number) }
        Interruption.received = number
      }
    }
    // A reader that has enough (`| head`) is told by the write that fails, not by a signal in the middle of a run.
    signal(SIGPIPE, SIG_IGN)
  }

  /// From here on the command asks for itself whether it is to end.
  static func await() { isAwaited = 1 }

  /// Whether the user is being waited for: then a signal ends the process.
  nonisolated(unsafe) static var isAtPrompt = false

  /// Takes back an interruption that ended one of several answers; that of a supervisor stays.
  static func forget() { if received == SIGINT { received = 0 } }

  static var hasCome: Bool { received != 0 }

  /// The exit code that it calls for; nil if nothing came.
  static var exitCode: Int32? { received == 0 ? nil : 128 + received }

  /// What a progress callback answers: Ctrl-C has the samples at work finished, SIGTERM does not wait for them.
  static func answer(stage: String) -> Int32 {
    if Console.isBroken { return 1 }
    if received == 0 { return 0 }
    if received != SIGINT { return 1 }
    if stage == "run", !hasTold {
      hasTold = true
      ProgressLine.clear()
      Console.printError("finishing the current samples; Ctrl-C again stops at once\n")
    }
    return GB_FINISH_SAMPLES
  }
}

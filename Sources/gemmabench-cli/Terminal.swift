@preconcurrency import Glibc

/// What standard output can show.
enum Terminal {
  /// Whether tables are printed in colour: on a terminal that knows colours, unless NO_COLOR says something
  /// (https://no-color.org). Never into a file or a pipe.
  static var hasColor: Bool {
    isShown && setting("NO_COLOR").isEmpty && !["", "dumb"].contains(setting("TERM"))
  }

  /// Whether standard output is a terminal.
  static var isShown: Bool { isatty(STDOUT_FILENO) == 1 }

  private static func setting(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}

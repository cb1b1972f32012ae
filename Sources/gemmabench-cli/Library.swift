import CAPI
import CGemmaBench
@preconcurrency import Glibc
import Support

/// A call of the library that failed.
struct LibraryError: Error, CustomStringConvertible {
  let status: gb_status
  let description: String
}

/// The library as the commands use it: through its C header alone, so that what the tool can do, every front can.
enum Library {
  static var version: String { String(cString: gb_version()) }

  /// Throws the library's message unless the status is GB_OK.
  static func check(_ status: gb_status) throws {
    if status != GB_OK { throw LibraryError(status: status, description: String(cString: gb_last_error())) }
  }

  /// A text that the library gives away.
  static func text(_ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> gb_status) throws -> String {
    var pointer: UnsafeMutablePointer<CChar>?
    try check(call(&pointer))
    defer { gb_string_free(pointer) }
    return pointer.map { String(cString: $0) } ?? ""
  }

  /// The tokens of a prompt, as the model gets it: the beginning-of-sequence token in front unless the text has it.
  static func tokens(_ text: String, _ model: OpaquePointer) throws -> [Int32] {
    var tokens: UnsafeMutablePointer<Int32>?
    var count = 0
    try check(gb_tokenize(&tokens, &count, model, text, 1))
    defer { gb_tokens_free(tokens) }
    return Array(UnsafeBufferPointer(start: tokens, count: count))
  }

  /// A borrowed text, which is NULL if its call failed.
  static func borrowed(_ pointer: UnsafePointer<CChar>?) throws -> String {
    guard let pointer else {
      throw LibraryError(status: GB_INVALID_ARGUMENT, description: String(cString: gb_last_error()))
    }
    return String(cString: pointer)
  }

  /// Loads a model, with progress on standard error, for the time of a body.
  static func withModel<Value>(
    _ path: String, threads: UInt32?, quantization: String = "none", precision: String? = nil,
    showsWarnings: Bool = true, _ body: (OpaquePointer) throws -> Value
  ) throws -> Value {
    var options = gb_load_options()
    options.struct_size = UInt32(MemoryLayout<gb_load_options>.size)
    options.threads = threads ?? 0
    options.progress = ProgressLine.callback
    var model: OpaquePointer?
    if showsWarnings {
      gb_set_log_callback(
        { severity, message, _ in
          guard severity >= GB_LOG_WARNING, let message else { return }
          ProgressLine.clear()
          Console.printError("warning: \(String(cString: message))\n")
        }, nil)
    }
    let status = quantization.withCString { type in
      options.quantization = type
      guard let precision else { return gb_load_model(&model, path, &options) }
      return precision.withCString { precision in
        options.precision = precision
        return gb_load_model(&model, path, &options)
      }
    }
    gb_set_log_callback(nil, nil)
    ProgressLine.clear()
    try check(status)
    defer { gb_model_free(model) }
    return try body(model!)
  }
}

/// Standard output and standard error, as UTF-8. What the texts of others hold is shown and never obeyed: here control characters
/// are written out, as `VisibleText` does it.
enum Console {
  /// Prints; where that fails, whoever polls for an interruption is told, and the process ends with an error.
  static func print(_ text: String) { write(VisibleText.lines(text), to: stdout) }
  static func printError(_ text: String) { write(VisibleText.lines(text), to: stderr) }

  /// A table in the library's colours.
  static func printColored(_ text: String) { write(VisibleText.coloredLines(text), to: stdout) }

  /// The same on standard error, of what is in the command's own colours.
  static func printErrorColored(_ text: String) { write(VisibleText.coloredLines(text), to: stderr) }

  /// Text that a file or a pipe gets to the byte.
  static func printExact(_ text: String) {
    write(isatty(STDOUT_FILENO) == 1 ? VisibleText.lines(text) : text, to: stdout)
  }

  /// Whether standard output refused something; `finish` says why.
  static var isBroken: Bool { failure != 0 }
  nonisolated(unsafe) private static var failure: Int32 = 0

  /// Keeps files from taking the place of a standard stream that is closed.
  static func open() {
    for descriptor in 0...2 as ClosedRange<Int32> where fcntl(descriptor, F_GETFD) == -1 {
      _ = Glibc.open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }

  /// Ends the process if something could not be printed: with 74 and why, or silently if the reader went away.
  static func finish() {
    if failure == 0 { return }
    if failure == EPIPE { exit(128 + SIGPIPE) }
    printError("Error: standard output cannot be written: \(String(cString: strerror(failure)))\n")
    exit(74)
  }

  private static func write(_ text: String, to stream: UnsafeMutablePointer<FILE>?) {
    guard let stream else { return }
    if stream == stdout, failure != 0 { return }
    errno = 0
    var text = text
    let isWritten = text.withUTF8 { bytes in
      fwrite(bytes.baseAddress, 1, bytes.count, stream) == bytes.count && fflush(stream) == 0
    }
    if !isWritten, stream == stdout { failure = errno == 0 ? EIO : errno }
  }
}

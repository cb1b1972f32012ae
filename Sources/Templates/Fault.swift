import Support

/// Why a template cannot be parsed or rendered.
struct Fault: Error {
  enum Kind {
    /// Jinja would not parse it.
    case syntax
    /// Jinja knows it, this engine does not; or a limit is reached.
    case unsupported
    /// Jinja would fail as well: an undefined value, types that do not fit.
    case evaluation
    /// The template raised it itself (`raise_exception`).
    case raised
  }

  let kind: Kind
  let message: String
  /// The line of the template, from 1; filled in by the evaluator.
  var line: Int?

  init(_ kind: Kind, _ message: String, line: Int? = nil) {
    self.kind = kind
    self.message = message
    self.line = line
  }

  init(_ message: String) { self.init(.evaluation, message) }

  static func unsupported(_ message: String) -> Fault { Fault(.unsupported, message) }

  /// The error for a template of a name.
  func error(name: String) -> BenchmarkError {
    let place = line.map { "\(name), line \($0)" } ?? name
    let shown = message.unicodeScalars.count > 400 ? String(message.prefix(400)) + "..." : message
    switch kind {
    case .syntax: return BenchmarkError(.invalidFile, "\(place): the template cannot be parsed: \(shown)")
    case .unsupported: return BenchmarkError(.unsupported, "\(place): the template cannot be rendered: \(shown)")
    case .evaluation: return BenchmarkError(.invalidArgument, "\(place): the template cannot be rendered: \(shown)")
    case .raised: return BenchmarkError(.invalidArgument, "\(place): the template refuses the conversation: \(shown)")
    }
  }
}

/// What a rendering has left to spend.
final class Budget {
  private var steps: Int
  private var bytes: Int

  init(_ limits: Template.Limits) {
    steps = limits.steps
    bytes = limits.bytes
  }

  /// Counts evaluations, or parts of a value that are gone over.
  func spend(_ count: Int = 1) throws(Fault) {
    if count > steps { throw Fault.unsupported("it takes too many steps; a loop may be endless") }
    steps -= count
  }

  /// Counts bytes before they are made.
  func allocate(_ count: Int) throws(Fault) {
    if count > bytes { throw Fault.unsupported("it makes more text or longer lists than the limit allows") }
    bytes -= count
  }

  /// Counts the entries of a list before it is made.
  func allocate(entries count: Int) throws(Fault) {
    if count > 1 << 40 { throw Fault.unsupported("it makes more text or longer lists than the limit allows") }
    try allocate(count * 32)
    try spend(count / 8)
  }

  /// Counts a text written so many times.
  func allocate(_ text: String, times: Int) throws(Fault) {
    let (product, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(0, times))
    try allocate(overflow ? Int.max : product)
  }
}

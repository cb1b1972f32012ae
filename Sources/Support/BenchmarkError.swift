/// The one error type that crosses module borders: a kind, which the C ABI maps to a status, and a one-line message.
///
/// Messages are impersonal, name the offending value, and say the remedy where there is one.
package struct BenchmarkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong, in the terms a caller can branch on.
  package enum Kind: Sendable, Equatable {
    /// An argument or option has a value that cannot be used.
    case invalidArgument
    /// A file, model, task or split does not exist.
    case notFound
    /// A file exists and its content is malformed or contradicts itself.
    case invalidFile
    /// The input is well formed, and asks for something this build does not do.
    case unsupported
    /// The operating system refused to read or write.
    case inputOutput
    /// Memory could not be had.
    case outOfMemory
    /// A progress callback asked to stop.
    case cancelled
    /// A callback or a script of the caller failed.
    case callbackFailed
    /// The network or the Hub did not answer as it should.
    case network
    /// The Hub refuses access: no token, a bad one, or a licence not accepted.
    case accessDenied
    /// A broken promise inside the library.
    case internalError
  }

  package let kind: Kind
  package let message: String
  /// The key of an object that the error is about, as it was given, so that whoever knows where the object stands can say it;
  /// nil where it is about no key, or about several.
  package let key: String?

  package init(_ kind: Kind, _ message: String, key: String? = nil) {
    self.kind = kind
    self.key = key
    // By line breaks of every kind: "\r\n" is one character, and not "\n".
    let isOneLine = !message.contains(where: \.isNewline)
    // It names what others wrote (a file, a key, an answer), and goes to terminals.
    self.message = VisibleText.line(
      isOneLine ? message : message.split(whereSeparator: \.isNewline).joined(separator: " "))
  }

  package var description: String { message }
}

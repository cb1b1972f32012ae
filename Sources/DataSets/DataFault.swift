import Support

/// Why bytes are not what their format promises; whoever knows the file and the place adds them.
struct DataFault: Error {
  let kind: BenchmarkError.Kind
  let reason: String

  /// A fault of the file.
  init(_ reason: String) {
    kind = .invalidFile
    self.reason = reason
  }

  /// Something that the format has and this reader does not.
  static func unsupported(_ reason: String) -> DataFault { DataFault(.unsupported, reason) }

  static func noMemory(_ count: Int) -> DataFault { DataFault(.outOfMemory, "no memory for \(count) bytes") }

  private init(_ kind: BenchmarkError.Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// The bytes end before what was announced: of a header that was read in part, more bytes may help.
  static let endsEarly = DataFault("the bytes end early")
  var isEndsEarly: Bool { reason == Self.endsEarly.reason }

  /// The error with the place in front.
  func error(at place: String) -> BenchmarkError { BenchmarkError(kind, "\(place): \(reason)") }
}

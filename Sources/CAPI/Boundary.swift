import CGemmaBench
@preconcurrency import Glibc
import Support

/// The border between C and Swift: every export goes through these, so that each rule of the ABI stands once.
enum Boundary {
  /// Runs a body that may fail; a failure becomes a status, and its message the thread's last error.
  static func run(_ body: () throws(BenchmarkError) -> Void) -> gb_status {
    do {
      try body()
      return GB_OK
    } catch {
      LastError.set(error.message)
      return status(of: error.kind)
    }
  }

  static func status(of kind: BenchmarkError.Kind) -> gb_status {
    switch kind {
    case .invalidArgument: GB_INVALID_ARGUMENT
    case .notFound: GB_NOT_FOUND
    case .invalidFile: GB_INVALID_FILE
    case .unsupported: GB_UNSUPPORTED
    case .inputOutput: GB_INPUT_OUTPUT
    case .outOfMemory: GB_OUT_OF_MEMORY
    case .cancelled: GB_CANCELLED
    case .callbackFailed: GB_CALLBACK_FAILED
    case .internalError: GB_INTERNAL
    case .network: GB_NETWORK
    case .accessDenied: GB_ACCESS_DENIED
    }
  }

  static func kind(of status: gb_status) -> BenchmarkError.Kind {
    switch status {
    case GB_INVALID_ARGUMENT: .invalidArgument
    case GB_NOT_FOUND: .notFound
    case GB_INVALID_FILE: .invalidFile
    case GB_UNSUPPORTED: .unsupported
    case GB_INPUT_OUTPUT: .inputOutput
    case GB_OUT_OF_MEMORY: .outOfMemory
    case GB_CANCELLED: .cancelled
    case GB_CALLBACK_FAILED: .callbackFailed
    case GB_NETWORK: .network
    case GB_ACCESS_DENIED: .accessDenied
    default: .internalError
    }
  }

  /// An argument that must not be NULL.
  static func require<Value>(_ value: Value?, _ name: String) throws(BenchmarkError) -> Value {
    guard let value else { throw BenchmarkError(.invalidArgument, "\(name) is NULL") }
    return value
  }

  /// A text argument, which must be valid UTF-8.
  static func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(BenchmarkError) -> String {
    let pointer = try require(pointer, name)
    guard let text = String(validatingCString: pointer) else {
      throw BenchmarkError(.invalidArgument, "\(name) is not valid UTF-8")
    }
    return text
  }

  /// The JSON of a text argument.
  static func json(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(BenchmarkError) -> JSONValue {
    let text = try text(pointer, name)
    do throws(BenchmarkError) { return try JSONReader.parse(text, name: name) } catch {
      throw BenchmarkError(.invalidArgument, error.message)
    }
  }

  /// A text argument or field that may be NULL.
  static func optionalText(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(BenchmarkError) -> String? {
    pointer == nil ? nil : try text(pointer, name)
  }

  /// The texts of an array, which may be NULL if it has none.
  static func texts(_ list: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ name: String)
    throws(BenchmarkError) -> [String]
  {
    if count == 0 { return [] }
    let list = try require(list, name)
    var texts: [String] = []
    for index in 0..<count { texts.append(try text(list[index], "\(name)[\(index)]")) }
    return texts
  }

  /// The path of a file or folder, or the name of a model: a text with `~` in front replaced by the user's home.
  static func path(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(BenchmarkError) -> String {
    Paths.expanded(try text(pointer, name))
  }

  /// A path that may be NULL.
  static func optionalPath(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(BenchmarkError) -> String? {
    pointer == nil ? nil : try path(pointer, name)
  }

  /// A copy of a text for the caller to free.
  static func copy(_ text: String) throws(BenchmarkError) -> UnsafeMutablePointer<CChar> {
    guard let copy = strdup(text) else { throw BenchmarkError(.outOfMemory, "no memory for \(text.utf8.count) bytes") }
    return copy
  }

  /// Memory for `count` values for the caller to free; never NULL, so that an empty list is no failure.
  static func allocate<Element>(_ count: Int, of type: Element.Type) throws(BenchmarkError)
    -> UnsafeMutablePointer<Element>
  {
    guard let memory = calloc(max(1, count), MemoryLayout<Element>.stride) else {
      throw BenchmarkError(.outOfMemory, "no memory for \(count) values")
    }
    return memory.bindMemory(to: Element.self, capacity: max(1, count))
  }
}

import Support
import Tensors

/// One GGUF file, version 2 or 3: its metadata and its table of tensors, checked whole before any byte of a tensor is used.
///
/// Layout (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): magic, version, two counts, key-value pairs, the
/// table of tensors, padding up to a multiple of `general.alignment`, the tensors' bytes. Little endian throughout.
package struct GGUFFile: Sendable {
  package let path: String
  package let version: UInt32
  /// Keys in the order of the file.
  package let keys: [String]
  /// In the order of the table. Shapes run from the slowest dimension to the fastest, the reverse of the file's, so that
  /// a matrix is `[rows, columns]`, and begin with none of 1 (`StoredTensor.plainShape`).
  package let tensors: [StoredTensor]
  /// Multiple of which every tensor's place is, in bytes.
  package let alignment: Int
  let values: [String: GGUFValue]
  /// Where each key with its value lies in the file.
  private let places: [String: Range<Int>]
  private let source: ModelFile

  static let magic: UInt32 = 0x4655_4747  // "GGUF"
  /// `ggml` itself takes no more.
  static let maximumDimensions: UInt32 = 4
  static let alignmentKey = "general.alignment"
  private static let defaultAlignment = 32
  /// The format's own limit on a key.
  private static let maximumKeyBytes = 65_535

  package init(_ path: String) throws(BenchmarkError) {
    let file = try ModelFile(path)
    var cursor = GGUFCursor(file, what: "header")
    let magic = try cursor.integer(UInt32.self)
    guard magic == Self.magic else { throw cursor.failure("not a GGUF file: it does not begin with \"GGUF\"") }
    version = try cursor.integer(UInt32.self)
    guard version == 2 || version == 3 else {
      let isSwapped = version.byteSwapped == 2 || version.byteSwapped == 3
      let reason = isSwapped ? "big-endian, convert it to little-endian" : "version \(version); supported: 2, 3"
      throw cursor.failure(reason, .unsupported)
    }
    let tensorCount = try cursor.integer(UInt64.self)
    let keyCount = try cursor.integer(UInt64.self)
    // A pair takes at least 13 bytes (length, type, a value of one byte), a tensor 24.
    guard keyCount <= UInt64(cursor.bytesLeft / 13) else {
      throw cursor.failure("\(keyCount) keys do not fit into \(cursor.bytesLeft) bytes; truncated?")
    }
    guard tensorCount <= UInt64(cursor.bytesLeft / 24) else {
      throw cursor.failure("\(tensorCount) tensors do not fit into \(cursor.bytesLeft) bytes; truncated?")
    }

    var keys: [String] = []
    var values: [String: GGUFValue] = [:]
    var places: [String: Range<Int>] = [:]
    for index in 0..<Int(keyCount) {
      cursor.what = "key \(index)"
      let start = cursor.position
      let bytes = try cursor.stringBytes()
      guard !bytes.isEmpty, bytes.count <= Self.maximumKeyBytes, let key = String(validating: bytes, as: UTF8.self)
      else { throw cursor.failure("its name is empty, longer than \(Self.maximumKeyBytes) bytes, or not UTF-8") }
      cursor.what = "key \(key)"
      guard values.updateValue(try cursor.value(key), forKey: key) == nil else { throw cursor.failure("twice") }
      keys.append(key)
      places[key] = start..<cursor.position
    }
    alignment = try Self.alignment(values[Self.alignmentKey], cursor)

    var entries: [Entry] = []
    for index in 0..<Int(tensorCount) {
      cursor.what = "tensor \(index)"
      entries.append(try Self.entry(&cursor, alignment: alignment))
    }
    let padding = (alignment - cursor.position % alignment) % alignment
    // A file without tensors may end without padding.
    let dataStart = cursor.position + (entries.isEmpty ? min(padding, cursor.bytesLeft) : padding)
    tensors = try Self.place(entries, file: file, dataStart: dataStart, alignment: alignment)
    self.path = path
    self.keys = keys
    self.values = values
    self.places = places
    source = file
  }

  /// A key with its value, byte for byte as the file has them; empty if the key is not there.
  package func pair(_ key: String) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: source.memory[places[key] ?? 0..<0])
  }

  private static func alignment(_ value: GGUFValue?, _ cursor: GGUFCursor) throws(BenchmarkError) -> Int {
    guard let value else { return defaultAlignment }
    guard let alignment = value.integerValue, alignment > 0, alignment <= 1 << 30, alignment & (alignment - 1) == 0
    else {
      let found = value.integerValue.map { String($0) } ?? value.typeName
      var failing = cursor
      failing.what = "key \(alignmentKey)"
      throw failing.failure("\(found), expected a power of two up to 2^30")
    }
    return alignment
  }
}

/// Reads structures of Thrift's compact protocol, in which parquet files describe themselves.
///
/// Fields that nobody asks for are skipped. Lengths are checked against the bytes there are, nesting against a limit.
/// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
struct CompactReader {
  struct Field {
    let identifier: Int
    fileprivate let type: UInt8
  }

  /// Skipped values nested deeper are refused.
  private static let maximumDepth = 32

  private(set) var cursor: ByteCursor

  init(_ bytes: UnsafeRawBufferPointer) { cursor = ByteCursor(bytes) }

  private enum Kind {
    static let yes: UInt8 = 1
    static let no: UInt8 = 2
    static let byte: UInt8 = 3
    static let integers: ClosedRange<UInt8> = 4...6
    static let double: UInt8 = 7
    static let binary: UInt8 = 8
    static let list: UInt8 = 9
    static let set: UInt8 = 10
    static let map: UInt8 = 11
    static let structure: UInt8 = 12
    static let identifier: UInt8 = 13
  }

  /// Reads a structure: `read` takes the fields it knows and returns true, and false for all others.
  mutating func structure(_ read: (inout CompactReader, Field) throws(DataFault) -> Bool) throws(DataFault) {
    var identifier = 0
    while let field = try nextField(after: identifier) {
      identifier = field.identifier
      if try !read(&self, field) { try skip(field.type, depth: 0) }
    }
  }

  /// The structure in a field.
  mutating func structure(
    in field: Field, _ read: (inout CompactReader, Field) throws(DataFault) -> Bool
  ) throws(DataFault) {
    try expect(field.type == Kind.structure, field)
    try structure(read)
  }

  mutating func integer(_ field: Field) throws(DataFault) -> Int {
    if field.type == Kind.byte { return Int(Int8(bitPattern: try cursor.byte())) }
    try expect(Kind.integers.contains(field.type), field)
    return Int(try cursor.zigzag())
  }

  mutating func flag(_ field: Field) throws(DataFault) -> Bool {
    try expect(field.type == Kind.yes || field.type == Kind.no, field)
    return field.type == Kind.yes
  }

  mutating func text(_ field: Field) throws(DataFault) -> String {
    try expect(field.type == Kind.binary, field)
    guard let text = String(validating: try cursor.take(try cursor.count()), as: UTF8.self) else {
      throw DataFault("a name is not valid UTF-8")
    }
    return text
  }

  /// Reads a list of structures, calling `read` once for each.
  mutating func structures(
    in field: Field, atMost limit: Int, _ read: (inout CompactReader) throws(DataFault) -> Void
  ) throws(DataFault) {
    try expect(field.type == Kind.list, field)
    let (count, type) = try listHead()
    try expect(count == 0 || type == Kind.structure, field)
    if count > limit { throw DataFault("a list of \(count) entries; the limit is \(limit)") }
    for _ in 0..<count { try read(&self) }
  }

  private func expect(_ condition: Bool, _ field: Field) throws(DataFault) {
    if !condition { throw DataFault("field \(field.identifier) of the metadata has the wrong type \(field.type)") }
  }

  private mutating func nextField(after last: Int) throws(DataFault) -> Field? {
    let head = try cursor.byte()
    if head == 0 { return nil }
    let identifier = head >> 4 == 0 ? Int(try cursor.zigzag()) : last + Int(head >> 4)
    guard Int(Int16.min)...Int(Int16.max) ~= identifier else { throw DataFault("an impossible field of the metadata") }
    return Field(identifier: identifier, type: head & 15)
  }

  /// The number of elements, each of at least a byte, and their type.
  private mutating func listHead() throws(DataFault) -> (count: Int, type: UInt8) {
    let head = try cursor.byte()
    let count = head >> 4 == 15 ? try cursor.count() : Int(head >> 4)
    if count > cursor.left { throw .endsEarly }
    return (count, head & 15)
  }

  /// Steps over the value of a field. Booleans are in a field's type; in lists they take a byte.
  private mutating func skip(_ type: UInt8, depth: Int, inList: Bool = false) throws(DataFault) {
    if depth > Self.maximumDepth { throw DataFault("metadata nested deeper than \(Self.maximumDepth)") }
    switch type {
    case Kind.yes, Kind.no: if inList { _ = try cursor.byte() }
    case Kind.byte: _ = try cursor.byte()
    case Kind.integers: _ = try cursor.variable()
    case Kind.double: _ = try cursor.take(8)
    case Kind.binary: _ = try cursor.take(try cursor.count())
    case Kind.identifier: _ = try cursor.take(16)
    case Kind.list, Kind.set:
      let (count, type) = try listHead()
      for _ in 0..<count { try skip(type, depth: depth + 1, inList: true) }
    case Kind.map:
      let count = try cursor.count()
      if count == 0 { return }
      let types = try cursor.byte()
      if count > cursor.left { throw .endsEarly }
      for _ in 0..<count {
        try skip(types >> 4, depth: depth + 1, inList: true)
        try skip(types & 15, depth: depth + 1, inList: true)
      }
    case Kind.structure:
      var identifier = 0
      while let field = try nextField(after: identifier) {
        identifier = field.identifier
        try skip(field.type, depth: depth + 1)
      }
    default: throw DataFault("a field of the metadata has the unknown type \(type)")
    }
  }
}

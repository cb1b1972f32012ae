import Support

/// Reads the values of a page one after the other.
protocol ValueDecoder {
  /// Appends the next `count` values.
  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault)
}

/// PLAIN: values of a fixed width, each behind the other.
struct PlainFixedDecoder: ValueDecoder {
  let type: LeafType
  var cursor: ByteCursor

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    guard count <= cursor.left / type.width else { throw .endsEarly }
    for _ in 0..<count { values.append(try type.value(at: try cursor.take(type.width))) }
  }
}

/// PLAIN: byte arrays, each behind its length.
struct PlainBytesDecoder: ValueDecoder {
  let type: LeafType
  var cursor: ByteCursor

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    for _ in 0..<count {
      let length = Int(try cursor.integer(UInt32.self))
      values.append(try type.value(try cursor.take(length)))
    }
  }
}

/// PLAIN: booleans, eight in a byte.
struct PlainBooleanDecoder: ValueDecoder {
  let bytes: UnsafeRawBufferPointer
  var index = 0

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    guard count <= bytes.count * 8 - index else { throw .endsEarly }
    for bit in index..<(index + count) { values.append(.bool(bytes[bit >> 3] >> UInt8(bit & 7) & 1 == 1)) }
    index += count
  }
}

/// RLE: booleans as runs, and positions in a dictionary.
struct IndexDecoder: ValueDecoder {
  private var indices: HybridDecoder
  private let dictionary: [JSONValue]
  private var batch: [UInt32] = []

  init(_ indices: HybridDecoder, dictionary: [JSONValue]) {
    self.indices = indices
    self.dictionary = dictionary
  }

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    if batch.count < count { batch = [UInt32](repeating: 0, count: count) }
    try Batch.fill(&batch, count, from: &indices)
    for index in batch.prefix(count) {
      guard Int(index) < dictionary.count else {
        throw DataFault("entry \(index) of a dictionary with \(dictionary.count)")
      }
      values.append(dictionary[Int(index)])
    }
  }
}

/// DELTA_BINARY_PACKED.
struct DeltaIntegerDecoder: ValueDecoder {
  let type: LeafType
  var integers: DeltaDecoder

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    if type.physical == .int32 {
      for _ in 0..<count { values.append(try type.value(Int64(Int32(truncatingIfNeeded: try integers.next())))) }
    } else {
      for _ in 0..<count { values.append(try type.value(try integers.next())) }
    }
  }
}

/// DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
struct DeltaLengthDecoder: ValueDecoder {
  let type: LeafType
  private var lengths: DeltaDecoder
  private var cursor: ByteCursor

  init(_ bytes: UnsafeRawBufferPointer, type: LeafType) throws(DataFault) {
    self.type = type
    lengths = try DeltaDecoder(bytes)
    cursor = ByteCursor(try lengths.rest())
  }

  mutating func next() throws(DataFault) -> UnsafeRawBufferPointer { try cursor.take(Int(try lengths.next())) }

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    for _ in 0..<count { values.append(try type.value(try next())) }
  }
}

/// DELTA_BYTE_ARRAY: how much of the value before each begins with, and what follows.
struct DeltaBytesDecoder: ValueDecoder {
  private let type: LeafType
  private var prefixes: DeltaDecoder
  private var suffixes: DeltaLengthDecoder
  private var last: [UInt8] = []
  /// What the values of the page may still take; each can be as long as all bytes before it.
  private var room = ParquetLimits.pageBytes

  init(_ bytes: UnsafeRawBufferPointer, type: LeafType) throws(DataFault) {
    self.type = type
    prefixes = try DeltaDecoder(bytes)
    suffixes = try DeltaLengthDecoder(try prefixes.rest(), type: type)
  }

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    for _ in 0..<count {
      let prefix = try prefixes.next()
      guard 0...Int64(last.count) ~= prefix else {
        throw DataFault("a value with \(prefix) bytes of the \(last.count) before it")
      }
      let suffix = try suffixes.next()
      room -= Int(prefix) + suffix.count
      if room < 0 { throw DataFault("the values of a page are longer than \(ParquetLimits.pageBytes) bytes") }
      last.removeLast(last.count - Int(prefix))
      last += suffix
      values.append(
        try last.withUnsafeBytes { bytes in Result { () throws(DataFault) in try type.value(bytes) } }.get())
    }
  }
}

/// BYTE_STREAM_SPLIT: the first bytes of all values, then the second ones, and so on.
struct SplitStreamDecoder: ValueDecoder {
  private let type: LeafType
  private let bytes: UnsafeRawBufferPointer
  private let count: Int
  private var index = 0
  private var value: [UInt8]

  init(_ bytes: UnsafeRawBufferPointer, type: LeafType) throws(DataFault) {
    self.type = type
    self.bytes = bytes
    count = bytes.count / type.width
    value = [UInt8](repeating: 0, count: type.width)
    if bytes.count % type.width != 0 { throw DataFault("\(bytes.count) bytes for values of \(type.width)") }
  }

  mutating func decode(_ count: Int, into values: inout [JSONValue]) throws(DataFault) {
    guard count <= self.count - index else { throw .endsEarly }
    for _ in 0..<count {
      for position in value.indices { value[position] = bytes[position * self.count + index] }
      values.append(
        try value.withUnsafeBytes { bytes in Result { () throws(DataFault) in try type.value(at: bytes) } }.get())
      index += 1
    }
  }
}

enum Batch {
  /// Reads `count` values into the beginning of an array, which has room for them.
  static func fill(_ batch: inout [UInt32], _ count: Int, from decoder: inout HybridDecoder) throws(DataFault) {
    try batch.withUnsafeMutableBufferPointer { buffer in
      Result { () throws(DataFault) in
        try decoder.decode(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
    }.get()
  }
}

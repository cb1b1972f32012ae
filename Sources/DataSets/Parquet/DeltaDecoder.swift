/// Reads the encoding DELTA_BINARY_PACKED: each integer as the difference to the one before, packed in blocks.
///
/// Arithmetic wraps, as writers' does. Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
struct DeltaDecoder {
  /// Writers use 128 values.
  private static let maximumBlock = 1 << 16

  private var cursor: ByteCursor
  private let miniblockCount: Int
  private let valuesPerMiniblock: Int
  /// Values that were not given out yet.
  private(set) var left: Int
  private var last: Int64
  private var isFirst = true
  private var smallest: Int64 = 0
  private var widths = UnsafeRawBufferPointer(start: nil, count: 0)
  private var nextMiniblock: Int
  private var width = 0
  private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  private var index = 0

  init(_ bytes: UnsafeRawBufferPointer) throws(DataFault) {
    cursor = ByteCursor(bytes)
    let block = try cursor.count()
    miniblockCount = try cursor.count()
    guard 1...Self.maximumBlock ~= block, 1...block ~= miniblockCount, block % miniblockCount == 0,
      block / miniblockCount % 8 == 0
    else { throw DataFault("blocks of \(block) values in \(miniblockCount) parts") }
    valuesPerMiniblock = block / miniblockCount
    left = try cursor.count()
    last = try cursor.zigzag()
    nextMiniblock = miniblockCount
    index = valuesPerMiniblock
  }

  mutating func next() throws(DataFault) -> Int64 {
    guard left > 0 else { throw .endsEarly }
    if isFirst {
      isFirst = false
      left -= 1
      return last
    }
    if index == valuesPerMiniblock { try beginMiniblock() }
    let bit = index * width
    guard bit + width <= bytes.count * 8 else { throw .endsEarly }
    let delta = Int64(bitPattern: PackedBits.integer(bytes, at: bit, width: width))
    index += 1
    left -= 1
    last = last &+ smallest &+ delta
    return last
  }

  private mutating func beginMiniblock() throws(DataFault) {
    if nextMiniblock == miniblockCount {
      smallest = try cursor.zigzag()
      widths = try cursor.take(miniblockCount)
      nextMiniblock = 0
    }
    width = Int(widths[nextMiniblock])
    guard width <= 64 else { throw DataFault("differences of \(width) bits; at most 64 are possible") }
    // The last part may be cut where its values end.
    bytes = try cursor.take(min(valuesPerMiniblock / 8 * width, cursor.left))
    nextMiniblock += 1
    index = 0
  }

  /// The bytes behind the values, which are stepped over part by part.
  func rest() throws(DataFault) -> UnsafeRawBufferPointer {
    var copy = self
    var behind = max(0, copy.left - (copy.isFirst ? 1 : 0) - (valuesPerMiniblock - copy.index))
    while behind > 0 {
      try copy.beginMiniblock()
      behind -= valuesPerMiniblock
    }
    return copy.cursor.rest
  }
}

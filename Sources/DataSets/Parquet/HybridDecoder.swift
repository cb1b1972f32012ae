/// Reads the encoding RLE: runs of one value mixed with values packed bit by bit. Levels and positions in dictionaries.
///
/// Nothing is unpacked before it is needed, so that a run of two thousand million values takes no memory.
struct HybridDecoder {
  private var cursor: ByteCursor
  private let width: Int
  /// What is left of a run of one value.
  private var repeated = 0
  private var value: UInt32 = 0
  /// What is left of a packed run, its bytes, and the next value in it.
  private var packed = 0
  private var packedBytes = UnsafeRawBufferPointer(start: nil, count: 0)
  private var packedIndex = 0

  /// `width` is the bits of a value, at most 32.
  init(_ bytes: UnsafeRawBufferPointer, width: Int) throws(DataFault) {
    guard 0...32 ~= width else { throw DataFault("values of \(width) bits; at most 32 are possible") }
    cursor = ByteCursor(bytes)
    self.width = width
  }

  /// Reads the next values, as many as the target has room for.
  mutating func decode(into target: UnsafeMutableBufferPointer<UInt32>) throws(DataFault) {
    if width == 0 { return target.update(repeating: 0) }
    var done = 0
    while done < target.count {
      if repeated > 0 {
        let count = min(repeated, target.count - done)
        UnsafeMutableBufferPointer(rebasing: target[done..<(done + count)]).update(repeating: value)
        repeated -= count
        done += count
      } else if packed > 0 {
        let count = min(packed, target.count - done)
        for index in 0..<count {
          target[done + index] = UInt32(
            truncatingIfNeeded: PackedBits.integer(packedBytes, at: (packedIndex + index) * width, width: width))
        }
        packed -= count
        packedIndex += count
        done += count
      } else {
        try beginRun()
      }
    }
  }

  private mutating func beginRun() throws(DataFault) {
    let head = try cursor.count()
    if head & 1 == 0 {
      repeated = head >> 1
      value = 0
      for (position, byte) in try cursor.take((width + 7) / 8).enumerated() {
        value |= UInt32(byte) << UInt32(8 * position)
      }
    } else {
      // Groups of eight; some writers leave out the end of the last one.
      let groups = head >> 1
      let isWhole = groups <= cursor.left / width
      packedBytes = try cursor.take(isWhole ? groups * width : cursor.left)
      packed = isWhole ? groups * 8 : packedBytes.count * 8 / width
      packedIndex = 0
    }
    if repeated == 0, packed == 0 { throw DataFault("an empty run") }
  }
}

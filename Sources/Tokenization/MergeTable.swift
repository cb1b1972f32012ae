/// What byte-pair encoding needs to know: the symbol of each character, and which two symbols join, how soon, into what.
///
/// A symbol is a token identifier, or a number from `phantomBase` on for a character that has no token of its own but
/// occurs inside tokens (SentencePiece joins texts, not tokens, so such a character can still be part of one).
struct MergeTable: Sendable {
  /// (left symbol, right symbol) to (rank, joined symbol); the smallest rank joins first.
  private var pairs: PairTable
  /// Blocks of 256 code points, by the upper bits of the code point; block 0 stays empty.
  private var blockIndex = [UInt16](repeating: 0, count: 0x1100)
  private var blocks = [Int32](repeating: -1, count: 256)
  /// A Bloom filter of the characters that stand side by side in some joined symbol: a clear bit proves that no symbol
  /// reaches across, so text may be cut there and the result stays the same.
  private var neighbours = [UInt64](repeating: 0, count: 1 << 16)
  let phantomBase: Int32
  private var phantoms: [Unicode.Scalar] = []

  /// An empty table. Token identifiers must be smaller than `phantomBase`.
  init(capacity: Int, phantomBase: Int32) {
    pairs = PairTable(capacity: capacity)
    self.phantomBase = phantomBase
  }

  /// The symbol of a character, or -1.
  @inline(__always)
  func symbol(of scalar: UInt32) -> Int32 { blocks[Int(blockIndex[Int(scalar >> 8)]) << 8 | Int(scalar & 255)] }

  /// The rank and the product of two neighbours, if they join.
  @inline(__always)
  func join(_ left: Int32, _ right: Int32) -> (rank: UInt32, symbol: Int32)? {
    guard let found = pairs[UInt32(bitPattern: left), UInt32(bitPattern: right)] else { return nil }
    return (found.first, Int32(bitPattern: found.second))
  }

  /// Whether some symbol might hold these two characters side by side.
  @inline(__always)
  func mayJoin(_ left: UInt32, _ right: UInt32) -> Bool {
    let bit = Self.neighbourBit(left, right)
    return neighbours[bit >> 6] >> UInt64(bit & 63) & 1 != 0
  }

  @inline(__always)
  private static func neighbourBit(_ left: UInt32, _ right: UInt32) -> Int {
    let mixed = (UInt64(left) << 21 | UInt64(right)) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: mixed >> 42)
  }

  /// Gives a character its symbol.
  mutating func setSymbol(_ symbol: Int32, of scalar: UInt32) {
    let block = Int(scalar >> 8)
    if blockIndex[block] == 0 {
      blockIndex[block] = UInt16(blocks.count >> 8)
      blocks.append(contentsOf: repeatElement(-1, count: 256))
    }
    blocks[Int(blockIndex[block]) << 8 | Int(scalar & 255)] = symbol
  }

  /// The symbol of a character, which gets a phantom if it has none.
  mutating func symbolOrPhantom(of scalar: Unicode.Scalar) -> Int32 {
    let known = symbol(of: scalar.value)
    if known >= 0 { return known }
    let phantom = phantomBase + Int32(phantoms.count)
    phantoms.append(scalar)
    setSymbol(phantom, of: scalar.value)
    return phantom
  }

  /// The character behind a phantom; nil for every other symbol.
  func phantomScalar(of symbol: Int32) -> Unicode.Scalar? {
    symbol < phantomBase ? nil : phantoms[Int(symbol - phantomBase)]
  }

  mutating func setJoin(_ left: Int32, _ right: Int32, rank: UInt32, symbol: Int32) {
    pairs.set(
      UInt32(bitPattern: left), UInt32(bitPattern: right), first: rank, second: UInt32(bitPattern: symbol))
  }

  /// Records which characters stand side by side in the text of a joined symbol (valid UTF-8).
  mutating func addNeighbours(_ text: ArraySlice<UInt8>) {
    text.withUnsafeBufferPointer { bytes in
      var previous: UInt32?
      var offset = 0
      while offset < bytes.count {
        let (scalar, count) = decodeScalar(bytes, at: offset)
        if let previous {
          let bit = Self.neighbourBit(previous, scalar)
          neighbours[bit >> 6] |= 1 << UInt64(bit & 63)
        }
        previous = scalar
        offset += count
      }
    }
  }
}

/// The code point at an offset of valid UTF-8, and its byte count.
@inline(__always)
func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (scalar: UInt32, count: Int) {
  let lead = UInt32(bytes[offset])
  if lead < 0x80 { return (lead, 1) }
  if lead < 0xE0 { return ((lead & 0x1F) << 6 | UInt32(bytes[offset + 1]) & 0x3F, 2) }
  if lead < 0xF0 {
    return ((lead & 0x0F) << 12 | (UInt32(bytes[offset + 1]) & 0x3F) << 6 | UInt32(bytes[offset + 2]) & 0x3F, 3)
  }
  let upper = (lead & 0x07) << 18 | (UInt32(bytes[offset + 1]) & 0x3F) << 12
  return (upper | (UInt32(bytes[offset + 2]) & 0x3F) << 6 | UInt32(bytes[offset + 3]) & 0x3F, 4)
}

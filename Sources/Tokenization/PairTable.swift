/// A map from two 32-bit numbers to two others, made to be read often: open addressing, one memory access a hit.
struct PairTable: Sendable {
  private struct Entry {
    var key: UInt64
    var first: UInt32
    var second: UInt32
  }

  private static let free = UInt64.max
  private var entries: [Entry]
  private(set) var count = 0

  /// An empty table with room for about `capacity` pairs.
  init(capacity: Int = 0) {
    var size = 16
    while size < capacity * 2, size < 1 << 26 { size *= 2 }
    entries = [Entry](repeating: Entry(key: Self.free, first: 0, second: 0), count: size)
  }

  /// The value of a pair. The pair of two `UInt32.max` must not be asked for.
  @inline(__always)
  subscript(left: UInt32, right: UInt32) -> (first: UInt32, second: UInt32)? {
    let key = UInt64(left) << 32 | UInt64(right)
    let mask = entries.count - 1
    var position = Self.position(of: key, mask: mask)
    while true {
      let entry = entries[position]
      if entry.key == key { return (entry.first, entry.second) }
      if entry.key == Self.free { return nil }
      position = (position + 1) & mask
    }
  }

  /// Sets the value of a pair; the last one set counts.
  mutating func set(_ left: UInt32, _ right: UInt32, first: UInt32, second: UInt32) {
    insert(Entry(key: UInt64(left) << 32 | UInt64(right), first: first, second: second))
    if count * 2 > entries.count {
      let old = entries
      entries = [Entry](repeating: Entry(key: Self.free, first: 0, second: 0), count: old.count * 2)
      count = 0
      for entry in old where entry.key != Self.free { insert(entry) }
    }
  }

  private mutating func insert(_ entry: Entry) {
    let mask = entries.count - 1
    var position = Self.position(of: entry.key, mask: mask)
    while entries[position].key != Self.free, entries[position].key != entry.key { position = (position + 1) & mask }
    if entries[position].key == Self.free { count += 1 }
    entries[position] = entry
  }

  /// Multiplicative hashing (Knuth, TAOCP 3, 6.4); the high half of the product carries the mix.
  @inline(__always)
  private static func position(of key: UInt64, mask: Int) -> Int {
    let mixed = (key ^ key >> 32) &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: mixed >> 32) & mask
  }
}

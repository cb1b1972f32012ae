/// Joins neighbouring symbols, lowest rank first and leftmost among equals, until no two join (Sennrich et al. 2016).
///
/// Short words are scanned; long ones keep a heap of candidates over a linked list, O(n log n) whatever the text.
struct SymbolMerger {
  /// The symbols of the word; after `merge()` the joined ones.
  var symbols: [Int32] = []
  /// Rank of joining a symbol with its right neighbour, or `never`.
  private var ranks: [UInt32] = []
  /// What that join would give.
  private var products: [Int32] = []

  private static let never = UInt32.max
  private static let scanLimit = 48

  mutating func merge(_ table: borrowing MergeTable) {
    let count = symbols.count
    if count < 2 { return }
    ranks.removeAll(keepingCapacity: true)
    products.removeAll(keepingCapacity: true)
    var anyJoin = false
    for index in 0..<count - 1 {
      if let join = table.join(symbols[index], symbols[index + 1]) {
        ranks.append(join.rank)
        products.append(join.symbol)
        anyJoin = true
      } else {
        ranks.append(Self.never)
        products.append(0)
      }
    }
    ranks.append(Self.never)
    products.append(0)
    if !anyJoin { return }
    if count <= Self.scanLimit { scan(table) } else { mergeLong(table) }
  }

  private mutating func scan(_ table: borrowing MergeTable) {
    while true {
      var best = 0
      for index in 1..<ranks.count where ranks[index] < ranks[best] { best = index }
      if ranks[best] == Self.never { return }
      symbols[best] = products[best]
      symbols.remove(at: best + 1)
      ranks.remove(at: best + 1)
      products.remove(at: best + 1)
      update(best, with: best + 1 < symbols.count ? best + 1 : -1, table)
      if best > 0 { update(best - 1, with: best, table) }
      if symbols.count == 1 { return }
    }
  }

  @inline(__always)
  private mutating func update(_ left: Int, with right: Int, _ table: borrowing MergeTable) {
    if right >= 0, let join = table.join(symbols[left], symbols[right]) {
      ranks[left] = join.rank
      products[left] = join.symbol
    } else {
      ranks[left] = Self.never
    }
  }

  private mutating func mergeLong(_ table: borrowing MergeTable) {
    let count = symbols.count
    var previous = [Int32](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { buffer[index] = Int32(truncatingIfNeeded: index - 1) }
      initialized = count
    }
    var next = [Int32](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { buffer[index] = index + 1 < count ? Int32(truncatingIfNeeded: index + 1) : -1 }
      initialized = count
    }
    var heap = CandidateHeap()
    for index in 0..<count where ranks[index] != Self.never { heap.append(rank: ranks[index], position: index) }
    heap.order()
    while let (rank, left) = heap.removeFirst() {
      if ranks[left] != rank { continue }  // the pair that asked for this is gone
      let right = Int(next[left])
      symbols[left] = products[left]
      symbols[right] = -1
      ranks[right] = Self.never
      let after = next[right]
      next[left] = after
      if after >= 0 { previous[Int(after)] = Int32(truncatingIfNeeded: left) }
      update(left, with: Int(after), table)
      if ranks[left] != Self.never { heap.insert(rank: ranks[left], position: left) }
      let before = Int(previous[left])
      if before >= 0 {
        update(before, with: left, table)
        if ranks[before] != Self.never { heap.insert(rank: ranks[before], position: before) }
      }
    }
    symbols.removeAll { $0 < 0 }
  }
}

/// A binary heap of (rank, position), smallest first.
private struct CandidateHeap {
  private var keys: [UInt64] = []

  mutating func append(rank: UInt32, position: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(truncatingIfNeeded: position))
  }

  /// Makes a heap of what was appended.
  mutating func order() {
    for index in stride(from: keys.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  mutating func insert(rank: UInt32, position: Int) {
    append(rank: rank, position: position)
    var child = keys.count - 1
    let key = keys[child]
    while child > 0 {
      let parent = (child - 1) / 2
      if keys[parent] <= key { break }
      keys[child] = keys[parent]
      child = parent
    }
    keys[child] = key
  }

  mutating func removeFirst() -> (rank: UInt32, position: Int)? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      sink(0)
    }
    return (UInt32(truncatingIfNeeded: first >> 32), Int(first & 0xFFFF_FFFF))
  }

  private mutating func sink(_ start: Int) {
    let key = keys[start]
    var parent = start
    while true {
      var child = parent * 2 + 1
      if child >= keys.count { break }
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      if keys[child] >= key { break }
      keys[parent] = keys[child]
      parent = child
    }
    keys[parent] = key
  }
}

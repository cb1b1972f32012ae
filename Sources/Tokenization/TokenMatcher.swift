/// Finds given texts inside a text: leftmost first, and of those that start together the longest.
///
/// This is how added tokens (`<start_of_turn>`) are cut out before the model sees what lies between them.
struct TokenMatcher: Sendable {
  /// Children by (node, byte). Node 0 is the root.
  private var edges = PairTable()
  /// The identifier that ends at a node, or -1.
  private var ends: [Int32] = [-1]
  /// Whether any text begins with a byte: most bytes are settled here.
  private var begins = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { ends.count == 1 }

  /// Adds a text, which must not be empty.
  mutating func add(_ bytes: some Collection<UInt8>, identifier: Int32) {
    guard let first = bytes.first else { return }
    begins[Int(first)] = true
    var node: UInt32 = 0
    for byte in bytes {
      if let child = edges[node, UInt32(byte)] {
        node = child.first
      } else {
        let child = UInt32(ends.count)
        ends.append(-1)
        edges.set(node, UInt32(byte), first: child, second: 0)
        node = child
      }
    }
    ends[Int(node)] = identifier
  }

  /// The longest text that starts at an offset.
  @inline(__always)
  func match(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (identifier: Int32, count: Int)? {
    begins[Int(bytes[offset])] ? longest(bytes, at: offset) : nil
  }

  private func longest(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (Int32, Int)? {
    var node: UInt32 = 0
    var best: (Int32, Int)?
    var position = offset
    while position < bytes.count, let child = edges[node, UInt32(bytes[position])] {
      node = child.first
      position += 1
      if ends[Int(node)] >= 0 { best = (ends[Int(node)], position - offset) }
    }
    return best
  }

  /// Walks a text from match to match: `gap` gets what lies between (never empty), `found` each match.
  func split(_ bytes: UnsafeBufferPointer<UInt8>, gap: (Range<Int>) -> Void, found: (Int32) -> Void) {
    var start = 0
    var offset = isEmpty ? bytes.count : 0
    while offset < bytes.count {
      guard let match = match(bytes, at: offset) else {
        offset += 1
        continue
      }
      if start < offset { gap(start..<offset) }
      found(match.identifier)
      offset += match.count
      start = offset
    }
    if start < bytes.count { gap(start..<bytes.count) }
  }
}

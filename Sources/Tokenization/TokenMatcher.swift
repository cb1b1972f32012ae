/// Finds given texts inside a text: leftmost first, and of those that start together the longest.
///
/// This is how added tokens (`<start_of_turn>`) are cut out before the model sees what lies between them.
struct TokenMatcher: Sendable {
  /// A place reached by the bytes read so far. Most have one way on, which is settled without a look into the table.
  private struct Node {
    /// The identifier that ends here, or -1.
    var end: Int32 = -1
    /// The node that `byte` leads to, `none`, or `several`.
    var next = Node.none
    var byte: UInt8 = 0

    static let none = UInt32.max
    static let several = UInt32.max - 1
  }

  /// Node 0 is the root.
  private var nodes = [Node()]
  /// Children by (node, byte), of every node.
  private var edges = PairTable()
  /// Whether any text begins with a byte: most bytes are settled here.
  private var begins = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { nodes.count == 1 }

  /// Adds a text, which must not be empty.
  mutating func add(_ bytes: some Collection<UInt8>, identifier: Int32) {
    guard let first = bytes.first else { return }
    begins[Int(first)] = true
    var node: UInt32 = 0
    for byte in bytes {
      if let child = edges[node, UInt32(byte)] {
        node = child.first
      } else {
        let child = UInt32(nodes.count)
        nodes.append(Node())
        edges.set(node, UInt32(byte), first: child, second: 0)
        let isFirst = nodes[Int(node)].next == Node.none
        nodes[Int(node)].next = isFirst ? child : Node.several
        nodes[Int(node)].byte = byte
        node = child
      }
    }
    nodes[Int(node)].end = identifier
  }

  /// The longest text that starts at an offset.
  @inline(__always)
  func match(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (identifier: Int32, count: Int)? {
    begins[Int(bytes[offset])] ? longest(bytes, at: offset) : nil
  }

  private func longest(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (Int32, Int)? {
    nodes.withUnsafeBufferPointer { nodes in
      var node: UInt32 = 0
      var best: (Int32, Int)?
      var position = offset
      while position < bytes.count {
        let byte = bytes[position]
        let place = nodes[Int(node)]
        if place.next < Node.several {
          if place.byte != byte { break }
          node = place.next
        } else {
          guard place.next == Node.several, let child = edges[node, UInt32(byte)] else { break }
          node = child.first
        }
        position += 1
        let end = nodes[Int(node)].end
        if end >= 0 { best = (end, position - offset) }
      }
      return best
    }
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

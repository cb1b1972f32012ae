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

  /// What a token does with the text around it.
  struct Rule: Sendable, Equatable {
    /// Whether it is no token inside a word.
    var isSingleWord = false
    /// Whether white space before it belongs to it, and behind it.
    var stripsLeft = false
    var stripsRight = false
  }

  /// Those of the few tokens that have one.
  private var rules: [Int32: Rule] = [:]
  /// Node 0 is the root.
  private var nodes = [Node()]
  /// Children by (node, byte), of every node.
  private var edges = PairTable()
  /// Whether any text begins with a byte: most bytes are settled here.
  private var begins = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { nodes.count == 1 }

  var hasRules: Bool { !rules.isEmpty }

  /// Adds a text, which must not be empty.
  mutating func add(_ bytes: some Collection<UInt8>, identifier: Int32, rule: Rule = Rule()) {
    guard let first = bytes.first else { return }
    if rule != Rule() { rules[identifier] = rule }
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
      let rule = rules.isEmpty ? nil : rules[match.identifier]
      var place = offset..<offset + match.count
      offset = place.upperBound
      if let rule {
        if rule.isSingleWord, Self.isInsideWord(bytes, place) { continue }
        place = Self.stripped(bytes, place, rule, after: start)
      }
      if start < place.lowerBound { gap(start..<place.lowerBound) }
      found(match.identifier)
      offset = place.upperBound
      start = offset
    }
    if start < bytes.count { gap(start..<bytes.count) }
  }

  /// Whether a character of a word stands before or behind a place: letters, marks, digits and what joins them, the `\w` of
  /// the regular expressions that `tokenizers` uses.
  private static func isInsideWord(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Range<Int>) -> Bool {
    func isWord(_ scalar: Unicode.Scalar) -> Bool {
      let properties = scalar.properties
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
      default: return properties.isAlphabetic || properties.isJoinControl
      }
    }
    if let before = scalar(bytes, endingAt: place.lowerBound), isWord(before.scalar) { return true }
    if let behind = scalar(bytes, at: place.upperBound), isWord(behind.scalar) { return true }
    return false
  }

  /// A place with the white space around it that belongs to its token; `start` is the end of the match before it.
  private static func stripped(
    _ bytes: UnsafeBufferPointer<UInt8>, _ place: Range<Int>, _ rule: Rule, after start: Int
  ) -> Range<Int> {
    var (lower, upper) = (place.lowerBound, place.upperBound)
    while rule.stripsLeft, lower > start, let (scalar, count) = scalar(bytes, endingAt: lower),
      scalar.properties.isWhitespace
    {
      lower -= count
    }
    while rule.stripsRight, let (scalar, count) = scalar(bytes, at: upper), scalar.properties.isWhitespace {
      upper += count
    }
    return lower..<upper
  }

  /// The character at an offset of valid UTF-8 and its bytes; nil at the end.
  private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int)
    -> (scalar: Unicode.Scalar, count: Int)?
  {
    guard offset < bytes.count else { return nil }
    let (value, count) = decodeScalar(bytes, at: offset)
    return Unicode.Scalar(value).map { ($0, count) }
  }

  /// The character before an offset of valid UTF-8 and its bytes; nil at the beginning.
  private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, endingAt offset: Int)
    -> (scalar: Unicode.Scalar, count: Int)?
  {
    var first = offset - 1
    while first > 0, bytes[first] & 0xC0 == 0x80 { first -= 1 }
    return first < 0 ? nil : scalar(bytes, at: first)
  }
}

/// Token sequences that share beginnings, as a compressed trie: each shared stretch stands once.
///
/// Nodes are in depth-first order, parents before children, so a walk in the order of the nodes needs the fewest
/// positions at a time.
struct PrefixTrie: Sendable {
  struct Node: Sendable {
    /// Index of the node before; nil at the front of a text.
    let parent: Int?
    /// The positions of its tokens in every sequence through it.
    let range: Range<Int>
    /// A sequence through it, which lends its tokens.
    let source: Int
    /// Sequences that end with it.
    let ending: [Int]
    fileprivate(set) var children: [Int] = []
  }

  private(set) var nodes: [Node] = []
  /// The nodes at the front of a text, in order.
  private(set) var roots: [Int] = []

  /// Tokens that all the nodes hold together: what remains to be computed of all the sequences.
  var tokenCount: Int { nodes.reduce(0) { $0 + $1.range.count } }

  /// Builds the trie of sequences, none of them empty.
  init(_ sequences: [[Int32]]) {
    let order = sequences.indices.sorted { Self.precedes(sequences[$0], sequences[$1], ties: $0 < $1) }
    // Groups of sequences (a range of the order) that share everything before `depth`.
    var groups: [(range: Range<Int>, depth: Int, parent: Int?)] = []
    func split(_ range: Range<Int>, at depth: Int, parent: Int?) {
      var found: [(Range<Int>, Int, Int?)] = []
      var start = range.lowerBound
      for place in range {
        let isLast = place + 1 == range.upperBound
        if isLast || sequences[order[place + 1]][depth] != sequences[order[place]][depth] {
          found.append((start..<place + 1, depth, parent))
          start = place + 1
        }
      }
      groups += found.reversed()
    }
    split(0..<order.count, at: 0, parent: nil)
    while let (range, depth, parent) = groups.popLast() {
      let first = sequences[order[range.lowerBound]]
      let last = sequences[order[range.upperBound - 1]]
      // The order makes the first and the last the two that share least.
      var end = depth
      while end < first.count, end < last.count, first[end] == last[end] { end += 1 }
      let ended = range.prefix { sequences[order[$0]].count == end }
      let index = nodes.count
      nodes.append(
        Node(parent: parent, range: depth..<end, source: order[range.lowerBound], ending: ended.map { order[$0] }))
      if let parent { nodes[parent].children.append(index) } else { roots.append(index) }
      let rest = range.dropFirst(ended.count)
      if !rest.isEmpty { split(rest, at: end, parent: index) }
    }
  }

  /// The sequences side by side, sharing nothing: to see what sharing saves, and that it changes no answer.
  init(unshared sequences: [[Int32]]) {
    nodes = sequences.indices.map { Node(parent: nil, range: 0..<sequences[$0].count, source: $0, ending: [$0]) }
    roots = Array(nodes.indices)
  }

  private static func precedes(_ a: [Int32], _ b: [Int32], ties: Bool) -> Bool {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        let count = min(a.count, b.count)
        var index = 0
        while index < count, a[index] == b[index] { index += 1 }
        if index < count { return a[index] < b[index] }
        return a.count == b.count ? ties : a.count < b.count
      }
    }
  }
}

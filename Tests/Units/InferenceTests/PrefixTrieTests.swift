import Testing

@testable import Inference

@Suite struct PrefixTrieTests {
  @Test("Shared beginnings stand once, in depth-first order") func small() {
    let trie = PrefixTrie([[1, 2, 3, 4], [1, 2, 5], [1, 2], [1, 2, 3, 4], [7]])
    #expect(trie.nodes.map(\.range) == [0..<2, 2..<4, 2..<3, 0..<1])
    #expect(trie.nodes.map(\.parent) == [nil, 0, 0, nil])
    #expect(trie.nodes.map(\.ending) == [[2], [0, 3], [1], [4]])
    #expect(trie.nodes.map(\.children) == [[1, 2], [], [], []])
    #expect(trie.roots == [0, 3])
    #expect(trie.tokenCount == 6)
    #expect(PrefixTrie([]).nodes.isEmpty)
  }

  @Test("The path to every sequence's end spells the sequence, and no token stands twice") func paths() {
    var state: UInt64 = 5
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    let sequences = (0..<300).map { _ in (0...next(12)).map { _ in Int32(next(3)) } }
    let trie = PrefixTrie(sequences)
    for (index, node) in trie.nodes.enumerated() {
      for sequence in node.ending {
        var spelled: [Int32] = []
        var place: Int? = index
        while let here = place {
          spelled = Array(sequences[trie.nodes[here].source][trie.nodes[here].range]) + spelled
          place = trie.nodes[here].parent
        }
        #expect(spelled == sequences[sequence])
      }
      let starts = node.children.map { sequences[trie.nodes[$0].source][trie.nodes[$0].range.lowerBound] }
      #expect(Set(starts).count == starts.count)
      #expect(node.parent.map { $0 < index } ?? true)
    }
    #expect(trie.nodes.flatMap(\.ending).sorted() == Array(sequences.indices))
    let prefixes = Set(sequences.flatMap { sequence in sequence.indices.map { Array(sequence[...$0]) } })
    #expect(trie.tokenCount == prefixes.count)
  }

  @Test("A long staircase of prefixes needs no deep recursion") func staircase() {
    let trie = PrefixTrie((1...3000).map { [Int32](repeating: 4, count: $0) })
    #expect(trie.nodes.count == 3000 && trie.tokenCount == 3000)
  }
}

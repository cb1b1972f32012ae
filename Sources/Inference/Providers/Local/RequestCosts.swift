/// What requests cost when they are put to a model together, request by request.
///
/// It follows from the requests alone: an answer that is found instead of made counts the same tokens, so that a record does
/// not depend on how often its run was interrupted.
struct RequestCosts: Sendable {
  /// Tokens that each request holds before its first answer. // [requests]
  let held: [Int]
  /// Tokens of these that go through the model for it: what it shares with a request before it in the list is that one's. // [requests]
  let computed: [Int]

  init(_ requests: [TokenRequest]) {
    var computed = [Int](repeating: 0, count: requests.count)
    held = requests.map(\.input.count)
    let trie = PrefixTrie(requests.map(\.input))
    // Children stand behind their parents: backwards, every node knows the first request through it.
    var first = trie.nodes.map { $0.ending.min() ?? Int.max }
    for (index, node) in trie.nodes.enumerated().reversed() {
      computed[first[index]] += node.range.count
      if let parent = node.parent { first[parent] = min(first[parent], first[index]) }
    }
    self.computed = computed
  }
}

/// What requests cost when they are put to a model together, request by request.
///
/// It follows from the requests alone: an answer that is found instead of made costs on paper what it did when it was made,
/// so that a record does not depend on how often its run was interrupted.
package struct RequestCosts: Sendable {
  /// Tokens that each request holds before its first answer. // [requests]
  package let asked: [Int]
  /// Tokens of these that go through the model for it: what it shares with a request before it in the list is that one's. // [requests]
  package let computed: [Int]

  package init(_ requests: [TokenRequest]) {
    var computed = [Int](repeating: 0, count: requests.count)
    var asked = computed
    for (index, request) in requests.enumerated() {
      asked[index] = request.input.count
      if case .measure(let request) = request {
        asked[index] = request.rowCount
        computed[index] = request.rowCount
      }
    }
    self.asked = asked
    let places = requests.indices.filter { !requests[$0].isMeasurement }
    let trie = PrefixTrie(places.map { requests[$0].input })
    // Children stand behind their parents: backwards, every node knows the first request through it.
    var first = trie.nodes.map { $0.ending.min() ?? Int.max }
    for (index, node) in trie.nodes.enumerated().reversed() {
      computed[places[first[index]]] += node.range.count
      if let parent = node.parent { first[parent] = min(first[parent], first[index]) }
    }
    self.computed = computed
  }
}

/// What has to go through the model for a list of requests: their common beginnings once, and where logits are needed.
struct BatchPlan: Sendable {
  let requests: [TokenRequest]
  let inputs: [[Int32]]
  let trie: PrefixTrie
  /// The first position of each node whose logits are needed, up to the node's end; nil where none are. // [nodes]
  let firstLogit: [Int?]
  /// The score requests that need logits of each node. // [nodes]
  let scoring: [[Int]]
  /// Generations that begin at each node's end. // [nodes]
  let generationCounts: [Int]
  /// Requests whose text goes through each node. // [nodes]
  let requestCounts: [Int]
  /// Tokens that the longest generation may have, its prompt among them; 0 without generations.
  let longestGeneration: Int

  init(_ requests: [TokenRequest], sharesPrefixes: Bool = true) {
    self.requests = requests
    inputs = requests.map(\.input)
    trie = sharesPrefixes ? PrefixTrie(inputs) : PrefixTrie(unshared: inputs)
    var firstLogit = [Int?](repeating: nil, count: trie.nodes.count)
    var scoring = [[Int]](repeating: [], count: trie.nodes.count)
    var generationCounts = [Int](repeating: 0, count: trie.nodes.count)
    for (leaf, node) in trie.nodes.enumerated() {
      for request in node.ending {
        let first = requests[request].firstLogit
        if case .generate = requests[request] { generationCounts[leaf] += 1 }
        // What a request needs is the end of its own text, so of any node it is the node's end.
        var place: Int? = leaf
        while let here = place, trie.nodes[here].range.upperBound > first {
          let start = max(first, trie.nodes[here].range.lowerBound)
          firstLogit[here] = min(firstLogit[here] ?? start, start)
          if case .score = requests[request] { scoring[here].append(request) }
          place = trie.nodes[here].parent
        }
      }
    }
    var longest = 0
    for case .generate(let request) in requests {
      longest = max(longest, request.prompt.count + request.mostTokens)
    }
    longestGeneration = longest
    self.firstLogit = firstLogit
    self.scoring = scoring
    self.generationCounts = generationCounts
    // Children stand behind their parents: backwards, every count is whole before it is added to its parent's.
    var requestCounts = trie.nodes.map(\.ending.count)
    for (index, node) in trie.nodes.enumerated().reversed() {
      if let parent = node.parent { requestCounts[parent] += requestCounts[index] }
    }
    self.requestCounts = requestCounts
  }
}

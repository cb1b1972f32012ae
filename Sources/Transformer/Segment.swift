/// Tokens that follow what a cache holds, as one part of a forward pass over several sequences.
package struct Segment {
  package let cache: KeyValueCache
  package let tokens: [Int32]
  /// How many of the last tokens' logits are asked for.
  package let logitCount: Int

  package init(cache: KeyValueCache, tokens: [Int32], logitCount: Int) {
    self.cache = cache
    self.tokens = tokens
    self.logitCount = logitCount
  }
}

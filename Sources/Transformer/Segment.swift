/// Tokens that follow what a cache holds, as one part of a forward pass over several sequences.
public struct Segment {
  public let cache: KeyValueCache
  public let tokens: [Int32]
  /// How many of the last tokens' logits are asked for.
  public let logitCount: Int

  public init(cache: KeyValueCache, tokens: [Int32], logitCount: Int) {
    self.cache = cache
    self.tokens = tokens
    self.logitCount = logitCount
  }
}

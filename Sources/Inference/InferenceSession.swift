import Support
import Transformer

/// Runs requests on a model one after another, keeping the keys and values of the last one: what a request shares with
/// its predecessor from the first token on (few-shot examples, a question under several choices) is not computed again.
///
/// A session belongs to one thread at a time; open several on one model to work side by side.
package final class InferenceSession {
  package let model: Model
  private let cache: KeyValueCache
  /// The tokens whose keys and values the cache holds.
  private var cachedTokens: [Int32] = []
  /// The logits of the last forward pass over `cachedTokens`, for a request that asks for the same again.
  private var cachedLogits: Logits?
  private var cachedLogitCount = 0

  /// Tokens that requests held, and those of them that were computed.
  package private(set) var tokensAsked = 0
  package private(set) var tokensComputed = 0

  package init(model: Model) throws(BenchmarkError) {
    self.model = model
    cache = try model.language.makeCache(capacity: model.contextLength)
  }

  /// Logits of the last `logitCount` positions of `tokens`. // [logitCount, vocabularySize]
  func logits(of tokens: [Int32], logitCount: Int) throws(BenchmarkError) -> Logits {
    tokensAsked += tokens.count
    if let cachedLogits, cachedLogitCount == logitCount, tokens == cachedTokens { return cachedLogits }
    let shared = zip(tokens, cachedTokens).prefix { $0 == $1 }.count
    let kept = min(shared, tokens.count - logitCount)
    forget(after: kept)
    let logits = try model.language.forward(Array(tokens[kept...]), cache: cache, logitCount: logitCount)
    tokensComputed += tokens.count - kept
    cachedTokens = tokens
    cachedLogits = logits
    cachedLogitCount = logitCount
    return logits
  }

  /// Logits after one more token behind the last request's. // [1, vocabularySize]
  func next(_ token: Int32) throws(BenchmarkError) -> Logits {
    cachedLogits = nil
    let logits = try model.language.forward([token], cache: cache, logitCount: 1)
    tokensAsked += 1
    tokensComputed += 1
    cachedTokens.append(token)
    cachedLogits = logits
    cachedLogitCount = 1
    return logits
  }

  /// Keeps the first `count` tokens; an error later on then finds the cache in a state that is true.
  private func forget(after count: Int) {
    cache.truncate(to: count)
    cachedTokens.removeSubrange(count...)
    cachedLogits = nil
    cachedLogitCount = 0
  }
}

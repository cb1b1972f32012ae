import Evaluation

/// Follows a generation token by token: whether it thinks, and how many tokens that has taken.
///
/// A marker that is one token of the vocabulary is known by its number; one that is spelt in several by its text, also
/// where a token holds more than the marker's end.
package struct ThoughtTracker: Sendable {
  /// What a token was.
  package enum Part: Sendable, Equatable {
    case thought
    case answer
    /// The token, or the last of several, that opens a thought.
    case opening
    /// The token, or the last of several, that closes a thought.
    case closing
  }

  private struct Marker: Sendable {
    let token: Int32?
    let bytes: [UInt8]
  }

  /// Whether the next token belongs to a thought.
  package private(set) var isInThought: Bool
  /// Tokens within thoughts so far, without markers that are one token. A label such as Gemma's "thought" counts.
  package private(set) var thoughtTokens = 0
  private let opening: Marker
  private let closing: Marker
  private let tokenizer: Tokenizer
  /// The last bytes of the text, as many as a marker may have.
  private var tail: [UInt8] = []
  private let tailLength: Int

  /// A generation that begins in a thought where the prompt has opened one.
  package init(_ markers: ThoughtMarkers, tokenizer: Tokenizer, startsInThought: Bool = false) {
    opening = Marker(token: tokenizer.token(of: markers.opening), bytes: Array(markers.opening.utf8))
    closing = Marker(token: tokenizer.token(of: markers.closing), bytes: Array(markers.closing.utf8))
    self.tokenizer = tokenizer
    isInThought = startsInThought
    let spelt = [opening, closing].filter { $0.token == nil }
    tailLength = spelt.map(\.bytes.count).max() ?? 0
  }

  /// Takes the next token and says what it was.
  package mutating func take(_ token: Int32) -> Part {
    var shown: [UInt8] = []
    if tailLength > 0 {
      shown = tokenizer.bytes(of: token)
      tail += shown
    }
    defer { if tail.count > tailLength { tail.removeFirst(tail.count - tailLength) } }
    if ends(isInThought ? closing : opening, token, shown.count) {
      isInThought.toggle()
      tail.removeAll()
      return isInThought ? .opening : .closing
    }
    if isInThought { thoughtTokens += 1 }
    return isInThought ? .thought : .answer
  }

  /// Whether a token ends a marker: is it, or holds the end of its text.
  private func ends(_ marker: Marker, _ token: Int32, _ newBytes: Int) -> Bool {
    if let known = marker.token { return token == known }
    let count = marker.bytes.count
    if tail.count < count || newBytes == 0 { return false }
    // The marker may end at any byte of the token.
    let first = max(0, tail.count - newBytes + 1 - count)
    guard first <= tail.count - count else { return false }
    return (first...tail.count - count).contains { tail[$0..<$0 + count].elementsEqual(marker.bytes) }
  }
}

import Evaluation
import Support

/// A generation taken apart: what the model thought, and what it answered.
package struct ThoughtSplit: Sendable, Equatable {
  /// The thoughts in their order, without markers, label and white space at their ends.
  package let thoughts: [String]
  /// The rest; behind a thought without the line breaks that part it from the answer.
  package let answer: String
  /// Tokens within thoughts.
  package let thoughtTokens: Int
  /// Tokens of the answer: neither thought nor marker.
  package let answerTokens: Int
  /// Whether the last thought was not closed: there is no answer behind it.
  package let isCut: Bool

  /// The thoughts as one text.
  package var thought: String { thoughts.filter { !$0.isEmpty }.joined(separator: "\n\n") }

  /// Takes a generation apart.
  ///
  /// `startsInThought` says that the prompt has opened the thought. A closing marker that nothing has opened closes a
  /// thought that began with the generation. Tokens that end a text count as the answer's; leave them out before.
  package init(_ tokens: [Int32], markers: ThoughtMarkers, tokenizer: Tokenizer, startsInThought: Bool = false) {
    func taken(_ startsInThought: Bool) -> (parts: [ThoughtTracker.Part], tracker: ThoughtTracker) {
      var tracker = ThoughtTracker(markers, tokenizer: tokenizer, startsInThought: startsInThought)
      return (tokens.map { tracker.take($0) }, tracker)
    }
    var (parts, tracker) = taken(startsInThought)
    if !startsInThought, !parts.contains(.opening) {
      let inside = taken(true)
      if inside.parts.contains(.closing) { (parts, tracker) = inside }
    }
    // Runs of one kind between markers.
    var runs: [(isThought: Bool, tokens: [Int32])] = []
    var isThought = startsInThought || parts.first { $0 == .opening || $0 == .closing } == .closing
    var run: [Int32] = []
    for (token, part) in zip(tokens, parts) {
      // The tokens that spell a marker stay in the text of their run; its text is cut below.
      run.append(token)
      if part == .opening || part == .closing {
        runs.append((isThought, run))
        (run, isThought) = ([], !isThought)
      }
    }
    runs.append((isThought, run))
    self.init(runs, parts, markers, tokenizer, isCut: tracker.isInThought)
  }

  private init(
    _ runs: [(isThought: Bool, tokens: [Int32])], _ parts: [ThoughtTracker.Part], _ markers: ThoughtMarkers,
    _ tokenizer: Tokenizer, isCut: Bool
  ) {
    var thoughts: [String] = []
    var answer = ""
    var (thoughtTokens, answerTokens) = (0, 0)
    /// What a token that spells the end of a marker holds beyond it; it belongs to the next run.
    var rest = ""
    for (index, run) in runs.enumerated() {
      let isLast = index == runs.count - 1
      let marker = run.isThought ? markers.closing : markers.opening
      let isOneToken = tokenizer.token(of: marker) != nil
      var own = run.tokens[...]
      if !isLast, isOneToken { own = own.dropLast() }
      var text = rest + tokenizer.decode(Array(own))
      rest = ""
      if !isLast, !isOneToken {
        let pieces = ByteText.split(text, by: marker)
        rest = pieces.dropFirst().joined(separator: marker)
        text = pieces[0]
        own = own.dropLast(Self.markerTokens(at: own, marker, tokenizer))
      }
      if run.isThought {
        if !markers.label.isEmpty, text.utf8.starts(with: markers.label.utf8) {
          text = String(decoding: text.utf8.dropFirst(markers.label.utf8.count), as: UTF8.self)
        }
        thoughts.append(PythonText.stripped(text))
        thoughtTokens += own.count
      } else {
        if index > 0 { text = String(decoding: text.utf8.drop { $0 == 0x0A }, as: UTF8.self) }
        answer += text
        answerTokens += own.count
      }
    }
    self.thoughts = thoughts
    self.answer = answer
    self.thoughtTokens = thoughtTokens
    self.answerTokens = answerTokens
    self.isCut = isCut
  }

  /// How many tokens at the end of a run spell its marker.
  private static func markerTokens(at run: ArraySlice<Int32>, _ marker: String, _ tokenizer: Tokenizer) -> Int {
    var count = 0
    var bytes: [UInt8] = []
    for token in run.reversed() {
      count += 1
      bytes = tokenizer.bytes(of: token) + bytes
      if ByteText.contains(String(decoding: bytes, as: UTF8.self), marker) { return count }
    }
    return count
  }
}

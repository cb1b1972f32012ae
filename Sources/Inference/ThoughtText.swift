import Evaluation
import Support
import Tokenization

/// What a text is to its reader.
package enum TextPart: Sendable, Equatable {
  case thought
  case answer
  /// What opens or closes a thought; it has no text.
  case marker
}

/// Thoughts and answer of a generation as they grow, token by token: `ThoughtSplit` for a text that is not yet whole.
///
/// A marker that is spelt in several tokens is known by its text: bytes that may begin one are held back until it is clear.
struct ThoughtText {
  private let thinking: ThinkingTokens
  private let stops: [String]
  private var tracker: ThoughtTracker
  /// The bytes of the markers that are spelt in several tokens; empty of one that is a token.
  private let opening: [UInt8]
  private let closing: [UInt8]
  private let label: [UInt8]

  private var thoughts: [StoppedText] = []
  private var answer: StoppedText
  /// Tokens of thoughts and answer, without markers and without what is held back.
  private(set) var thoughtTokens = 0
  private(set) var answerTokens = 0
  /// Bytes that may begin a marker, and the lengths of the tokens that they are of.
  private var held: [UInt8] = []
  private var heldLengths: [Int] = []
  /// What may be the beginning of a thought's label; nil once that is clear.
  private var head: [UInt8]?
  /// Whether line breaks are dropped: they part an answer from the thought before.
  private var skipsLineBreaks = false
  /// Tokens that are still to come of a closing by force.
  private var forced: ArraySlice<Int32> = []
  private var wasForced = false

  init(_ thinking: ThinkingTokens, stops: [String], tokenizer: Tokenizer) {
    self.thinking = thinking
    self.stops = stops
    let markers = thinking.markers
    tracker = ThoughtTracker(markers, tokenizer: tokenizer, startsInThought: thinking.startsInThought)
    func spelt(_ marker: String) -> [UInt8] { tokenizer.token(of: marker) == nil ? Array(marker.utf8) : [] }
    opening = spelt(markers.opening)
    closing = spelt(markers.closing)
    label = Array(markers.label.utf8)
    answer = StoppedText(stops: stops)
    if thinking.startsInThought { beginThought() }
  }

  var isStopped: Bool { answer.isStopped }

  /// The answer, cut before the first stop.
  var text: String { answer.text }

  /// What was thought; nil where no thought was opened.
  var thought: Thought? {
    if thoughts.isEmpty { return nil }
    let texts = thoughts.map { PythonText.stripped($0.text) }.filter { !$0.isEmpty }
    return Thought(
      text: texts.joined(separator: "\n\n"), tokens: thoughtTokens,
      end: tracker.isInThought ? .cut : wasForced ? .forced : .closed)
  }

  /// Whether the answer has so many tokens. Those that may begin a thought count once there is an answer before them.
  func hasAnswer(of count: Int) -> Bool {
    let held = tracker.isInThought || answerTokens == 0 ? 0 : heldLengths.count
    return answerTokens + held >= count
  }

  /// The token to be taken in place of the one that the model would choose: of a closing by force, once the budget is
  /// spent. Nil: the model's own. What is forced follows from the tokens before alone.
  mutating func forcedToken(insteadOf chosen: Int32) -> Int32? {
    if forced.isEmpty {
      guard let budget = thinking.budget, tracker.isInThought, thoughtTokens >= budget, chosen != thinking.closingToken
      else { return nil }
      wasForced = true
      // Of a thought that the prompt has opened, the prompt has the label.
      let isUnbegun = head?.isEmpty == true && !(thinking.startsInThought && thoughts.count == 1)
      forced = (isUnbegun ? thinking.closingAtOnce : thinking.closing)[...]
    }
    return forced.popFirst()
  }

  /// Takes the next token, which adds `bytes`, and gives each part that it adds to with the text that has become whole.
  mutating func take(_ token: Int32, _ bytes: [UInt8], _ give: (TextPart, String) -> Void) {
    let isThought = tracker.isInThought
    let marker = isThought ? closing : opening
    let part = tracker.take(token)
    if part == .answer, thoughts.isEmpty, token == thinking.closingToken {
      if !heldLengths.isEmpty { release(held.count, isThought: false, give) }
      answerWasThought()
      give(.marker, "")
    } else if part == .thought || part == .answer {
      if marker.isEmpty {
        count(1, isThought)
        give(isThought ? .thought : .answer, add(bytes[...], isThought))
      } else {
        held += bytes
        heldLengths.append(bytes.count)
        release(held.count - heldBack(marker), isThought: isThought, give)
      }
    } else {
      held += bytes
      heldLengths.append(bytes.count)
      var rest: ArraySlice<UInt8> = []
      if let start = Self.find(marker, in: held) {
        rest = held[(start + marker.count)...]
        if start > 0 { release(start, isThought: isThought, give) }
      }
      (held, heldLengths) = ([], [])
      endPart(isThought)
      if part == .opening { beginThought() }
      give(.marker, "")
      if !rest.isEmpty { give(isThought ? .answer : .thought, add(rest, !isThought)) }
    }
  }

  /// Ends the generation: what is held back begins no marker.
  mutating func finish(_ give: (TextPart, String) -> Void) {
    let isThought = tracker.isInThought
    if !heldLengths.isEmpty { release(held.count, isThought: isThought, give) }
    if isThought, let head, !head.isEmpty {
      self.head = nil
      give(.thought, add(head[...], true))
    }
  }

  /// Counts the token that ends the text: the answer's, unless the text ends within a thought.
  mutating func countEnd() {
    if !tracker.isInThought { answerTokens += 1 }
  }

  private mutating func count(_ tokens: Int, _ isThought: Bool) {
    if isThought { thoughtTokens += tokens } else { answerTokens += tokens }
  }

  private mutating func beginThought() {
    thoughts.append(StoppedText(stops: []))
    head = label.isEmpty ? nil : []
  }

  private mutating func endPart(_ isThought: Bool) {
    guard isThought else { return }
    if let head, !head.isEmpty { _ = thoughts[thoughts.count - 1].append(head) }
    head = nil
    skipsLineBreaks = true
  }

  /// A closing marker that nothing has opened closes a thought that began with the generation.
  private mutating func answerWasThought() {
    let bytes = Array(answer.text.utf8)
    beginThought()
    _ = add(bytes[...], true)
    endPart(true)
    answer = StoppedText(stops: stops)
    (thoughtTokens, answerTokens) = (answerTokens, 0)
  }

  /// Adds to the thought or to the answer; returns the text that has become whole.
  private mutating func add(_ bytes: ArraySlice<UInt8>, _ isThought: Bool) -> String {
    if isThought {
      var bytes = bytes
      if let begun = head {
        let whole = begun + bytes
        if whole.count < label.count, label.starts(with: whole) {
          head = whole
          return ""
        }
        head = nil
        bytes = whole.starts(with: label) ? whole[label.count...] : whole[...]
      }
      return thoughts[thoughts.count - 1].append(Array(bytes))
    }
    var bytes = bytes
    if skipsLineBreaks {
      bytes = bytes.drop { $0 == 0x0A }
      if bytes.isEmpty { return "" }
      skipsLineBreaks = false
    }
    return answer.append(Array(bytes))
  }

  /// Lets the first `count` bytes go that are held back, and counts the tokens that lie in them whole.
  private mutating func release(_ count: Int, isThought: Bool, _ give: (TextPart, String) -> Void) {
    let kept = held.count - count
    var length = heldLengths.reduce(0, +)
    var tokens = 0
    for own in heldLengths {
      length -= own
      if length < kept { break }
      tokens += 1
    }
    heldLengths.removeFirst(tokens)
    self.count(tokens, isThought)
    give(isThought ? .thought : .answer, add(held[..<count], isThought))
    held.removeFirst(count)
  }

  /// How many bytes at the end of what is held may begin a marker.
  private func heldBack(_ marker: [UInt8]) -> Int {
    (1..<marker.count).reversed().first { $0 <= held.count && held.suffix($0).elementsEqual(marker.prefix($0)) } ?? 0
  }

  private static func find(_ marker: [UInt8], in bytes: [UInt8]) -> Int? {
    if marker.isEmpty || bytes.count < marker.count { return nil }
    return (0...bytes.count - marker.count).first { bytes[$0..<$0 + marker.count].elementsEqual(marker) }
  }
}

import Support

/// How the thoughts of a generation are kept apart from its answer, and how long they may be.
package struct Thinking: Sendable, Equatable {
  package var markers: ThoughtMarkers
  /// Tokens that the model may think, at least 0; then the thought is closed by force. Nil: as many as the context leaves.
  package var budget: Int?
  /// Whether the prompt ends inside a thought that it has opened itself.
  package var startsInThought: Bool

  package init(markers: ThoughtMarkers, budget: Int? = nil, startsInThought: Bool = false) {
    self.markers = markers
    self.budget = budget
    self.startsInThought = startsInThought
  }

  /// Tokens that a thought without a budget counts for where no context length is known: an estimate, not a limit.
  package static let assumedTokens = 2048
}

extension Thinking {
  /// The value as JSON: the markers whole, so that a store does not depend on which are known.
  package var json: JSONValue {
    var object: JSONObject = ["opening": .string(markers.opening), "closing": .string(markers.closing)]
    if !markers.label.isEmpty { object["label"] = .string(markers.label) }
    if !markers.afterClosing.isEmpty { object["after_closing"] = .string(markers.afterClosing) }
    if let budget { object["budget"] = JSONValue(budget) }
    if startsInThought { object["starts_in_thought"] = true }
    return .object(object)
  }

  /// The value behind its JSON; nil if it is none.
  package init?(json value: JSONValue) {
    guard let object = value.objectValue, let opening = object["opening"]?.stringValue,
      let closing = object["closing"]?.stringValue,
      let markers = try? ThoughtMarkers(
        opening: opening, closing: closing, label: object["label"]?.stringValue ?? "",
        afterClosing: object["after_closing"]?.stringValue ?? "")
    else { return nil }
    let budget = object["budget"]?.integerValue
    if let budget, budget < 0 { return nil }
    if object["budget"] != nil, budget == nil { return nil }
    self.init(markers: markers, budget: budget, startsInThought: object["starts_in_thought"]?.boolValue ?? false)
  }
}

/// What a model thought before it answered.
package struct Thought: Sendable, Equatable {
  /// How a thought ended.
  package enum End: String, Sendable, Equatable, CaseIterable {
    /// The model closed it.
    case closed
    /// It was closed by force: its budget was spent.
    case forced
    /// The generation ended within it: there is no answer.
    case cut
  }

  /// Without markers, label and white space at its ends; several thoughts are parted by an empty line.
  package let text: String
  /// Tokens of the thoughts, markers not counted.
  package let tokens: Int
  /// Cut if the last one was; otherwise forced if any was.
  package let end: End

  package init(text: String, tokens: Int, end: End) {
    self.text = text
    self.tokens = tokens
    self.end = end
  }
}

extension Thought {
  /// The thought behind the members of a record; nil where they hold none.
  package init?(_ text: JSONValue?, tokens: JSONValue?, end: JSONValue?) {
    guard let text = text?.stringValue, let tokens = tokens?.integerValue,
      let end = end?.stringValue.flatMap(End.init(rawValue:))
    else { return nil }
    self.init(text: text, tokens: tokens, end: end)
  }
}

import Support

/// The texts between which a family of models thinks before it answers.
package struct ThoughtMarkers: Sendable, Equatable {
  package let opening: String
  package let closing: String
  /// What follows the opening and is no part of the thought: Gemma 4's channel is called "thought".
  package let label: String
  /// What follows the closing where a thought is closed by force, as the family's own answers have it.
  package let afterClosing: String

  /// Gemma 4's channel of thoughts.
  package static let gemma4 = ThoughtMarkers(known: "<|channel>", "<channel|>", label: "thought")
  /// Those of Qwen 3, DeepSeek R1 and many more.
  package static let think = ThoughtMarkers(known: "<think>", "</think>", afterClosing: "\n\n")

  /// The known ones: Gemma 4, Qwen and DeepSeek, Magistral, Seed-OSS, Command A, OpenThinker.
  package static let all = [
    gemma4, think, ThoughtMarkers(known: "[THINK]", "[/THINK]"),
    ThoughtMarkers(known: "<seed:think>", "</seed:think>"),
    ThoughtMarkers(known: "<|START_THINKING|>", "<|END_THINKING|>"),
    ThoughtMarkers(known: "<|begin_of_thought|>", "<|end_of_thought|>", afterClosing: "\n\n"),
  ]

  private init(known opening: String, _ closing: String, label: String = "", afterClosing: String = "") {
    self.opening = opening
    self.closing = closing
    self.label = label
    self.afterClosing = afterClosing
  }

  /// Markers that a user names. Errors: an empty one, two that are the same.
  package init(opening: String, closing: String, label: String = "", afterClosing: String = "")
    throws(BenchmarkError)
  {
    if opening.isEmpty || closing.isEmpty {
      throw BenchmarkError(.invalidArgument, "thought markers: a text that opens a thought and one that closes it")
    }
    if PythonText.areSame(opening, closing) {
      throw BenchmarkError(.invalidArgument, "thought markers: \"\(opening)\" cannot both open and close a thought")
    }
    self.init(known: opening, closing, label: label, afterClosing: afterClosing)
  }

  /// Whether a prompt ends inside a thought that it has opened itself, as templates of DeepSeek R1 do.
  package func isOpen(atEndOf prompt: String) -> Bool {
    let prompt = Array(PythonText.strippedAtEnd(prompt).utf8)
    func ends(with text: String) -> Bool { prompt.suffix(text.utf8.count).elementsEqual(text.utf8) }
    return ends(with: opening) || !label.isEmpty && ends(with: opening + label)
  }

  /// The text that closes a thought by force.
  package var forcedClosing: String { "\n" + closing + afterClosing }
}

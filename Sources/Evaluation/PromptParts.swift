import Support

/// A prompt in its parts, before it is one text or the messages of a chat.
///
/// The rules are those of lm-evaluation-harness 0.4.13 (`fewshot_context` and `build_qa_turn` in lm_eval/api/task.py,
/// `Message` and `multiturn_to_singleturn` in lm_eval/api/utils.py); Tests/Goldens/conversations holds the prompts to
/// those that it makes.
package struct PromptParts: Sendable, Equatable {
  /// A few-shot example: a question with its answer.
  package struct Example: Sendable, Equatable {
    package let question: String
    package let answer: String
    /// How its answer begins, empty for nothing; nil: as the model's.
    package let answerPrefix: String?
    /// Between the question and the answer; nil: as of the question that is asked.
    package let targetDelimiter: String?

    package init(question: String, answer: String, answerPrefix: String? = nil, targetDelimiter: String? = nil) {
      self.question = question
      self.answer = answer
      self.answerPrefix = answerPrefix
      self.targetDelimiter = targetDelimiter
    }
  }

  /// How the parts become messages.
  package struct Layout: Sendable, Equatable {
    /// `fewshot_as_multiturn`: each example is a turn of the user and one of the assistant, not a part of one message.
    package var isMultiturn: Bool
    /// `system_instruction`: stands before the description.
    package var systemInstruction: String?

    package init(isMultiturn: Bool = false, systemInstruction: String? = nil) {
      self.isMultiturn = isMultiturn
      self.systemInstruction = systemInstruction
    }
  }

  /// A message with what follows it where all are one text.
  package struct Turn: Sendable, Equatable {
    /// "system", "user" or "assistant".
    package let role: String
    package let text: String
    package var delimiter = ""
  }

  /// What the task is; stands before all else.
  package let description: String
  package let examples: [Example]
  /// The question, without its answer.
  package let question: String
  /// How the answer of every example and the model's begins (`gen_prefix`); nil or empty for nothing.
  package let answerPrefix: String?
  /// Between a question and its answer (`target_delimiter`).
  package let targetDelimiter: String
  /// Behind each example, and between a system instruction and the description (`fewshot_delimiter`).
  package let exampleDelimiter: String
  /// Between the question and the beginning of the model's answer.
  package let prefixDelimiter: String

  /// - Parameter prefixDelimiter: nil: the target delimiter.
  package init(
    description: String = "", examples: [Example] = [], question: String, answerPrefix: String? = nil,
    targetDelimiter: String = " ", exampleDelimiter: String = "\n\n", prefixDelimiter: String? = nil
  ) {
    self.description = description
    self.examples = examples
    self.question = question
    self.answerPrefix = answerPrefix.flatMap { $0.isEmpty ? nil : $0 }
    self.targetDelimiter = targetDelimiter
    self.exampleDelimiter = exampleDelimiter
    self.prefixDelimiter = prefixDelimiter ?? targetDelimiter
  }

  /// The parts as turns: system, examples, question, and the beginning of the answer where there is one.
  private func turns(_ systemInstruction: String?) -> [Turn] {
    var turns: [Turn] = []
    let system = Self.join(systemInstruction ?? "", description, by: exampleDelimiter)
    if !system.isEmpty { turns.append(Turn(role: "system", text: system)) }
    for example in examples {
      let prefix = example.answerPrefix ?? answerPrefix ?? ""
      let delimiter = example.targetDelimiter ?? targetDelimiter
      let isApart = prefix.isEmpty ? !example.answer.isEmpty : Self.areApart(example.question, prefix)
      turns.append(Turn(role: "user", text: example.question, delimiter: isApart ? delimiter : ""))
      // An example without an answer ends with its question.
      if !example.answer.isEmpty {
        turns.append(
          Turn(role: "assistant", text: Self.join(prefix, example.answer, by: " "), delimiter: exampleDelimiter))
      } else if !prefix.isEmpty {
        turns.append(Turn(role: "assistant", text: prefix))
      }
    }
    let isApart = answerPrefix.map { !question.isEmpty && Self.areApart(question, $0) } ?? false
    turns.append(Turn(role: "user", text: question, delimiter: isApart ? prefixDelimiter : ""))
    if let answerPrefix { turns.append(Turn(role: "assistant", text: answerPrefix)) }
    return turns
  }

  /// The whole context as one text. The system instruction stands before the description here too.
  package func text(systemInstruction: String? = nil) -> String {
    turns(systemInstruction).map { $0.text + $0.delimiter }.joined()
  }

  /// The messages of a chat. The last is the assistant's where the answer has a beginning: a template then continues it
  /// (`continuesAnswer`) instead of opening a turn.
  package func messages(_ layout: Layout = Layout()) -> [Turn] {
    let turns = turns(layout.systemInstruction)
    if layout.isMultiturn { return turns.map { Turn(role: $0.role, text: $0.text) } }
    var rest = turns[...]
    var messages: [Turn] = []
    if let system = rest.first, system.role == "system" {
      messages.append(Turn(role: "system", text: system.text))
      rest = rest.dropFirst()
    }
    let beginning = continuesAnswer ? rest.popLast() : nil
    guard let last = rest.popLast() else { return messages }
    messages.append(Turn(role: "user", text: rest.map { $0.text + $0.delimiter }.joined() + last.text))
    if let beginning { messages.append(Turn(role: "assistant", text: beginning.text)) }
    return messages
  }

  /// Whether the last message of a chat is the beginning of the answer.
  package var continuesAnswer: Bool { answerPrefix != nil }

  /// What stands before each choice of a log-likelihood request: in a chat nothing, since the answer begins a turn, unless
  /// an answer's beginning without white space at its end precedes it.
  package func choiceDelimiter(inChat: Bool) -> String {
    guard inChat else { return targetDelimiter }
    guard let last = answerPrefix?.unicodeScalars.last else { return "" }
    return PythonText.isSpace(last) ? "" : targetDelimiter
  }

  /// Two texts with a delimiter between them, unless one is empty or white space parts them (`maybe_delimit`).
  private static func join(_ first: String, _ second: String, by delimiter: String) -> String {
    if first.isEmpty || second.isEmpty { return first + second }
    return areApart(first, second) ? first + delimiter + second : first + second
  }

  /// Whether no white space parts two texts that are not empty.
  private static func areApart(_ first: String, _ second: String) -> Bool {
    guard let last = first.unicodeScalars.last, let next = second.unicodeScalars.first else { return false }
    return !PythonText.isSpace(last) && !PythonText.isSpace(next)
  }
}

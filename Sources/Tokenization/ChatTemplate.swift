import Support

/// How a conversation becomes the prompt of an instruction-tuned Gemma.
///
/// Rendered here rather than by an interpreter of Jinja: Gemma's templates for text differ in few ways, each a property
/// below, recognised in the checkpoint's own template (`recognise`). A template that does more is refused, never
/// replaced by another. Goldens in Tests/Goldens/chat hold the texts to those of `transformers`.
public struct ChatTemplate: Sendable, Equatable {
  /// The two families of turn markers.
  public enum Family: Sendable, Equatable {
    /// `<start_of_turn>role` ... `<end_of_turn>`: Gemma 1, 2, 3 and 3n.
    case startOfTurn(StartOfTurn)
    /// `<|turn>role` ... `<turn|>`: Gemma 4.
    case turn(Turn)
  }

  /// How the templates of Gemma 1 to 3n differ.
  public struct StartOfTurn: Sendable, Equatable {
    /// What becomes of a first message with the role "system".
    public enum SystemRule: Sendable, Equatable {
      /// The template raises "System role not supported" (Gemma 1 and 2).
      case refused
      /// Its text and an empty line stand in front of the first turn's text (Gemma 3 and 3n).
      case folded
      /// It is a turn like the others (the pocket models).
      case turn
    }

    public var systemRule: SystemRule
    /// Whether messages of the user and of others must alternate.
    public var checksRoles: Bool
    /// Whether content may be a list of parts.
    public var takesParts: Bool
  }

  /// How the revisions of Gemma 4's template differ, as far as text goes.
  public struct Turn: Sendable, Equatable {
    /// What becomes of assistant messages that follow one another.
    public enum Joining: Sendable, Equatable {
      /// Each is a turn of its own.
      case none
      /// The later ones have no opening marker.
      case opening
      /// They are lines of one turn.
      case whole
    }

    public var joining: Joining
    /// Whether a line break follows `<|think|>`.
    public var breaksAfterThink: Bool
    /// Whether the generation prompt closes an empty thought when thinking is off (26B-A4B and 31B; not E2B and E4B).
    public var closesThought: Bool
    /// Whether the system message may be a list of parts.
    public var takesSystemParts: Bool
  }

  /// What a call asks for.
  public struct Options: Sendable {
    /// Whether the text ends with the opening of the model's turn.
    public var addsGenerationPrompt: Bool
    /// Gemma 4's thinking switch.
    public var thinks: Bool

    public init(addsGenerationPrompt: Bool = true, thinks: Bool = false) {
      self.addsGenerationPrompt = addsGenerationPrompt
      self.thinks = thinks
    }
  }

  public let family: Family
  /// Whether the text begins with `<bos>`.
  public let emitsBeginning: Bool
  /// Where the template was read, or "model type gemma3" where the checkpoint has none.
  public let source: String

  public init(family: Family, emitsBeginning: Bool, source: String) {
    self.family = family
    self.emitsBeginning = emitsBeginning
    self.source = source
  }

  /// Gemma 1's and 2's template.
  public static let gemma = Family.startOfTurn(StartOfTurn(systemRule: .refused, checksRoles: true, takesParts: false))
  /// Gemma 3's and 3n's.
  public static let gemma3 = Family.startOfTurn(StartOfTurn(systemRule: .folded, checksRoles: true, takesParts: true))

  /// Gemma 4's newest; the E-series does not close a thought.
  public static func gemma4(isESeries: Bool) -> Family {
    .turn(Turn(joining: .whole, breaksAfterThink: true, closesThought: !isESeries, takesSystemParts: true))
  }

  /// The name of the template's kind: "gemma", "gemma3", "gemma4", or "turns" for Gemma's markers without its rules.
  public var name: String {
    switch family {
    case .startOfTurn(let rules):
      switch rules.systemRule {
      case .refused: "gemma"
      case .folded: "gemma3"
      case .turn: "turns"
      }
    case .turn: "gemma4"
    }
  }

  /// Whether a conversation may begin with a system message.
  public var takesSystemMessage: Bool { name != "gemma" }

  /// The marker that opens a turn and the one that ends it.
  public var turnMarkers: (opening: String, closing: String) {
    switch family {
    case .startOfTurn: ("<start_of_turn>", "<end_of_turn>")
    case .turn: ("<|turn>", "<turn|>")
    }
  }

  /// The text of a conversation, as `apply_chat_template(tokenize=False)` of `transformers` gives it.
  ///
  /// Errors are those that the template raises (roles must alternate, no system role), and what it would drop silently.
  public func render(_ messages: [ChatMessage], _ options: Options = Options()) throws(BenchmarkError) -> String {
    if messages.isEmpty { throw BenchmarkError(.invalidArgument, "messages: the conversation is empty") }
    let start = emitsBeginning ? "<bos>" : ""
    switch family {
    case .startOfTurn(let rules): return try start + rendered(messages, options, rules)
    case .turn(let rules): return try start + rendered(messages, options, rules)
    }
  }

  // MARK: Gemma 1 to 3n

  private func rendered(_ messages: [ChatMessage], _ options: Options, _ rules: StartOfTurn) throws(BenchmarkError)
    -> String
  {
    if options.thinks {
      throw BenchmarkError(.invalidArgument, "thinking: the chat template (\(source)) has no thinking switch")
    }
    var turns = messages[...]
    var prefix = ""
    if rules.systemRule != .turn, let first = messages.first, first.role == "system" {
      if rules.systemRule == .refused {
        throw BenchmarkError(
          .invalidArgument,
          "messages[0]: System role not supported by the chat template (\(source)); put its text into the first user message"
        )
      }
      turns = messages.dropFirst()
      if turns.isEmpty {
        throw BenchmarkError(.invalidArgument, "messages: a system message alone would be dropped; add a user message")
      }
      let texts = first.content.texts
      if texts.count != 1 {
        throw BenchmarkError(
          .invalidArgument, "messages[0]: the chat template takes one part of a system message, not \(texts.count)")
      }
      prefix = texts[0] + "\n\n"
    }
    var text = ""
    for (index, message) in turns.enumerated() {
      let place = "messages[\(index + messages.count - turns.count)]"
      if rules.checksRoles, (message.role == "user") != (index % 2 == 0) {
        throw BenchmarkError(
          .invalidArgument,
          "\(place): Conversation roles must alternate"
            + " user/assistant/user/assistant/..., and this is \"\(message.role)\"")
      }
      if case .parts = message.content, !rules.takesParts {
        throw BenchmarkError(
          .invalidArgument,
          "\(place): the chat template (\(source)) takes a text as content, not a list of parts")
      }
      text += "<start_of_turn>\(Self.turnRole(message.role))\n\(index == 0 ? prefix : "")"
      for part in message.content.texts { text += PythonText.stripped(part) }
      text += "<end_of_turn>\n"
    }
    return options.addsGenerationPrompt ? text + "<start_of_turn>model\n" : text
  }

  private static func turnRole(_ role: String) -> String { role == "assistant" ? "model" : role }

  // MARK: Gemma 4

  private func rendered(_ messages: [ChatMessage], _ options: Options, _ rules: Turn) throws(BenchmarkError) -> String {
    var turns = messages[...]
    var text = ""
    let system = messages.first.flatMap { ["system", "developer"].contains($0.role) ? $0 : nil }
    if options.thinks || system != nil {
      text += "<|turn>system\n"
      if options.thinks { text += rules.breaksAfterThink ? "<|think|>\n" : "<|think|>" }
      if let system {
        text += try Self.systemText(system, rules)
        turns = messages.dropFirst()
      }
      text += "<turn|>\n"
    }
    var previousRole = ""
    for index in turns.indices {
      let message = turns[index]
      if message.role == "tool" {
        throw BenchmarkError(.unsupported, "messages[\(index)]: tool messages are not supported")
      }
      let role = Self.turnRole(message.role)
      let continues = rules.joining != .none && role == "model" && previousRole == "assistant"
      if !continues { text += "<|turn>\(role)\n" }
      for part in message.content.texts {
        text += PythonText.stripped(role == "model" ? Self.withoutThoughts(part) : part)
      }
      let nextRole = index + 1 < turns.endIndex ? turns[index + 1].role : ""
      text += rules.joining == .whole && role == "model" && nextRole == "assistant" ? "\n" : "<turn|>\n"
      previousRole = message.role
    }
    if options.addsGenerationPrompt {
      text += "<|turn>model\n"
      if rules.closesThought, !options.thinks { text += "<|channel>thought\n<channel|>" }
    }
    return text
  }

  private static func systemText(_ message: ChatMessage, _ rules: Turn) throws(BenchmarkError) -> String {
    switch message.content {
    case .text(let text): return PythonText.stripped(text)
    case .parts(let parts):
      if !rules.takesSystemParts {
        throw BenchmarkError(
          .invalidArgument, "messages[0]: the chat template takes a text as the system message, not a list of parts")
      }
      return parts.reduce("") { $0 + PythonText.stripped($1) + " " }
    }
  }

  /// What the template's `strip_thinking` leaves: of each stretch up to a `<channel|>`, what stands before a `<|channel>`.
  private static func withoutThoughts(_ text: String) -> String {
    var result = ""
    for part in ByteText.split(text, by: "<channel|>") {
      result += ByteText.split(part, by: "<|channel>")[0]
    }
    return result
  }
}

import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Talk with a model in the terminal, through its chat template.",
    discussion: """
      Each line is a message; a line that ends with \\ goes on in the next. The model's thought is shown dim, and its answer \
      behind it. Sampled as the model's generation_config.json says, or greedily where there is none.

        gemmabench chat google/gemma-3-1b-it
        gemmabench chat models/gemma-4-E2B-it --thinking --thinking-budget 512 --system "Answer in one sentence."
        echo "Why is the sky blue?" | gemmabench chat models/gemma-3-1b-it --sampling greedy

      Commands: /thinking on|off|auto, /system TEXT, /clear (a new conversation), /help, /exit (or Ctrl-D). Ctrl-C ends an \
      answer; at the prompt it ends the conversation.
      """)
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Option(name: [.long, .customLong("system-instruction")], help: "System message of the conversation.")
  var system: String?
  @Option(help: "Name of one of the model's chat templates, or a file (.jinja, .json).") var chatTemplate: String?
  @Flag(
    inversion: .prefixedNo,
    help: "Turn thinking on or off, where the template knows it; default: as the template has it.")
  var thinking: Bool?
  @Option(help: "Tokens of thought, after which the thought is closed; default: what the context leaves.")
  var thinkingBudget: Int?
  @Option(
    help: "greedy, recommended, or an object such as {\"temperature\": 0.7, \"top_p\": 0.9}; default: recommended.")
  var sampling: String?
  @Option(help: "Maximum number of tokens of an answer, thoughts apart.") var maxTokens: Int?
  @Option(help: "Seed of the sampling; each answer has its own, derived from it.") var seed: Int = 1234
  @Option(help: "Worker threads; 0: one per processor.") var threads: UInt32 = 0
  @Option(help: "text (as it comes) or json (a line for each answer, with its thought, tokens and times).")
  var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    Interruption.await()
    try Library.withModel(model, threads: threads) { model in
      var conversation = Conversation(model: model, settings: settings, seed: seed, printsJSON: format == "json")
      try conversation.check()
      if Self.isTerminal {
        Console.printError("\(self.model). A line is a message; /help lists the commands, Ctrl-D ends.\n")
      }
      while let line = Self.nextMessage() {
        if line.allSatisfy(\.isWhitespace) { continue }
        if line.hasPrefix("/") {
          if try !conversation.obey(line) { break }
          continue
        }
        try conversation.ask(line)
        if Console.isBroken || Interruption.hasCome { break }
      }
    }
  }

  private var settings: JSONObject {
    var settings = JSONObject()
    if let system { settings["system_instruction"] = .string(system) }
    if let chatTemplate { settings["chat_template"] = .string(chatTemplate) }
    if let thinking { settings["thinking"] = .bool(thinking) }
    if let thinkingBudget { settings["thinking_budget"] = JSONValue(thinkingBudget) }
    if let sampling { settings["sampling"] = (try? JSONReader.parse(sampling)) ?? .string(sampling) }
    if let maxTokens { settings["max_tokens"] = JSONValue(maxTokens) }
    return settings
  }

  private static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// The next message; nil at the end of the input, or where the user ends it.
  private static func nextMessage() -> String? {
    var lines: [String] = []
    while true {
      if isTerminal { Console.printError(lines.isEmpty ? "> " : "… ") }
      Interruption.isAtPrompt = true
      let line = readLine()
      Interruption.isAtPrompt = false
      guard let line else { return lines.isEmpty ? nil : lines.joined(separator: "\n") }
      guard line.hasSuffix("\\") else { return (lines + [line]).joined(separator: "\n") }
      lines.append(String(line.dropLast()))
    }
  }
}

/// A conversation with a model: what was said, and how it is asked.
private struct Conversation {
  let model: OpaquePointer
  var settings: JSONObject
  let seed: Int
  let printsJSON: Bool
  private var messages: [JSONValue] = []
  private var answers = 0

  init(model: OpaquePointer, settings: JSONObject, seed: Int, printsJSON: Bool) {
    self.printsJSON = printsJSON
    self.model = model
    self.settings = settings
    self.seed = seed
  }

  /// Throws what a first message would, before the user has written one: no template, an option that does not fit.
  func check() throws {
    _ = try answer([["role": "user", "content": "Hello"]], settings, isTrial: true)
  }

  mutating func ask(_ text: String) throws {
    messages.append(["role": "user", "content": .string(text)])
    answers += 1
    settings["seed"] = JSONValue(seed + answers - 1)
    let info = try answer(messages, settings)
    messages.append(["role": "assistant", "content": info["text"] ?? ""])
    if printsJSON {
      Console.printExact(JSONValue.object(info).text() + "\n")
    } else {
      Console.print("\n")
      Self.note(info)
    }
    Interruption.forget()
  }

  /// What the answer took, and what of it is not whole.
  private static func note(_ info: JSONObject) {
    let made = info["tokens"]?.arrayValue?.count ?? 0
    let seconds = info["decode_seconds"]?.doubleValue ?? 0
    var facts = ["\(made) tokens"]
    if let thought = info["thought_tokens"]?.integerValue { facts.append("\(thought) of them thought") }
    if seconds > 0 { facts.append("\((Double(made) / seconds).fixed(1)) tokens/s") }
    if info["thought_end"] == "forced" { facts.append("the thought was closed: its budget was spent") }
    if info["thought_end"] == "cut" { facts.append("the thought was cut, so there is no answer") }
    if info["finish_reason"] == "length" { facts.append("cut: reached max_tokens") }
    if info["finish_reason"] == "cancelled" { facts.append("stopped") }
    if let dropped = info["truncated_tokens"]?.integerValue, dropped > 0 {
      facts.append("the conversation no longer fits the context: \(dropped) tokens were dropped (/clear begins anew)")
    }
    Console.printErrorColored(dim("[\(facts.joined(separator: "; "))]", isatty(STDERR_FILENO) == 1) + "\n")
  }

  static func dim(_ text: String, _ isShown: Bool) -> String {
    isShown && Terminal.hasColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text
  }

  /// - Parameter isTrial: ends with the first text, and shows nothing.
  private func answer(_ messages: [JSONValue], _ settings: JSONObject, isTrial: Bool = false) throws -> JSONObject {
    let writer = Unmanaged.passRetained(AnswerWriter(isTrial: isTrial, shows: !isTrial && !printsJSON))
    defer { writer.release() }
    var generation: OpaquePointer?
    let status = gb_chat(
      &generation, model, JSONValue.array(messages).text(), JSONValue.object(settings).text(),
      { text, part, writer in
        guard let text, let part, let writer else { return 0 }
        let goesOn = Unmanaged<AnswerWriter>.fromOpaque(writer).takeUnretainedValue()
          .take(String(cString: text), isThought: String(cString: part) == "thought")
        return !goesOn || Interruption.hasCome || Console.isBroken ? 1 : 0
      }, writer.toOpaque())
    try Library.check(status)
    defer { gb_generation_free(generation) }
    return try JSONReader.parse(try Library.borrowed(gb_generation_info(generation))).objectValue ?? [:]
  }

  /// Follows a command; false ends the conversation.
  mutating func obey(_ line: String) throws -> Bool {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    let rest = words.count > 1 ? words[1] : ""
    switch words[0] {
    case "/exit", "/quit", "/bye": return false
    case "/clear":
      messages = []
      Console.printError("a new conversation\n")
    case "/thinking" where ["on", "off", "auto"].contains(rest): try change("thinking", .string(rest))
    case "/system": try change("system_instruction", rest.isEmpty ? .null : .string(rest))
    default:
      Console.printError(
        "/thinking on|off|auto, /system TEXT (none: no system message), /clear, /exit; a line that ends with \\ goes on\n"
      )
    }
    return true
  }

  /// Changes a setting if the model takes it.
  private mutating func change(_ key: String, _ value: JSONValue) throws {
    let before = settings
    settings[key] = value.isNull ? nil : value
    do { try check() } catch {
      settings = before
      Console.printError("\(error)\n")
    }
  }
}

/// Prints a response as it comes: thoughts dim on standard error, the answer on standard output, so that a pipe gets the answer.
private final class AnswerWriter {
  private let isTrial: Bool
  private let shows: Bool
  private var hasThought = false

  init(isTrial: Bool, shows: Bool) {
    self.isTrial = isTrial
    self.shows = shows
  }

  /// Whether more is wanted.
  func take(_ text: String, isThought: Bool) -> Bool {
    if !shows { return !isTrial }
    if isThought {
      hasThought = true
      Console.printErrorColored(Conversation.dim(VisibleText.lines(text), isatty(STDERR_FILENO) == 1))
      return true
    }
    if hasThought {
      hasThought = false
      Console.printError("\n\n")
    }
    Console.printExact(text)
    return true
  }
}

import ArgumentParser
import CGemmaBench
import Support

/// Conversations through the library's chat template.
enum Chat {
  /// The prompt of one message of the user.
  static func prompt(_ text: String, thinking: Bool? = nil, model: OpaquePointer) throws -> String {
    let messages: JSONValue = [["role": "user", "content": .string(text)]]
    return try render(messages.text(), addsPrompt: true, thinking: thinking, model: model)
  }

  /// The text of a conversation given as JSON.
  static func render(_ messages: String, addsPrompt: Bool, thinking: Bool?, model: OpaquePointer) throws -> String {
    ProgressLine.showWarnings()
    var options = gb_chat_options()
    options.struct_size = UInt32(MemoryLayout<gb_chat_options>.size)
    options.no_generation_prompt = addsPrompt ? 0 : 1
    options.thinking = thinking.map { $0 ? GB_THINKING_ON : GB_THINKING_OFF } ?? 0
    return try Library.text { gb_apply_chat_template($0, model, messages, &options) }
  }
}

struct ChatTemplateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat-template",
    abstract: "Apply the model's chat template to a conversation and print the prompt and its token ids.",
    discussion: """
      The conversation is a JSON file: [{"role": "user", "content": "Hello"}], with the roles system, user, assistant.

      The prompt goes to standard output as it is; its number of tokens and their ids go to standard error. \
      With --format json both are in one object: {"prompt", "tokens"}.
      """)
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Argument(help: "JSON file with the messages.") var messages: String
  @Flag(inversion: .prefixedNo, help: "End with the start of the model's turn.") var generationPrompt = true
  @Flag(
    inversion: .prefixedNo, help: "Turn thinking on or off, where the template knows it (Gemma 4, Qwen 3).")
  var thinking: Bool?
  @Option(help: "text or json ({\"prompt\", \"tokens\"}).") var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    let conversation = try FileSystem.readText(messages)
    _ = try JSONReader.parse(conversation, name: messages)  // an error names the file
    try Library.withModel(model, threads: nil) { model in
      let prompt = try Chat.render(conversation, addsPrompt: generationPrompt, thinking: thinking, model: model)
      let tokens = try Library.tokens(prompt, model)
      if format == "json" {
        let result: JSONValue = ["prompt": .string(prompt), "tokens": .array(tokens.map { JSONValue(Int($0)) })]
        return Console.printExact(result.text(indented: true) + "\n")
      }
      Console.printExact(prompt + "\n")
      Console.printError("\(tokens.count) tokens: \(tokens.map { "\($0)" }.joined(separator: " "))\n")
    }
  }
}

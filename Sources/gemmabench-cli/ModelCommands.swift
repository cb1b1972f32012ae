import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

struct TasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "tasks", abstract: "List the tasks and their options.")
  @Option(help: "text or json.") var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    let catalogue = try Library.text { gb_task_catalogue($0) }
    if format == "json" { return Console.print(catalogue + "\n") }
    for entry in try JSONReader.parse(catalogue).arrayValue ?? [] {
      guard let entry = entry.objectValue else { continue }
      Console.print("\(entry["type"]?.stringValue ?? "")  \(entry["title"]?.stringValue ?? "")\n")
      for option in entry["options"]?.arrayValue ?? [] {
        guard let option = option.objectValue else { continue }
        let value = option["default"].map { $0.isNull ? "" : " (default \($0.text()))" } ?? ""
        let name = (option["name"]?.stringValue ?? "").padded(to: 18)
        Console.print("    \(name)  \(option["help"]?.stringValue ?? "")\(value)\n")
      }
    }
  }
}

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Load a model and print what it is.")
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Option(help: "json or text.") var format: String = "json"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    // Its warnings stand in what is printed.
    try Library.withModel(model, threads: nil, showsWarnings: false) { model in
      let info = try JSONReader.parse(try Library.borrowed(gb_model_info(model)))
      Console.print(format == "text" ? Lines.of(info) : info.text(indented: true) + "\n")
    }
  }
}

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Print the token ids of a text, a line each with the token's text.")
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Argument(help: "The text.") var text: String
  @Flag(inversion: .prefixedNo, help: "Begin with the beginning-of-sequence token.") var bos = true
  @Flag(help: "Put the text into the model's chat template, as a message of the user.") var chat = false
  @Option(help: "text or json (a list of {\"id\", \"text\"}).") var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    try Library.withModel(model, threads: nil) { model in
      let text = chat ? try Chat.prompt(text, model: model) : text
      var tokens: UnsafeMutablePointer<Int32>?
      var count = 0
      try Library.check(gb_tokenize(&tokens, &count, model, text, bos ? 1 : 0))
      defer { gb_tokens_free(tokens) }
      var pieces: [JSONValue] = []
      for index in 0..<count {
        var token = tokens![index]
        let piece = JSONValue.string(try Library.text { gb_detokenize($0, model, &token, 1) })
        if format == "json" {
          pieces.append(["id": JSONValue(Int(token)), "text": piece])
        } else {
          Console.print("\(String(token).leftPadded(to: 8))  \(piece.text())\n")
        }
      }
      if format == "json" { Console.print(JSONValue.array(pieces).text(indented: true) + "\n") }
    }
  }
}

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a prompt, greedily or by drawing, and print the text as it is made.")
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Argument(help: "The prompt.") var prompt: String
  @Option(help: "Tokens made at most.") var maxTokens: UInt32 = 256
  @Option(help: "0 is greedy; above it tokens are drawn, the wilder the higher.") var temperature: Double = 0
  @Option(help: "Draw from the so many most probable tokens only; 0: all.") var topK: UInt32 = 0
  @Option(help: "Draw from the most probable tokens that hold this share only; 1: all.") var topP: Double = 1
  @Option(help: "Seeds what is drawn.") var seed: UInt64 = 1234
  @Option(help: "Worker threads; 0: every processor.") var threads: UInt32 = 0
  @Flag(help: "Put the prompt into the model's chat template, as a message of the user.") var chat = false
  @Flag(help: "With --chat: turn thinking on (Gemma 4).") var thinking = false
  @Option(help: "text (as it is made) or json (at the end, with tokens and times).") var format: String = "text"

  func validate() throws {
    try checkFormat(format)
    if topP == 0 { throw ValidationError("--top-p 0: above 0, and at most 1") }
    if thinking, !chat { throw ValidationError("--thinking needs --chat") }
  }

  func run() throws {
    Interruption.await()
    try Library.withModel(model, threads: threads) { model in
      let text = chat ? try Chat.prompt(prompt, thinking: thinking, model: model) : prompt
      var options = gb_generate_options()
      options.struct_size = UInt32(MemoryLayout<gb_generate_options>.size)
      options.max_tokens = maxTokens
      options.temperature = temperature
      options.top_k = topK
      options.top_p = topP
      options.seed = seed
      if format == "json" {
        options.on_token = { _, _, _ in Interruption.hasCome || Console.isBroken ? 1 : 0 }
      } else {
        options.on_token = { _, text, _ in
          if let text { Console.printExact(String(cString: text)) }
          return Interruption.hasCome || Console.isBroken ? 1 : 0
        }
      }
      var generation: OpaquePointer?
      try Library.check(gb_generate(&generation, model, text, &options))
      defer { gb_generation_free(generation) }
      let info = try JSONReader.parse(try Library.borrowed(gb_generation_info(generation))).objectValue ?? [:]
      if format == "json" {
        return Console.print(JSONValue.object(info).text(indented: true) + "\n")
      }
      Console.print("\n")
      let made = info["tokens"]?.arrayValue?.count ?? 0
      let promptTokens = info["prompt_tokens"]?.integerValue ?? 0
      let prefill = info["prefill_seconds"]?.doubleValue ?? 0
      let decode = info["decode_seconds"]?.doubleValue ?? 0
      Console.printError(
        "\(promptTokens) tokens read in \(prefill.fixed(2)) s, \(made) made in \(decode.fixed(2)) s,"
          + " ended by \(info["finish_reason"]?.stringValue ?? "")\n")
    }
  }
}

import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Load a model and print its properties.")
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
    commandName: "tokenize", abstract: "Print the tokens of a text: each id with its text.")
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Argument(help: "The text.") var text: String
  @Flag(inversion: .prefixedNo, help: "Start with the beginning-of-sequence token.") var bos = true
  @Flag(help: "Apply the model's chat template to the text, as a user message.") var chat = false
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
    commandName: "generate", abstract: "Generate text from a prompt and print it as it comes.")
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Argument(help: "The prompt.") var prompt: String
  @Option(help: "Maximum number of tokens to generate.") var maxTokens: UInt32 = 256
  @Option(help: "Sampling temperature; 0 is greedy.") var temperature: Double = 0
  @Option(help: "Sample from the k most likely tokens; 0: all.") var topK: UInt32 = 0
  @Option(help: "Sample from the most likely tokens whose probabilities add up to p; 1: all.") var topP: Double = 1
  @Option(help: "Seed of the sampling.") var seed: UInt64 = 1234
  @Option(help: "Worker threads; 0: one per processor.") var threads: UInt32 = 0
  @Flag(help: "Apply the model's chat template to the prompt, as a user message.") var chat = false
  @Flag(
    inversion: .prefixedNo,
    help: "With --chat: turn thinking on or off, where the template knows it (Gemma 4, Qwen 3).")
  var thinking: Bool?
  @Option(help: "text (as it comes) or json (at the end, with tokens and times).") var format: String = "text"

  func validate() throws {
    try checkFormat(format)
    if maxTokens == 0 { throw ValidationError("--max-tokens 0: must be at least 1") }
    if topP == 0 { throw ValidationError("--top-p 0: must be above 0 and at most 1") }
    if thinking != nil, !chat { throw ValidationError("--thinking and --no-thinking need --chat") }
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
        "\(promptTokens) prompt tokens in \(prefill.fixed(2)) s, \(made) generated in \(decode.fixed(2)) s;"
          + " \(Self.stopReason(info["finish_reason"]?.stringValue ?? ""))\n")
    }
  }

  /// Why a generation stopped, in words.
  private static func stopReason(_ reason: String) -> String {
    switch reason {
    case "length": "stopped: reached max_tokens"
    case "end_of_text": "stopped: end of text"
    case "stop": "stopped: stop text"
    default: "stopped: \(reason)"
    }
  }
}

import Support

/// How a model is asked, whatever the task: what stands around its prompts, whether it thinks, how its texts are sampled and how
/// long they may be.
package struct ModelSettings: Sendable, Equatable {
  /// Which chat template prompts are put into.
  package enum Template: Sendable, Equatable {
    /// The model's own if it is instruction-tuned (by name, template and vocabulary), none otherwise.
    case automatic
    case none
    /// The model's own; a model without one is an error.
    case own
    /// One of several that the model brings, by its name.
    case named(String)
    /// A file of the user.
    case file(String)
  }

  package enum Thinking: String, Sendable, CaseIterable {
    /// As the template has it.
    case automatic = "auto"
    case on
    case off
  }

  package enum Sampling: Sendable, Equatable {
    case greedy
    /// As the model's generation_config.json says.
    case recommended
    case given(SamplingParameters)
  }

  package var chatTemplate = Template.automatic
  /// Whether few-shot examples are turns of the conversation, not parts of one message, where there is a chat template.
  package var isMultiturn = true
  /// Stands before a task's description, as the system message where there is a chat template.
  package var systemInstruction: String?
  package var thinking = Thinking.automatic
  /// Tokens of thought after which the thought is closed by force; nil: what the context leaves.
  package var thinkingBudget: Int?
  /// What opens and closes a thought; nil: what the template's family has.
  package var thoughtMarkers: ThoughtMarkers?
  /// Nil: as the task says.
  package var sampling: Sampling?
  /// Tokens of an answer, thoughts apart; nil: as the task says.
  package var maxTokens: Int?

  package init() {}

  /// Tokens of an answer in a chat where neither the task nor the model has been given a number: a model tuned for conversations
  /// explains before it answers.
  package static let chatMaxTokens = 1024

  /// Whether random numbers decide texts.
  package var isSampled: Bool {
    switch sampling {
    case nil, .greedy?: false
    case .recommended?: true
    case .given(let parameters)?: parameters.temperature > 0
    }
  }

  /// Options that mean something with one value of another alone, by that other: two entries that differ in thinking differ in
  /// nothing else if one of them has a budget for it.
  package static let dependents = ["thinking": ["thinking_budget", "thought_markers"]]

  /// The options, as plans, commands and calls have them.
  package static let options: [OptionSpecification] = [
    OptionSpecification(
      "chat_template", .flagOrText, default: "auto",
      help:
        "auto: the model's template if it is instruction-tuned; true: always; false: never; or the name of one of its"
        + " templates, or a file (.jinja, .json)"),
    OptionSpecification(
      "fewshot_as_multiturn", default: true,
      help: "with a chat template: whether few-shot examples are turns of the conversation, not parts of one message"),
    OptionSpecification(
      "system_instruction", help: "text before the task's description: with a chat template the system message"),
    OptionSpecification(
      "thinking", .flagOrText, default: "auto", choices: Thinking.allCases.map(\.rawValue),
      help: "whether the model thinks before it answers: on, off, or auto (as its template has it)"),
    OptionSpecification(
      "thinking_budget", .integer, range: .from(0, to: 1_000_000),
      help: "tokens of thought, after which the thought is closed; default: what the context leaves"),
    OptionSpecification(
      "thought_markers", .texts,
      help:
        "the two texts that open and close a thought (as flags: one after the other); default: those of the template"),
    OptionSpecification(
      "sampling", .any,
      help:
        "greedy, recommended (the model's generation_config.json), or an object of temperature, top_k, top_p, min_p and"
        + " repetition_penalty; default: as the task says"),
    OptionSpecification(
      "max_tokens", .integer, range: .from(1, to: 1_000_000),
      help: "maximum number of tokens of an answer, thoughts apart; default: as the task says, in a chat at least"
        + " \(chatMaxTokens) unless the task was given a number"),
  ]
}

// MARK: Reading

extension ModelSettings {
  /// Takes what an object has of the options; the rest stays as it is.
  ///
  /// Errors: another kind of value; a value outside its range; options of sampling that there are not.
  /// - Parameter path: makes the path that is meant of one that is written.
  package mutating func read(_ object: ObjectDecoder, path: (String, DocumentPlace) -> String) throws(BenchmarkError) {
    func option(_ name: String) throws(BenchmarkError) -> OptionValue? {
      guard let option = Self.options.first(where: { $0.name == name }) else {
        throw BenchmarkError(.internalError, "settings: there is no option \"\(name)\"")
      }
      return try object.value(option)
    }
    if let value = try option("chat_template") {
      chatTemplate = Template(value) { path($0, object.place["chat_template"]) }
    }
    if let value = try option("fewshot_as_multiturn")?.flag { isMultiturn = value }
    if let text = try option("system_instruction")?.text { systemInstruction = text.isEmpty ? nil : text }
    switch try option("thinking") {
    case .flag(let isOn)?: thinking = isOn ? .on : .off
    case .text(let name)?: thinking = Thinking(rawValue: name) ?? .automatic
    default: break
    }
    if let budget = try option("thinking_budget")?.integer { thinkingBudget = budget }
    if let texts = try option("thought_markers")?.texts {
      let place = object.place["thought_markers"]
      if texts.count != 2 { throw place.error("two texts were expected: one that opens a thought, one that closes it") }
      do throws(BenchmarkError) {
        thoughtMarkers = try ThoughtMarkers(opening: texts[0], closing: texts[1])
      } catch { throw place.error(error.message) }
    }
    if let value = object["sampling"] { sampling = try Sampling(value, object.place["sampling"]) }
    if let value = try option("max_tokens")?.integer { maxTokens = value }
    if thinking == .off, thinkingBudget != nil {
      throw object.place["thinking_budget"].error("has no effect with thinking off; remove one of the two")
    }
  }

  /// What differs from the defaults, by the options' names, in their order.
  package var json: JSONObject {
    var object = JSONObject()
    if chatTemplate != .automatic { object["chat_template"] = chatTemplate.json }
    if !isMultiturn { object["fewshot_as_multiturn"] = false }
    if let systemInstruction { object["system_instruction"] = .string(systemInstruction) }
    if thinking != .automatic { object["thinking"] = .string(thinking.rawValue) }
    if let thinkingBudget { object["thinking_budget"] = JSONValue(thinkingBudget) }
    if let thoughtMarkers {
      object["thought_markers"] = .array([.string(thoughtMarkers.opening), .string(thoughtMarkers.closing)])
    }
    if let sampling { object["sampling"] = sampling.json }
    if let maxTokens { object["max_tokens"] = JSONValue(maxTokens) }
    return object
  }
}

extension ModelSettings.Template {
  /// A text that ends like a file or has a slash is a file.
  init(_ value: OptionValue, path: (String) -> String) {
    switch value {
    case .flag(let isOn): self = isOn ? .own : .none
    case .text("auto"): self = .automatic
    case .text("none"): self = .none
    case .text(let text):
      let isFile = text.contains("/") || text.hasSuffix(".jinja") || text.hasSuffix(".json") || text.hasSuffix(".j2")
      self = isFile ? .file(path(text)) : .named(text)
    default: self = .automatic
    }
  }

  package var json: JSONValue {
    switch self {
    case .automatic: "auto"
    case .none: false
    case .own: true
    case .named(let name): .string(name)
    // A bare name of a file would be read as the name of a template.
    case .file(let path): .string(path)
    }
  }

  /// Whether prompts are put into a template whatever the model is.
  package var isForced: Bool {
    switch self {
    case .automatic, .none: false
    case .own, .named, .file: true
    }
  }
}

extension ModelSettings.Sampling {
  /// The options of an object; `top_k` and its like mean what they do in a task.
  private static let keys = ["temperature", "top_k", "top_p", "min_p", "repetition_penalty"]

  init(_ value: JSONValue, _ place: DocumentPlace) throws(BenchmarkError) {
    switch value {
    case "greedy": self = .greedy
    case "recommended": self = .recommended
    case .object:
      let given = try ObjectDecoder(value, place, known: Self.keys)
      func number(_ key: String, or standard: Double) throws(BenchmarkError) -> Double {
        try given.number(key) ?? standard
      }
      guard let topK = Int(exactly: try number("top_k", or: 0)) else {
        throw place["top_k"].error("a whole number was expected, not \(given["top_k"]?.text() ?? "")")
      }
      do throws(BenchmarkError) {
        self = .given(
          try SamplingParameters(
            temperature: try number("temperature", or: 1), topK: topK, topP: try number("top_p", or: 1),
            minP: try number("min_p", or: 0), repetitionPenalty: try number("repetition_penalty", or: 1), seed: 0))
      } catch { throw error.message.hasPrefix(place.name) ? error : place.error(error.message) }
    default:
      throw place.error(
        "greedy, recommended, or an object of \(Self.keys.joined(separator: ", ")) was expected, not \(value.text())")
    }
  }

  package var json: JSONValue {
    switch self {
    case .greedy: "greedy"
    case .recommended: "recommended"
    case .given(let parameters):
      .object(
        [
          "temperature": .number(parameters.temperature), "top_k": JSONValue(parameters.topK),
          "top_p": .number(parameters.topP), "min_p": .number(parameters.minP),
          "repetition_penalty": .number(parameters.repetitionPenalty),
        ])
    }
  }
}

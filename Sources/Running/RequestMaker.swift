import Evaluation
import Inference
import Plan
import Records
import Store
import Support
import Tasks
import Tokenization

/// Makes a model's requests of a task's prompts: in its chat template, with its thoughts kept apart, sampled and as long as its
/// settings say.
///
/// The rules of chats are lm-evaluation-harness's (`--apply_chat_template`, `--fewshot_as_multiturn`, `--system_instruction`);
/// see `PromptParts`. Of a task that knows no parts of its prompts, the description is the system message and the rest one message
/// of the user; a choice loses the space that would part it from the question. Where the template refuses a system message, or
/// would leave it out, a task's description is left out, which is flagged; a user's system instruction is an error then.
package struct RequestMaker: Sendable {
  /// Flag of a sample whose description the template has no place for.
  static let descriptionDropped = "description_dropped"

  let settings: ModelSettings
  /// Nil: prompts stay as the task has them.
  let template: ChatTemplate?
  /// What parts thoughts from answers; nil where the model is not known to think.
  let markers: ThoughtMarkers?
  /// What texts are sampled by; nil: as the task says.
  let sampling: SamplingParameters?
}

extension RequestMaker {
  /// - Parameters:
  ///   - seed: of what the settings sample.
  /// - Throws: a template or a recommendation that is asked for and is not there; thinking without a template or markers.
  package init(_ settings: ModelSettings, _ provider: any Provider, seed: UInt64) throws(BenchmarkError) {
    self.settings = settings
    let template = try provider.chatTemplate(settings.chatTemplate)
    self.template = template
    markers = settings.thoughtMarkers ?? template.flatMap { provider.thoughtMarkers(of: $0) }
    switch settings.sampling {
    case nil: sampling = nil
    case .greedy?: sampling = .greedy
    case .given(let parameters)?: sampling = parameters.seeded(seed)
    case .recommended?: sampling = try provider.recommendedSampling().seeded(seed)
    }
    if settings.thinking == .on || settings.thinkingBudget != nil {
      if template == nil {
        throw BenchmarkError(
          .invalidArgument, "\(provider.name): thinking needs a chat template; set chat_template to true or to a file")
      }
      if markers == nil {
        throw BenchmarkError(
          .invalidArgument,
          "\(provider.name): its chat template (\(template?.source ?? "")) opens no thoughts that are known; set thought_markers"
        )
      }
    }
    if settings.thinking != .automatic, let template, let markers, !template.hasThinkingSwitch {
      let text = try? template.render([ChatMessage(role: "user", "Hello")])
      let alwaysOpens = text.map(markers.isOpen) ?? false
      if settings.thinking == .off || !alwaysOpens {
        throw BenchmarkError(
          .invalidArgument,
          "\(provider.name): thinking cannot be turned \(settings.thinking.rawValue): its chat template (\(template.source)) has"
            + " no switch for it\(alwaysOpens ? " and always opens a thought" : ""); remove thinking, or give another template"
        )
      }
    }
  }

  /// Throws for a prompt that the settings do not fit.
  static func check(_ request: Request, _ settings: ModelSettings, of task: String) throws(BenchmarkError) {
    switch request {
    case .logLikelihood, .rollingLogLikelihood:
      if settings.thinking == .on {
        throw BenchmarkError(
          .invalidArgument,
          "\(task) scores given answers, before which a model cannot think; remove thinking, or use a task whose answers are"
            + " generated")
      }
    case .generation, .timing: break
    }
    if case .rollingLogLikelihood = request, settings.chatTemplate.isForced {
      throw BenchmarkError(
        .invalidArgument,
        "\(task) scores a whole text, which cannot be put into a chat template; leave out chat_template")
    }
  }

  /// Whether a request is put into the template: what is timed, and what is scored as a whole, only where that is asked for.
  private func isInChat(_ request: Request) -> Bool {
    if template == nil { return false }
    switch request {
    case .logLikelihood, .generation: return true
    case .timing, .rollingLogLikelihood: return settings.chatTemplate.isForced
    }
  }

  /// The request of a prompt, and the flags that the change raises.
  func request(_ prompt: Prompt) throws(BenchmarkError) -> (request: Request, flags: [String]) {
    try Self.check(prompt.request, settings, of: "sample \(prompt.sampleID)")
    var flags: [String] = []
    var request = prompt.request
    if isInChat(request) {
      (request, flags) = try chat(prompt)
    } else if let instruction = settings.systemInstruction, !request.isTimed {
      request = try request.mapContexts { (context) throws(BenchmarkError) in
        // The empty context of an answer by itself has nothing in front of it.
        if context.isEmpty, prompt.parts != nil { return context }
        return prompt.parts(of: context)?.text(systemInstruction: instruction)
          ?? PromptParts(question: context).text(systemInstruction: instruction)
      }
    }
    return (text(request, prompt), flags)
  }

  /// The request with sampling, length and thinking as the settings have them.
  private func text(_ request: Request, _ prompt: Prompt) -> Request {
    guard case .generation(var text) = request else { return request }
    if let sampling { text.sampling = sampling }
    if let maxTokens = settings.maxTokens {
      text.maxTokens = maxTokens
    } else if template != nil, !prompt.hasOwnLimit {
      text.leastTokens = text.maxTokens
      text.maxTokens = max(text.maxTokens, ModelSettings.chatMaxTokens)
    }
    text.thinking = thinking(after: text.prompt)
    return .generation(text)
  }

  // MARK: Chats

  private func chat(_ prompt: Prompt) throws(BenchmarkError) -> (request: Request, flags: [String]) {
    let layout = PromptParts.Layout(isMultiturn: settings.isMultiturn, systemInstruction: settings.systemInstruction)
    var flags: [String] = []
    let request = try prompt.request.mapContexts { (context) throws(BenchmarkError) in
      if context.isEmpty, prompt.parts != nil { return context }
      let parts = prompt.parts(of: context) ?? Self.parts(of: context, description: prompt.description)
      let (text, found) = try render(parts, layout)
      if flags.isEmpty { flags = found }
      return text
    }
    guard case .logLikelihood(let contexts, let continuations) = request else { return (request, flags) }
    let before = prompt.parts?.choiceDelimiter(inChat: false) ?? " "
    let after = prompt.parts?.choiceDelimiter(inChat: true) ?? ""
    let areDelimited = continuations.allSatisfy { $0.utf8.starts(with: before.utf8) }
    let choices =
      areDelimited
      ? continuations.map { after + String(decoding: $0.utf8.dropFirst(before.utf8.count), as: UTF8.self) }
      : continuations
    return (.logLikelihood(contexts: contexts, continuations: choices), flags)
  }

  /// The parts of a text that begins with its description.
  private static func parts(of context: String, description: String?) -> PromptParts {
    guard let description, !description.isEmpty, context.utf8.starts(with: description.utf8) else {
      return PromptParts(question: context)
    }
    return PromptParts(
      description: description,
      question: String(decoding: context.utf8.dropFirst(description.utf8.count), as: UTF8.self))
  }

  private func render(_ parts: PromptParts, _ layout: PromptParts.Layout) throws(BenchmarkError)
    -> (text: String, flags: [String])
  {
    guard let template else { return (parts.text(systemInstruction: layout.systemInstruction), []) }
    let messages = parts.messages(layout).map { ChatMessage(role: $0.role, $0.text) }
    let options = ChatTemplate.Options(thinks: thinks(template), continuesLastMessage: parts.continuesAnswer)
    do throws(BenchmarkError) {
      return (try template.render(messages, options), [])
    } catch {
      // The user's own words are not left out.
      guard error.kind == .invalidArgument, messages.first?.role == "system", layout.systemInstruction == nil else {
        throw error
      }
      return (try template.render(Array(messages.dropFirst()), options), [Self.descriptionDropped])
    }
  }

  /// Whether the tokens of thoughts and answers are counted: where the model may think.
  var keepsThoughts: Bool { markers != nil }

  /// What the scores of a task hold.
  func metrics(of task: any BenchmarkTask) -> [Metric] {
    let own = task.scoreMetrics
    let added = keepsThoughts && task.mayGenerate ? ThoughtMetrics.all(repeats: task.repeats) : []
    // A task's own metric of the same name goes first.
    return own + added.filter { metric in !own.contains { $0.name == metric.name } }
  }

  /// The text that answers a conversation, whose messages are put into the template as they are.
  package func request(_ messages: [ChatMessage]) throws(BenchmarkError) -> TextRequest {
    guard let template else {
      throw BenchmarkError(.invalidArgument, "a conversation needs a chat template; remove chat_template: false")
    }
    var messages = messages
    if let instruction = settings.systemInstruction {
      if messages.first?.role == "system" {
        throw BenchmarkError(
          .invalidArgument, "system_instruction: the conversation has a system message already; remove one of them")
      }
      messages.insert(ChatMessage(role: "system", instruction), at: 0)
    }
    let text = try template.render(messages, ChatTemplate.Options(thinks: thinks(template)))
    var request = TextRequest(
      prompt: text, stop: [], maxTokens: settings.maxTokens ?? ModelSettings.chatMaxTokens,
      sampling: sampling ?? .greedy)
    request.thinking = thinking(after: text)
    return request
  }

  /// The template's switch. One without a switch thinks always, or never: `init` has seen that it is what is asked for.
  private func thinks(_ template: ChatTemplate) -> Bool? {
    settings.thinking == .automatic || !template.hasThinkingSwitch ? nil : settings.thinking == .on
  }

  private func thinking(after prompt: String) -> Thinking? {
    markers.map {
      // Without a budget, room for the whole context is kept for each text: a model that is not to think has none of it.
      Thinking(
        markers: $0, budget: settings.thinking == .off ? 0 : settings.thinkingBudget,
        startsInThought: $0.isOpen(atEndOf: prompt))
    }
  }

  /// How the run is asked, for its record: the settings as they were resolved.
  var record: JSONObject {
    var object = settings.json
    object["chat_template"] =
      template.map { template in
        var facts: JSONObject = [
          "name": .string(template.name), "source": .string(template.source), "sha256": .string(template.sha256),
          "is_standard": .bool(template.isStandard),
        ]
        if let warning = PublishedTemplates.warning(of: template.text, source: template.source) {
          facts["warning"] = .string(warning)
        }
        return .object(facts)
      } ?? .null
    if let sampling, settings.sampling == .recommended { object["recommended_sampling"] = sampling.json }
    if let markers { object["thought_markers"] = .array([.string(markers.opening), .string(markers.closing)]) }
    return object
  }
}

import CGemmaBench
import Evaluation
import Inference
import Running
import Support
import Tokenization

@_cdecl("gb_apply_chat_template") @implementation
public func gb_apply_chat_template(
  _ out_text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ model: OpaquePointer?,
  _ messages: UnsafePointer<CChar>?, _ options: UnsafePointer<gb_chat_options>?
) -> gb_status {
  out_text?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_text, "out_text")
    let model = try ModelHandle.from(model, "model").provider
    let options = try Options.read(options, zero: gb_chat_options(), "gb_chat_options")
    try Options.checkReserved(options.reserved, "gb_chat_options")
    let thinks: Bool?
    switch options.thinking {
    case 0: thinks = nil
    case GB_THINKING_ON: thinks = true
    case GB_THINKING_OFF: thinks = false
    default:
      throw BenchmarkError(
        .invalidArgument, "thinking: must be 0, GB_THINKING_ON or GB_THINKING_OFF, not \(options.thinking)")
    }
    let document = try Boundary.json(messages, "messages")
    let template = try model.chatTemplate()
    if template.isStandard {
      Log.write(
        GB_LOG_WARNING,
        "\(model.name) has no chat template; used the standard template of its model type (\(template.name))")
    }
    let text = try template.render(
      try ChatMessage.list(json: document),
      ChatTemplate.Options(addsGenerationPrompt: options.no_generation_prompt == 0, thinks: thinks))
    if text.utf8.contains(0) {
      throw BenchmarkError(.invalidArgument, "messages: a zero byte (\\u0000) in a text would end it; take it out")
    }
    out.pointee = try Boundary.copy(text)
  }
}

@_cdecl("gb_chat") @implementation
public func gb_chat(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ model: OpaquePointer?, _ messages: UnsafePointer<CChar>?,
  _ settings: UnsafePointer<CChar>?, _ on_text: gb_chat_callback?, _ user_data: UnsafeMutableRawPointer?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let model = try ModelHandle.from(model, "model").provider
    let conversation = try ChatMessage.list(json: try Boundary.json(messages, "messages"))
    if conversation.last?.role != "user" {
      throw BenchmarkError(.invalidArgument, "messages: the last message must be the user's, since it is answered")
    }
    let given = try Options.settings(settings, call: "chat", besides: ["seed"])
    var asked = given.settings
    if asked.chatTemplate == .automatic { asked.chatTemplate = .own }
    if asked.sampling == nil, (try? model.recommendedSampling()) != nil { asked.sampling = .recommended }
    let seed = try given.object?.value(Schema.chatSeed)?.integer ?? 1234
    let maker = try RequestMaker(asked, model, seed: UInt64(seed))
    let request = try maker.request(conversation)
    let generation = try model.generate(
      prompt: request.prompt, stops: [],
      maximumTokens: asked.maxTokens ?? min(request.maxTokens, max(1, model.contextLength / 2)),
      sampling: request.sampling,
      thinking: request.thinking,
      onToken: on_text.map { see in
        { _, text, part in
          if part == .marker || text.isEmpty { return true }
          return text.withCString { text in
            (part == .thought ? "thought" : "answer").withCString { see(text, $0, user_data) }
          } == 0
        }
      })
    out.pointee = GenerationHandle(generation).retained()
  }
}

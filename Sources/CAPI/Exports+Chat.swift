import CGemmaBench
import Inference
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
    let json = try Boundary.text(messages, "messages")
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
    let document: JSONValue
    do throws(BenchmarkError) {
      document = try JSONReader.parse(json, name: "messages")
    } catch { throw BenchmarkError(.invalidArgument, error.message) }
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

import Plan
import Support

extension RunRecord {
  /// What a reader must know of the run's chat template: an instruction-tuned model ran without its own, or the model brings
  /// none and the standard one of its family was taken. Nil where there is nothing to say.
  package var chatNotice: String? {
    let facts = model.objectValue
    if chatTemplate == nil {
      guard facts?["instruction_tuned"] == true else { return nil }
      return
        "\(modelName) is instruction-tuned (by its name, template and vocabulary) but ran without its chat template;"
        + " apply it with chat_template (--chat-template)"
    }
    guard facts?["chat_template"]?.objectValue?["is_standard"] == true else { return nil }
    return
      "\(modelName) has no chat template; used the standard template of its model type (\(chatTemplate ?? ""))"
  }
}

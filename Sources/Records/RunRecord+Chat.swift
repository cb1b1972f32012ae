import Plan
import Support

extension RunRecord {
  /// What a reader must know of the run's chat template: an instruction-tuned model ran without its own, the model brings
  /// none and the standard one of its family was taken, or its publisher has corrected its template since. Nil where there is nothing to say.
  package var chatNotice: String? {
    let facts = model.objectValue
    if chatTemplate == nil {
      // What is timed and what is scored as a whole stands in no chat.
      guard facts?["instruction_tuned"] == true, !isTimed else { return nil }
      return
        "\(modelName) is instruction-tuned (by its name, template and vocabulary) but ran without its chat template;"
        + " remove chat_template: false to have it"
    }
    let used = settings["chat_template"]?.objectValue ?? facts?["chat_template"]?.objectValue
    if let warning = used?["warning"]?.stringValue { return "\(modelName): \(warning)" }
    guard used?["is_standard"] == true else { return nil }
    return
      "\(modelName) has no chat template; used the standard template of its model type (\(chatTemplate ?? ""))"
  }
}

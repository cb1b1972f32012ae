import Support

extension RunRecord {
  /// What a reader must know of the run's chat template: an instruction-tuned model ran without its own, or the model brings
  /// none and the standard one of its family was taken. Nil where there is nothing to say.
  public var chatNotice: String? {
    let facts = model.objectValue
    if chatTemplate == nil {
      guard facts?["instruction_tuned"] == true else { return nil }
      return
        "the chat template: \(modelName) is instruction-tuned, as its name, template and vocabulary say, and ran without its"
        + " chat template; chat_template puts prompts into it"
    }
    guard facts?["chat_template"]?.objectValue?["is_standard"] == true else { return nil }
    return
      "the chat template: \(modelName) brings none; the standard one (\(chatTemplate ?? "")) was taken by its model type"
  }
}

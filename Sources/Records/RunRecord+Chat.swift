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

extension SweepRecord {
  /// How each model was asked, where there is something to say: its chat template with the digest, and what its settings say.
  package var askingNotes: [String] {
    var notes: [String] = []
    for run in runs {
      var parts: [String] = []
      if let name = run.chatTemplate {
        let digest = run.settings["chat_template"]?.objectValue?["sha256"]?.stringValue
        parts.append("prompts in its chat template (\(name)\(digest.map { ", SHA-256 \($0.prefix(12))" } ?? ""))")
      }
      for (key, value) in run.settings.members where !["chat_template", "thought_markers"].contains(key) {
        parts.append("\(key) \(value.stringValue ?? value.text())")
      }
      let note = "\(run.modelName): \(parts.joined(separator: "; "))"
      if !parts.isEmpty, !notes.contains(note) { notes.append(note) }
    }
    if runs.contains(where: { $0.chatTemplate != nil }), runs.contains(where: { $0.chatTemplate == nil && !$0.isTimed })
    {
      notes.append(
        "the other models were asked in plain text; scores with and without a chat template are not comparable")
    }
    return notes
  }
}

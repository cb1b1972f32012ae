import Support

/// Whether a model is tuned for conversations.
package enum InstructionTuning {
  private static let words: Set<String> = ["it", "instruct", "chat", "thinking"]
  private static let baseWords: Set<String> = ["pt", "base", "pretrained"]

  /// Whether name, template and vocabulary all say so: "it", "instruct", "chat" or "thinking" is a word of the name and none
  /// says that it is a base model, the checkpoint brings a template, and what this writes first is a special token.
  ///
  /// `name` is the model's, without folders: "gemma-4-E2B-it-Q4_K_M.gguf". The template is the checkpoint's own: one that
  /// is only known for its model type says nothing of the tuning, nor does a template alone, since base models often have
  /// that of their tuned siblings.
  package static func isLikely(name: String, template: ChatTemplate?, tokenizer: Tokenizer) -> Bool {
    let parts = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    guard parts.contains(where: words.contains), !parts.contains(where: baseWords.contains),
      let template, !template.isStandard,
      let text = try? template.render([ChatMessage(role: "user", "Hello")])
    else { return false }
    let opening = tokenizer.encode(text, addBeginningOfSequence: false).first { $0 != tokenizer.beginningOfSequence }
    return opening.map(tokenizer.isSpecial) ?? false
  }
}

import Checkpoints
import Support
import Tokenization

extension RequestMaking {
  /// The chat template: the checkpoint's own, else the one that its model type is known by.
  ///
  /// Read from the files each time it is asked for. Errors: a template that is not Gemma's, or none and a vocabulary
  /// without turn markers.
  public func chatTemplate() throws(BenchmarkError) -> ChatTemplate {
    if let file = try GGUFModel.path(for: path) {
      if let own = try ChatTemplate.load(gguf: try GGUFFile(file)) { return own }
    } else if let own = try ChatTemplate.load(folder: path) {
      return own
    }
    let modelType = configuration.modelType
    if let standard = ChatTemplate.standard(modelType: modelType, tokenizer: tokenizer) { return standard }
    throw BenchmarkError(
      .unsupported,
      "\(path): no chat template, and none is known for the model type \(modelType) with this vocabulary;"
        + " put one into chat_template.jinja, or give the prompt as a text")
  }

  /// The tokens of a prompt, with BOS in front exactly once.
  ///
  /// Errors: a text that brings BOS twice, which no template and no task does on purpose, or that holds a token without a
  /// row in the embedding table.
  public func promptTokens(_ text: String) throws(BenchmarkError) -> [Int32] {
    let tokens = tokenizer.encode(text, addBeginningOfSequence: true)
    let bos = tokenizer.beginningOfSequence
    if tokens.count > 1, tokens[0] == bos, tokens[1] == bos {
      throw BenchmarkError(
        .invalidArgument, "the prompt begins with the beginning-of-sequence token twice; leave it out of the text")
    }
    try check(tokens)
    return tokens
  }

  /// The tokens that end the answer to a prompt: those of the model, and the end of a turn where the prompt opens one.
  func endTokens(after prompt: [Int32]) -> Set<Int32> {
    var tokens = Set(endTokens)
    for (opening, closing) in [("<start_of_turn>", "<end_of_turn>"), ("<|turn>", "<turn|>")] {
      guard let opening = tokenizer.token(of: opening), let closing = tokenizer.token(of: closing) else { continue }
      if prompt.contains(opening) { tokens.insert(closing) }
    }
    return tokens
  }
}

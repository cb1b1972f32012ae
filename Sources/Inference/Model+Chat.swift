import Checkpoints
import Support
import Tokenization

extension RequestMaking {
  /// The chat template: the checkpoint's own, else the standard one of its model type.
  ///
  /// Read from the files each time it is asked for. Errors: a text that is no template, or none and a vocabulary without turn
  /// markers.
  package func chatTemplate() throws(BenchmarkError) -> ChatTemplate {
    if let own = try ownChatTemplate() { return own }
    if let standard = try ChatTemplate.standard(
      modelType: configuration.modelType, isESeries: configuration.perLayerInputs != nil, tokenizer: tokenizer)
    {
      return standard
    }
    throw BenchmarkError(
      .unsupported,
      "\(path): no chat template, and none is known for the model type \(configuration.modelType) with this vocabulary;"
        + " put one into chat_template.jinja, or give the prompt as a text")
  }

  fileprivate func ownChatTemplate() throws(BenchmarkError) -> ChatTemplate? {
    if FileSystem.isFolder(path), let template = try ChatTemplate.load(folder: path, tokenizer: tokenizer) {
      return template
    }
    guard let file = try GGUFModel.path(for: path) else { return nil }
    return try ChatTemplate.load(gguf: try GGUFFile(file), tokenizer: tokenizer)
  }

  /// The tokens of a prompt, with BOS in front exactly once, unless the model has none or the tokenizer's file says not to put
  /// it there. A prompt without any token is BOS alone, as `generate` of transformers and lm-evaluation-harness have it.
  ///
  /// Errors: a text that brings BOS twice, which no template and no task does on purpose, or that holds a token without a
  /// row in the embedding table; an empty text of a model without BOS.
  package func promptTokens(_ text: String) throws(BenchmarkError) -> [Int32] {
    var tokens = tokenizer.encode(text, addBeginningOfSequence: true)
    if tokens.isEmpty {
      guard let bos = tokenizer.beginningOfSequence else {
        throw BenchmarkError(
          .invalidArgument, "the prompt is empty, and this model's texts begin with no token of their own")
      }
      tokens = [bos]
    }
    if let bos = tokenizer.beginningOfSequence, tokens.count > 1, tokens[0] == bos, tokens[1] == bos {
      throw BenchmarkError(
        .invalidArgument, "the prompt begins with the beginning-of-sequence token twice; leave it out of the text")
    }
    try check(tokens)
    return tokens
  }

  /// The tokens that end the answer to a prompt: those of the model, and the end of a turn where the prompt opens one.
  func endTokens(after prompt: [Int32]) -> Set<Int32> {
    var tokens = Set(endTokens)
    let marks = [
      ("<start_of_turn>", "<end_of_turn>"), ("<|turn>", "<turn|>"), ("<|start_header_id|>", "<|eot_id|>"),
      ("<|im_start|>", "<|im_end|>"),
    ]
    for (opening, closing) in marks {
      guard let opening = tokenizer.token(of: opening), let closing = tokenizer.token(of: closing) else { continue }
      if prompt.contains(opening) { tokens.insert(closing) }
    }
    return tokens
  }
}

extension Model {
  /// Whether name, template and vocabulary say that the model is tuned for conversations; see `InstructionTuning`.
  package var looksInstructionTuned: Bool {
    InstructionTuning.isLikely(name: name, template: (try? ownChatTemplate()) ?? nil, tokenizer: tokenizer)
  }
}

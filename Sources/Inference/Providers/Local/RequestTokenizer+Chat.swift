import Checkpoints
import Evaluation
import Support
import Tokenization

extension RequestTokenizer {
  /// The chat template that is chosen; nil: none.
  ///
  /// Errors: a template that is asked for and is not there, a text that is no template.
  /// - Parameter name: what reports call the model, which may say that it is tuned for conversations.
  func chatTemplate(_ choice: ModelSettings.Template, name: String) throws(BenchmarkError) -> ChatTemplate? {
    switch choice {
    case .automatic: looksInstructionTuned(name: name) ? try ownChatTemplate() : nil
    case .none: nil
    case .own: try chatTemplate()
    case .named(let named): try ChatTemplate.load(checkpoint: path, named: named, tokenizer: tokenizer)
    case .file(let file): try ChatTemplate.load(file: file, checkpoint: path, tokenizer: tokenizer)
    }
  }

  /// Whether name, template and vocabulary say that a model is tuned for conversations; see `InstructionTuning`. Its names are
  /// that of reports, those of its file and folder, that on the Hub, and what a GGUF file calls itself.
  func looksInstructionTuned(name: String) -> Bool {
    guard let template = (try? ownChatTemplate()) ?? nil else { return false }
    var names = [name]
    let parts = path.split(separator: "/").map(String.init)
    names += parts.suffix(1) + parts.filter { $0.hasPrefix("models--") }.suffix(1)
    if let file = try? GGUFModel.path(for: path), let gguf = try? GGUFFile(file) {
      for key in ["general.name", "general.finetune"] {
        if let text = (try? gguf.string(key)) ?? nil { names.append(text) }
      }
    }
    return names.contains { InstructionTuning.isLikely(name: $0, template: template, tokenizer: tokenizer) }
  }

  /// How its publisher wants it sampled: generation_config.json beside the weights. Errors: no such file, a malformed one.
  func recommendedSampling() throws(BenchmarkError) -> SamplingParameters {
    let parent = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let folder = FileSystem.isFolder(path) ? path : parent.isEmpty ? "." : parent
    guard let found = try SamplingParameters.recommended(folder: folder, seed: 0) else {
      throw BenchmarkError(
        .invalidArgument,
        "sampling: \(folder) has no generation_config.json, so nothing is recommended; give temperature, top_k and top_p"
      )
    }
    return found
  }

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
      "\(path): no chat template, and no standard template fits model type \(configuration.modelType);"
        + " add chat_template.jinja, or pass the prompt as plain text")
  }

  func ownChatTemplate() throws(BenchmarkError) -> ChatTemplate? {
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
          .invalidArgument, "the prompt is empty, and this model has no beginning-of-sequence token")
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

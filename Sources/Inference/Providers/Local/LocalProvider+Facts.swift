import Support
import Tokenization

extension LocalProvider {
  /// Facts of the model, for records and reports.
  package var facts: JSONValue {
    let configuration = requestTokenizer.configuration
    guard let facts = model?.facts else { return .null }
    return [
      "name": .string(name), "path": .string(path), "architecture": .string(configuration.modelType),
      "parameters": JSONValue(facts.parameterCount), "weight_bytes": JSONValue(facts.weightBytes),
      "bits_per_weight": .number(facts.bitsPerWeight),
      "ignored_tensors": JSONValue(facts.ignoredTensorCount),
      "element_type": .string(facts.elementTypeName), "compute_type": .string(facts.activationName),
      "quantization": facts.quantizationName.map { .string($0) } ?? .null,
      "arithmetic": .string(facts.arithmeticName),
      "layers": JSONValue(configuration.layerCount), "hidden_size": JSONValue(configuration.hiddenSize),
      "heads": JSONValue(configuration.headCount), "key_value_heads": JSONValue(configuration.keyValueHeadCount),
      "head_size": JSONValue(configuration.headSize), "vocabulary_size": JSONValue(configuration.vocabularySize),
      "sliding_window": configuration.slidingWindow.map { JSONValue($0) } ?? .null,
      "maximum_positions": JSONValue(configuration.maximumPositions), "context_length": JSONValue(contextLength),
      "tokenizer": .string(tokenizer.sourceName), "tokenizer_size": JSONValue(tokenizer.vocabularySize),
      "end_tokens": .array(endTokens.map { JSONValue(Int($0)) }),
      "end_token_texts": .array(endTokens.map { .string(tokenizer.text(of: $0) ?? "") }),
      "warnings": .array(warnings.map { .string($0) }), "base": base.map { .string($0) } ?? .null,
      "threads": JSONValue(facts.threadCount),
      "chat_template": chatTemplateJSON, "instruction_tuned": .bool(requestTokenizer.looksInstructionTuned(name: name)),
      "load_seconds": .number(loadSeconds),
    ]
  }

  /// Which template a chat takes and where it was found; or why there is none.
  private var chatTemplateJSON: JSONValue {
    do throws(BenchmarkError) {
      let template = try chatTemplate()
      return [
        "kind": .string(template.name), "source": .string(template.source), "sha256": .string(template.sha256),
        "is_standard": .bool(template.isStandard),
      ]
    } catch { return ["kind": .null, "reason": .string(error.message)] }
  }
}

extension SequenceFacts {
  /// Bits that a parameter takes in memory, embeddings and norms included.
  package var bitsPerWeight: Double { parameterCount == 0 ? 0 : Double(weightBytes) * 8 / Double(parameterCount) }
}

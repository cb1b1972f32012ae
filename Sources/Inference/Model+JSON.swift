import Support

extension Model {
  /// Facts of the model, for records and reports.
  package var json: JSONValue {
    let configuration = language.configuration
    return [
      "name": .string(name), "path": .string(path), "architecture": .string(configuration.modelType),
      "parameters": JSONValue(language.parameterCount), "weight_bytes": JSONValue(language.weightBytes),
      "bits_per_weight": .number(bitsPerWeight),
      "ignored_tensors": JSONValue(language.ignoredTensorCount),
      "element_type": .string(language.elementTypeName), "compute_type": .string(language.activationName),
      "quantization": language.quantization.map { .string($0.name) } ?? .null,
      "arithmetic": .string(language.arithmeticName),
      "layers": JSONValue(configuration.layerCount), "hidden_size": JSONValue(configuration.hiddenSize),
      "heads": JSONValue(configuration.headCount), "key_value_heads": JSONValue(configuration.keyValueHeadCount),
      "head_size": JSONValue(configuration.headSize), "vocabulary_size": JSONValue(configuration.vocabularySize),
      "sliding_window": configuration.slidingWindow.map { JSONValue($0) } ?? .null,
      "maximum_positions": JSONValue(configuration.maximumPositions), "context_length": JSONValue(contextLength),
      "tokenizer": .string(tokenizer.sourceName), "tokenizer_size": JSONValue(tokenizer.vocabularySize),
      "end_tokens": .array(endTokens.map { JSONValue(Int($0)) }),
      "end_token_texts": .array(endTokens.map { .string(tokenizer.text(of: $0) ?? "") }),
      "warnings": .array(warnings.map { .string($0) }), "base": base.map { .string($0) } ?? .null,
      "threads": JSONValue(language.threadCount),
      "chat_template": chatTemplateJSON, "instruction_tuned": .bool(looksInstructionTuned),
      "load_seconds": .number(loadSeconds),
    ]
  }

  /// Bits that a parameter takes in memory, embeddings and norms included.
  package var bitsPerWeight: Double {
    language.parameterCount == 0 ? 0 : Double(language.weightBytes) * 8 / Double(language.parameterCount)
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

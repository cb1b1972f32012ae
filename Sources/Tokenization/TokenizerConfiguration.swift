import Support

/// The tokenizer_config.json beside a tokenizer.json: it names tokens that are special although tokenizer.json does not
/// say so, such as Gemma 4's `<|channel>`.
enum TokenizerConfiguration {
  /// The special tokens that a file names, each once, in a fixed order.
  ///
  /// Named they are as `transformers` has it: a key that ends in `_token`, the lists `additional_special_tokens` and
  /// `extra_special_tokens`, the tables `extra_special_tokens` and `model_specific_special_tokens`, and the entries of
  /// `added_tokens_decoder` with `"special": true`. Errors: a file that is not a JSON object.
  static func specialTokens(file: String) throws(BenchmarkError) -> [String] {
    guard let object = try JSONReader.parse(try FileSystem.read(file), name: file).objectValue else {
      throw BenchmarkError(.invalidFile, "\(file): not an object")
    }
    var texts: [String] = []
    for (key, value) in object.members where key.hasSuffix("_token") { texts += content(of: value) }
    for key in ["additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"] {
      texts += (object[key]?.arrayValue ?? []).flatMap(content)
      texts += (object[key]?.objectValue?.members ?? []).flatMap { content(of: $0.value) }
    }
    for (_, value) in object["added_tokens_decoder"]?.objectValue?.members ?? []
    where value.objectValue?["special"] == true {
      texts += content(of: value)
    }
    var seen: Set<String> = []
    return texts.filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  /// The text of a token, written as a text or as an object with "content"; nothing for anything else.
  private static func content(of value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .object(let object): object["content"]?.stringValue.map { [$0] } ?? []
    default: []
    }
  }
}

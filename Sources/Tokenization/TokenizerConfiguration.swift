import Support

/// What the small files beside a tokenizer say: tokenizer_config.json, and where it has no `added_tokens_decoder` the older
/// added_tokens.json and special_tokens_map.json.
///
/// They name tokens that tokenizer.json and tokenizer.model lack, such as Gemma 3's `<image_soft_token>`, and tokens that
/// are special although tokenizer.json does not say so, such as Gemma 4's `<|channel>`.
struct TokenizerConfiguration {
  /// Each once, in a fixed order.
  private(set) var specialTokens: [String] = []
  /// What the special tokens do with the text around them.
  private(set) var rules: [String: TokenMatcher.Rule] = [:]
  /// In the order of their identifiers.
  private(set) var addedTokens: [AddedToken] = []
  /// Whether `transformers` loads the tokenizer as its class `GemmaTokenizer`, not as the file says.
  let isGemmaClass: Bool
  /// The texts of the tokens that begin and end a sequence, where a file names them.
  private(set) var beginning: String?
  private(set) var end: String?
  /// Whether every text begins with the one and ends with the other; nil where no file says.
  private(set) var addsBeginning: Bool?
  private(set) var addsEnd: Bool?

  /// Reads the files of a folder that are there. Errors: one that is not a JSON object, an added token without a number.
  init(folder: String) throws(BenchmarkError) {
    let path = "\(folder)/tokenizer_config.json"
    let object = try Self.object(path)
    isGemmaClass = try Self.isGemmaClass(object, folder: folder)
    var named = Self.specialTokens(object)
    (addsBeginning, addsEnd) = (object["add_bos_token"]?.boolValue, object["add_eos_token"]?.boolValue)
    beginning = object["bos_token"].flatMap { Self.content(of: $0).first?.text }
    end = object["eos_token"].flatMap { Self.content(of: $0).first?.text }
    if let entries = object["added_tokens_decoder"]?.objectValue?.members {
      for (key, value) in entries {
        guard let identifier = Int(key), let token = value.objectValue else {
          throw BenchmarkError(
            .invalidFile, "\(path): added_tokens_decoder: \"\(key)\" is not a token id with an object")
        }
        addedTokens.append(try AddedToken(token, identifier: identifier, "added token \(key)", name: path))
      }
    } else {
      named += Self.specialTokens(try Self.object("\(folder)/special_tokens_map.json"))
      let path = "\(folder)/added_tokens.json"
      for (text, value) in try Self.object(path).members {
        guard let identifier = value.integerValue, !text.isEmpty else {
          throw BenchmarkError(.invalidFile, "\(path): \"\(text)\" has no token id")
        }
        // Added before the special tokens, they do not have the rules of those.
        let isSpecial = named.contains { $0.text == text }
        addedTokens.append(
          AddedToken(text, identifier: identifier, isSpecial: isSpecial, isNormalized: !isSpecial))
      }
    }
    addedTokens.sort { $0.identifier < $1.identifier }
    for (text, rule) in named where !text.isEmpty && rules[text] == nil {
      specialTokens.append(text)
      rules[text] = rule
    }
  }

  /// The class is the one that the files name, else that of the model's type (`AutoTokenizer`, and
  /// `TOKENIZER_MAPPING_NAMES` in tokenization_auto.py).
  private static func isGemmaClass(_ object: JSONObject, folder: String) throws(BenchmarkError) -> Bool {
    let model = try self.object("\(folder)/config.json")
    guard let name = (object["tokenizer_class"] ?? model["tokenizer_class"])?.stringValue else {
      let types = ["gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma3n_text"]
      return model["model_type"]?.stringValue.map(types.contains) ?? false
    }
    return name == "GemmaTokenizer" || name == "GemmaTokenizerFast"
  }

  private static func object(_ path: String) throws(BenchmarkError) -> JSONObject {
    guard FileSystem.isFile(path) else { return [:] }
    guard let object = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython).objectValue
    else {
      throw BenchmarkError(.invalidFile, "\(path): not an object")
    }
    return object
  }

  /// The special tokens that a file names.
  ///
  /// Named they are as `transformers` has it: a key that ends in `_token`, the lists `additional_special_tokens` and
  /// `extra_special_tokens`, the tables `extra_special_tokens` and `model_specific_special_tokens`, and the entries of
  /// `added_tokens_decoder` with `"special": true`.
  private static func specialTokens(_ object: JSONObject) -> [NamedToken] {
    var tokens: [NamedToken] = []
    for (key, value) in object.members where key.hasSuffix("_token") { tokens += content(of: value) }
    for key in ["additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"] {
      tokens += (object[key]?.arrayValue ?? []).flatMap(content)
      tokens += (object[key]?.objectValue?.members ?? []).flatMap { content(of: $0.value) }
    }
    for (_, value) in object["added_tokens_decoder"]?.objectValue?.members ?? []
    where value.objectValue?["special"] == true {
      tokens += content(of: value)
    }
    return tokens
  }

  private typealias NamedToken = (text: String, rule: TokenMatcher.Rule)

  /// The text of a token, written as a text or as an object with "content"; nothing for anything else.
  private static func content(of value: JSONValue) -> [NamedToken] {
    switch value {
    case .string(let text): [(text: text, rule: TokenMatcher.Rule())]
    case .object(let object):
      object["content"]?.stringValue.map { [(text: $0, rule: TokenMatcher.Rule(object))] } ?? []
    default: []
    }
  }
}

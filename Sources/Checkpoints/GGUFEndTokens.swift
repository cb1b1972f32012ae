import Support

/// The tokens that end a text of a GGUF file, by llama.cpp's rules: those that keys name, and those that are known by their
/// text, since not every file names them.
///
/// Source: `special_eog_ids` in llama.cpp's `src/llama-vocab.cpp`.
package enum GGUFEndTokens {
  private static let keys = ["eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"]

  /// Texts that end a text, whatever type the file gives them.
  package static let texts: Set<String> = [
    "<eos>", "<end_of_turn>", "<turn|>", "<|tool_response>", "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>",
    "<|call|>", "<|flush|>", "<|calls|>", "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<end_of_utterance>", "<｜end▁of▁sentence｜>", "[e~[", "<|ifm|im_end|>", sentenceEnd,
  ]
  /// The end of a sentence in other vocabularies, the HTML tag in Gemma's, where it is a user-defined token and no end of a text
  /// (generation_config.json of every Gemma). llama.cpp warns of such a token and stops at it all the same, unless the vocabulary
  /// has `tagMark`, as Gemma 4's has.
  package static let sentenceEnd = "</s>"
  package static let tagMark = "<|tool_response>"
  /// The type of a token that is matched whole and is part of a text.
  private static let userDefined = 4
  /// Texts that end one where no key names another for their role (padding, name and border of files of code).
  private static let textsOfRoles: [(key: String, texts: Set<String>)] = [
    ("fim_pad", ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]),
    ("fim_rep", ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]),
    ("fim_sep", ["<|file_sep|>", "<|plamo:file_separator|>"]),
  ]

  /// The token that a key names for a role ("bos", "eos"), else the one that llama.cpp takes; nil if there is none. A number
  /// beyond the vocabulary is passed over, as llama.cpp does. Errors: a value of another type.
  package static func token(_ role: String, _ file: GGUFFile, count: Int) throws(BenchmarkError) -> Int? {
    let key = "tokenizer.ggml.\(role)_token_id"
    if let token = try file.integer(key), (0..<count).contains(token) { return token }
    let standard = ["bos": 1, "eos": 2, "unknown": 0][role]
    guard try file.string("tokenizer.ggml.model") == "llama", let standard, standard < count else { return nil }
    return standard
  }

  /// The identifiers, ascending. Errors: keys and vocabularies of other types.
  package static func identifiers(_ file: GGUFFile) throws(BenchmarkError) -> [Int] {
    guard let tokens = try file.array("tokenizer.ggml.tokens") else { return [] }
    var named: Set<Int> = []
    for key in keys { if let token = try token(key, file, count: tokens.count) { named.insert(token) } }
    var wanted = texts
    for (key, texts) in textsOfRoles where try token(key, file, count: tokens.count) == nil { wanted.formUnion(texts) }
    var found: [String: [Int]] = [:]
    let longest = wanted.reduce(0) { max($0, $1.utf8.count) }
    try tokens.forEachString { (index, bytes) throws(BenchmarkError) in
      guard bytes.count <= longest, let first = bytes.first, first == 0x3C || first == 0x5B || first == 0x5F else {
        return
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if wanted.contains(text) { found[text, default: []].append(index) }
    }
    func has(_ texts: String...) -> Bool { texts.contains { found[$0] != nil } }
    var left: [String] = []
    if has(tagMark) {
      left.append(sentenceEnd)
    } else if let index = found[sentenceEnd]?.first,
      let types = try file.array("tokenizer.ggml.token_type")?.integers(), types.indices.contains(index),
      types[index] == userDefined
    {
      left.append(sentenceEnd)
    }
    // Of formats in which it ends a part of a turn alone.
    if has("<|call|>", "<|calls|>"), has("<|return|>", "<|flush|>") { left.append("<|end|>") }
    return named.union(found.values.joined()).subtracting(left.flatMap { found[$0] ?? [] }).sorted()
  }
}

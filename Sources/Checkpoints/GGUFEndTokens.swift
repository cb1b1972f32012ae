import Support

/// The tokens that end a text of a GGUF file, by llama.cpp's rules: those that keys name, and those that are known by their
/// text, since not every file names them.
///
/// Source: `special_eog_ids` in llama.cpp's `src/llama-vocab.cpp`. One text of its list is left out: in Gemma's
/// vocabularies `</s>` is the tag of HTML, as llama.cpp itself has it where the vocabulary is Gemma 4's.
public enum GGUFEndTokens {
  private static let keys = ["eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"]

  /// Texts that end a text, whatever type the file gives them.
  public static let texts: Set<String> = [
    "<eos>", "<end_of_turn>", "<turn|>", "<|tool_response>", "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>",
    "<|call|>", "<|flush|>", "<|calls|>", "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<end_of_utterance>", "<｜end▁of▁sentence｜>", "[e~[",
  ]
  /// Texts that end one where no key names another for their role (padding, name and border of files of code).
  private static let textsOfRoles: [(key: String, texts: Set<String>)] = [
    ("fim_pad", ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"]),
    ("fim_rep", ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"]),
    ("fim_sep", ["<|file_sep|>"]),
  ]

  /// The identifiers, ascending. Errors: keys and vocabularies of other types.
  public static func identifiers(_ file: GGUFFile) throws(BenchmarkError) -> [Int] {
    var found: Set<Int> = []
    guard let tokens = try file.array("tokenizer.ggml.tokens") else { return [] }
    var wanted = texts
    for (key, texts) in textsOfRoles where file.value("tokenizer.ggml.\(key)_token_id") == nil {
      wanted.formUnion(texts)
    }
    for key in keys {
      // llama.cpp passes over a number beyond the vocabulary.
      guard let token = try file.integer("tokenizer.ggml.\(key)_token_id"), (0..<tokens.count).contains(token) else {
        continue
      }
      found.insert(token)
    }
    let longest = wanted.reduce(0) { max($0, $1.utf8.count) }
    try tokens.forEachString { (index, bytes) throws(BenchmarkError) in
      guard bytes.count <= longest, let first = bytes.first, first == 0x3C || first == 0x5B || first == 0x5F else {
        return
      }
      if wanted.contains(String(decoding: bytes, as: UTF8.self)) { found.insert(index) }
    }
    return found.sorted()
  }
}

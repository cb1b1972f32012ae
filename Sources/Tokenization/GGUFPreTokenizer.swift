/// How a GGUF file's vocabulary of bytes cuts text, by the name that llama.cpp gives it (`tokenizer.ggml.pre`).
///
/// Source: `llm_tokenizer_bpe` and `llama_vocab::impl::load` in llama.cpp's `src/llama-vocab.cpp`; the expressions are those of
/// the families' tokenizer.json. llama.cpp leaves out the normaliser of Qwen, which composes characters; here a file divides a
/// text as the folder that it was made of.
struct GGUFPreTokenizer {
  /// The first is written.
  let names: [String]
  let pattern: String
  var ignoresMerges = false
  var composes = false
  /// Whether texts begin with a token where the file does not say.
  var addsBeginning = false

  private static func pattern(digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  static let all = [
    GGUFPreTokenizer(
      names: ["llama-bpe", "llama3", "llama-v3"], pattern: pattern(digits: #"\p{N}{1,3}"#), ignoresMerges: true,
      addsBeginning: true),
    GGUFPreTokenizer(names: ["qwen2"], pattern: pattern(digits: #"\p{N}"#), composes: true),
    GGUFPreTokenizer(names: ["gpt-2"], pattern: ByteLevel.standardPattern),
  ]
}

import Support
import Testing

@testable import ModelHub

struct FileSelectionTests {
  private func choose(_ paths: [String], file: String? = nil, globs: [String] = []) throws(BenchmarkError) -> [String] {
    try FileSelection.choose(paths, reference: HubReference(repository: "a/b", file: file), globs: globs)
  }

  /// The files of google/gemma-2b as they were published, the GGUF beside the safetensors included.
  private let published = [
    ".gitattributes", "README.md", "config.json", "gemma-2b.gguf", "generation_config.json",
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
    "special_tokens_map.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
  ]

  @Test("What a Gemma needs, of what a repository has")
  func needed() throws {
    let chosen = try choose(published)
    #expect(chosen == published.filter { !["gemma-2b.gguf", "README.md", ".gitattributes"].contains($0) })
    #expect(try choose(published, file: "gemma-2b") == ["gemma-2b.gguf"])
    #expect(try choose(published, globs: ["*.md", "tok*.model"]) == ["README.md", "tokenizer.model"])
    #expect(throws: BenchmarkError.self) { try choose(published, globs: ["*.onnx"]) }
    #expect(throws: BenchmarkError.self) { try choose(["README.md"]) }
    #expect(throws: BenchmarkError.self) { try choose([]) }
  }

  @Test("One GGUF file of several, with all its parts")
  func gguf() throws {
    let split = ["x-Q8_0-00001-of-00002.gguf", "x-Q8_0-00002-of-00002.gguf"]
    let paths = ["BF16/x-BF16.gguf", "mmproj-x.gguf", "x-Q4_K_M.gguf"] + split
    #expect(try choose(["x.gguf", "mmproj.gguf", "config.json"]) == ["x.gguf"])
    #expect(try choose(paths, file: "q4-k-m") == ["x-Q4_K_M.gguf"])
    #expect(try choose(paths, file: "Q8_0") == split)
    #expect(try choose(paths, file: "x-Q8_0-00001-of-00002.gguf") == split)
    #expect(try choose(paths, file: "BF16/x-BF16.gguf") == ["BF16/x-BF16.gguf"])
    for file in [nil, "x", "q5_0"] {
      do {
        _ = try choose(paths, file: file)
        Issue.record("chosen without a choice")
      } catch { #expect(error.message.contains("a/b:FILE") && error.message.contains("x-Q4_K_M.gguf")) }
    }
  }
}

@preconcurrency import Glibc
import Support
import Testing

@testable import Inference

/// Tokenizers with entries that the embedding table has no row for, as Google's text-only Gemma 3 checkpoints have one.
@Suite struct TokensBeyondTableTests {
  /// The tiny checkpoint, 1280 rows, with tokens added by a file beside its tokenizer.json.
  private func model() throws -> LocalProvider {
    var template = Array("/tmp/gemmabench-beyond-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    let copy = try #require(made)
    let names = ["config.json", "model.safetensors", "tokenizer.json"]
    defer {
      for name in names + ["added_tokens.json"] { unlink("\(copy)/\(name)") }
      rmdir(copy)
    }
    for name in names { try #require(symlink("\(Fixtures.folder)/tiny/\(name)", "\(copy)/\(name)") == 0) }
    try FileSystem.write(#"{"<image_soft_token>": 1280, "<other>": 1300}"#, to: "\(copy)/added_tokens.json")
    return try LocalProvider.load(ModelSpecification(copy, threads: 2)) { _, _ in }
  }

  @Test("The model loads, and scores texts without these tokens as without them")
  func loads() throws {
    let beyond = try model()
    let plain = try Fixtures.model()
    let scores = try beyond.score(context: "The fox", continuations: [" ran over the hill"])
    #expect(scores == (try plain.score(context: "The fox", continuations: [" ran over the hill"])))
    #expect(beyond.tokenizer.encode("<image_soft_token>", addBeginningOfSequence: false) == [1280])
  }

  @Test("A text that holds one is an error that names the token and the table")
  func refuses() throws {
    let model = try model()
    let attempts: [() throws -> Void] = [
      { _ = try model.promptTokens("see <image_soft_token>") },
      { _ = try model.requestTokenizer.generationRequest(prompt: "<image_soft_token>", stops: [], maximumTokens: 4) },
      { _ = try model.requestTokenizer.scoreRequests(context: "see <image_soft_token>", continuations: [" this"]) },
      {
        _ = try model.requestTokenizer.scoreRequests(context: "see", continuations: [" this", " <image_soft_token>"])
      },
      { _ = try model.requestTokenizer.scoreRequest(context: [2], continuation: [1280]) },
    ]
    for (index, attempt) in attempts.enumerated() {
      let error = #expect(throws: BenchmarkError.self) { try attempt() }
      #expect(error?.kind == .invalidArgument)
      #expect(
        error?.message.hasPrefix(
          "token 1280, <image_soft_token>: the model's embedding table has only 1280 rows")
          == true, "\(index): \(error?.message ?? "")")
    }
  }
}

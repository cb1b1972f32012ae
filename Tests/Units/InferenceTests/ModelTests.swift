import Support
import Testing

@testable import Inference

/// Loading, and what a model says of itself.
@Suite struct ModelTests {
  @Test("The description holds the facts of the checkpoint")
  func description() throws {
    let model = try Fixtures.model(contextLength: 100)
    let facts = try #require(model.facts.objectValue)
    #expect(facts["name"] == "tiny" && facts["architecture"] == "gemma3_text")
    #expect(facts["layers"] == 4 && facts["vocabulary_size"] == 1280 && facts["sliding_window"] == 32)
    #expect(facts["context_length"] == 100 && facts["maximum_positions"] == 4096 && facts["threads"] == 2)
    #expect(facts["tokenizer"] == "tokenizer.json" && facts["end_tokens"] == [1])
    #expect((facts["parameters"]?.integerValue ?? 0) > 100_000)
    #expect(try JSONReader.parse(model.facts.text()).objectValue?.keys == facts.keys)
  }

  @Test("A name is taken as given; without one, the folder gives it, a slash at the end or not")
  func names() throws {
    func name(_ path: String, _ name: String? = nil) throws -> String {
      try LocalProvider.load(ModelSpecification(path, name: name, threads: 1)) { _, _ in }.name
    }
    #expect(try name("\(Fixtures.folder)/tiny") == "tiny")
    #expect(try name("\(Fixtures.folder)/tiny/") == "tiny")
    #expect(try name("\(Fixtures.folder)/tiny/.") == "tiny")
    #expect(try name("\(Fixtures.folder)/tiny", "the small one") == "the small one")
  }

  @Test("Without a context length the model takes what it was made for, as far as memory has room for one text")
  func standardContext() {
    func length(_ maximum: Int, _ bytesPerPosition: Int, _ memoryBytes: Int?) -> Int {
      RequestTokenizer.standardContextLength(
        maximum: maximum, bytesPerPosition: bytesPerPosition, memoryBytes: memoryBytes)
    }
    #expect(length(32_768, 36_864, nil) == 28_672 && length(32_768, 36_864, 16 << 30) == 32_768)
    #expect(length(131_072, 500_000, 24 << 30) == 8192 && length(131_072, 500_000, 256 << 30) == 68_608)
    #expect(length(4096, 500_000, nil) == 4096)
  }

  @Test("A context length that the model was not made for is an error")
  func contextLength() throws {
    #expect(try Fixtures.model().contextLength == 4096)
    for length in [-1, 0, 1, 4097] {
      let error = #expect(throws: BenchmarkError.self) { try Fixtures.model(contextLength: length) }
      #expect(error?.kind == .invalidArgument)
      #expect(error?.message.contains("context_length \(length)") == true)
    }
  }

  @Test("Progress counts bytes up to the total, and may cancel")
  func progress() throws {
    var last: (done: UInt64, total: UInt64) = (0, 0)
    _ = try LocalProvider.load(ModelSpecification("\(Fixtures.folder)/tiny", threads: 1)) { done, total in
      #expect(done >= last.done && done <= total)
      last = (done, total)
    }
    #expect(last.done == last.total && last.total > 0)
    let error = #expect(throws: BenchmarkError.self) {
      try LocalProvider.load(ModelSpecification("\(Fixtures.folder)/tiny", threads: 1)) {
        (_, _) throws(BenchmarkError) in throw BenchmarkError(.cancelled, "enough")
      }
    }
    #expect(error == BenchmarkError(.cancelled, "enough"))
  }

  @Test("A folder that is none, and one without a tokenizer, are errors that name it")
  func missing() {
    for path in ["\(Fixtures.folder)/no-such-model", "\(Fixtures.folder)/tiny/config.json"] {
      let error = #expect(throws: BenchmarkError.self) {
        try LocalProvider.load(ModelSpecification(path)) { _, _ in }
      }
      #expect(error?.kind == .notFound)
      #expect(error?.message.contains(path) == true)
    }
    let bare = "\(Fixtures.folder)/models/gemma1-float32"
    let error = #expect(throws: BenchmarkError.self) {
      try LocalProvider.load(ModelSpecification(bare)) { _, _ in }
    }
    #expect(error?.message.contains("tokenizer") == true)
  }

  @Test("Runs on one model side by side give the bits of one alone")
  func threads() async throws {
    let model = try Fixtures.model()
    let alone = try model.score(context: "The fox", continuations: [" ran over the hill"])
    try await withThrowingTaskGroup(of: [ContinuationScore].self) { group in
      for _ in 0..<6 {
        group.addTask {
          try model.score(context: "The fox", continuations: [" ran over the hill"])
        }
      }
      for try await scores in group { #expect(scores == alone) }
    }
  }

  @Test("One thread and two give the same bits")
  func threadCounts() throws {
    let scores = try [1, 2].map { threads in
      try Fixtures.model(threads: threads)
        .score(context: Fixtures.contexts[6], continuations: [" Then it slept"])
    }
    #expect(scores[0] == scores[1])
  }
}

import Evaluation
@preconcurrency import Glibc
import Support
import Testing
import Transformer

@testable import Inference

/// The tiny checkpoint of the tests, and what others made of it.
enum Fixtures {
  static let folder: String = {
    let tests = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(tests)/Goldens"
  }()

  /// One model for all tests of a suite: it is immutable.
  static func model(contextLength: Int? = nil, threads: Int = 2) throws -> LocalProvider {
    try LocalProvider.load(
      ModelSpecification("\(folder)/tiny", threads: threads, contextLength: contextLength)
    ) { _, _ in }
  }

  /// The tiny model with other tokens that end a text.
  static func model(endOfText: [Int32]) throws -> LocalProvider {
    var template = Array("/tmp/gemmabench-engine-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    let copy = try #require(made)
    let names = ["config.json", "model.safetensors", "tokenizer.json"]
    defer {
      for name in names { unlink("\(copy)/\(name)") }
      rmdir(copy)
    }
    for name in names.dropFirst() { try #require(symlink("\(folder)/tiny/\(name)", "\(copy)/\(name)") == 0) }
    var configuration = try #require(
      try JSONReader.parse(try FileSystem.read("\(folder)/tiny/config.json")).objectValue)
    configuration["eos_token_id"] = .array(endOfText.map { JSONValue(Int($0)) })
    try FileSystem.write(JSONValue.object(configuration).text(), to: "\(copy)/config.json")
    return try LocalProvider.load(ModelSpecification(copy, threads: 2)) { _, _ in }
  }

  /// Contexts of several lengths, some with a common beginning.
  static let contexts = [
    "The fox ran over the hill.", "The fox ran over the hill. Then it slept", "The fox",
    "Question: what is 2 + 2?\nAnswer:", "Question: what is 2 + 2?\nAnswer: 4\n\nQuestion: what is 3 + 3?\nAnswer:", "",
    String(repeating: "One day the fox ran over the hill, and came back. ", count: 6),
  ]
}

extension LocalProvider {
  /// The weights themselves, which tests look into.
  var language: LanguageModel {
    get throws { try #require(model as? TransformerModel).language }
  }

  /// The logits behind the last token, computed from nothing without a scheduler.
  func logits(of tokens: [Int32]) throws -> Logits {
    try language.forward(tokens, cache: try language.makeCache(capacity: tokens.count), logitCount: 1)
  }

  /// The answers to requests, in their order; those that a stop left out have none.
  func answers(
    to requests: [Request], _ limits: BatchLimits = BatchLimits(), onPass: (RunState) -> Bool = { _ in true }
  ) throws -> [Answer?] {
    var options = RunOptions()
    options.limits = limits
    var answers = [Answer?](repeating: nil, count: requests.count)
    try run(requests, options, onPass: onPass) { index, answer, _ in
      if answers[index] != nil { Issue.record("request \(index) was answered twice") }
      answers[index] = answer
    }
    return answers
  }
}

/// What lm-evaluation-harness made of the tiny checkpoint; see Tests/Goldens/engine/README.md.
struct HarnessGoldens {
  struct Continuation {
    let text: String
    let tokens: [Int32]
    let logLikelihood: Double
    let isGreedy: Bool
  }

  struct Group: CustomTestStringConvertible {
    let name: String
    let context: String
    let contextTokens: [Int32]
    let continuations: [Continuation]
    var testDescription: String { name }
  }

  struct Text: CustomTestStringConvertible {
    let prompt: String
    let stops: [String]
    let text: String
    var testDescription: String { "\(prompt.suffix(24)) \(stops)" }
  }

  let groups: [Group]
  let texts: [Text]
  let maximumTokens: Int

  /// Nil if the file is not as expected; `GoldenTests.complete` then fails.
  static let shared: HarnessGoldens? = try? HarnessGoldens()

  private init() throws {
    let document = try JSONReader.parse(try FileSystem.read("\(Fixtures.folder)/engine/harness.json"))
    let object = try #require(document.objectValue)
    func tokens(_ value: JSONValue?) throws -> [Int32] {
      try #require(value?.arrayValue).map { Int32(try #require($0.integerValue)) }
    }
    func text(_ object: JSONObject, _ key: String) throws -> String { try #require(object[key]?.stringValue) }

    groups = try #require(object["scores"]?.arrayValue).map { value in
      let group = try #require(value.objectValue)
      let continuations = try #require(group["continuations"]?.arrayValue).map { value in
        let object = try #require(value.objectValue)
        return Continuation(
          text: try text(object, "text"), tokens: try tokens(object["tokens"]),
          logLikelihood: try #require(object["log_likelihood"]?.doubleValue),
          isGreedy: try #require(object["is_greedy"]?.boolValue))
      }
      return Group(
        name: try text(group, "name"), context: try text(group, "context"),
        contextTokens: try tokens(group["context_tokens"]), continuations: continuations)
    }
    texts = try #require(object["generations"]?.arrayValue).map { value in
      let object = try #require(value.objectValue)
      return Text(
        prompt: try text(object, "prompt"),
        stops: try #require(object["stops"]?.arrayValue).map { try #require($0.stringValue) },
        text: try text(object, "text"))
    }
    maximumTokens = try #require(object["maximum_tokens"]?.integerValue)
  }
}

import Support
import Testing

@testable import Evaluation

/// Filters of the next token, as transformers applies them, and what a publisher recommends.
@Suite struct SamplingParametersTests {
  private static let packageRoot = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

  @Test("Penalty and filters give the probabilities of transformers' processors")
  func processors() throws {
    let path = Self.packageRoot + "/Tests/Goldens/sampling/processors.jsonl"
    let lines = try FileSystem.readText(path).split(separator: "\n")
    #expect(lines.count > 40)
    for line in lines {
      let golden = try #require(JSONReader.parse(String(line)).objectValue)
      let sampling = try SamplingParameters.recommended(
        generationConfiguration: try #require(golden["configuration"]?.objectValue), path: "c", seed: 1)
      func numbers(_ key: String) -> [Double] { golden[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
      let found = sampling.probabilities(
        numbers("logits").map { Float($0) }, sequence: numbers("sequence").map { Int32($0) })
      let expected = numbers("probabilities")
      try #require(found.count == expected.count)
      for (token, pair) in zip(found, expected).enumerated() {
        #expect(abs(pair.0 - pair.1) < 1e-6, "\(line.prefix(90)) token \(token)")
        #expect((pair.0 == 0) == (pair.1 == 0), "\(line.prefix(90)) token \(token)")
      }
    }
  }

  @Test("A penalty lowers a token once, however often it came, and passes over numbers beyond the table")
  func penalty() throws {
    let sampling = try SamplingParameters(temperature: 1, repetitionPenalty: 2, seed: 1)
    var logits: [Float] = [4, -4, 3, 0]
    logits.withUnsafeMutableBufferPointer { sampling.penalize($0, sequence: [0, 0, 1, 3, 9, -1]) }
    #expect(logits == [2, -8, 3, 0])
    logits.withUnsafeMutableBufferPointer { SamplingParameters.greedy.penalize($0, sequence: [2]) }
    #expect(logits == [2, -8, 3, 0])
  }

  @Test("What generation_config.json recommends, with the defaults of transformers")
  func recommended() throws {
    func read(_ text: String) throws -> SamplingParameters {
      try SamplingParameters.recommended(
        generationConfiguration: try #require(JSONReader.parse(text).objectValue), path: "f", seed: 7)
    }
    #expect(
      try read(#"{"do_sample":true,"top_k":64,"top_p":0.95,"eos_token_id":[1,106]}"#)
        == SamplingParameters(temperature: 1, topK: 64, topP: 0.95, seed: 7))
    #expect(try read(#"{"do_sample":true}"#) == SamplingParameters(temperature: 1, topK: 50, seed: 7))
    #expect(
      try read(#"{"do_sample":true,"top_k":0,"min_p":0.1,"repetition_penalty":1.1,"temperature":null}"#)
        == SamplingParameters(temperature: 1, minP: 0.1, repetitionPenalty: 1.1, seed: 7))
    #expect(try read(#"{"top_k":64,"temperature":0.3}"#) == .greedy)
    #expect(
      try read(#"{"repetition_penalty":1.2}"#)
        == SamplingParameters(temperature: 0, repetitionPenalty: 1.2, seed: 0))
    for (text, words) in [
      (#"{"do_sample":"yes"}"#, "do_sample"), (#"{"do_sample":true,"top_k":1.5}"#, "top_k"),
      (#"{"do_sample":true,"top_p":2}"#, "f: top_p 2"), (#"{"temperature":"hot"}"#, "temperature"),
    ] {
      let error = #expect(throws: BenchmarkError.self) { try read(text) }
      #expect(error?.kind == .invalidFile && error?.message.contains(words) == true, "\(text)")
    }
    let pocket = Self.packageRoot + "/scripts/pocket/models/pocket-6m"
    #expect(try SamplingParameters.recommended(folder: pocket, seed: 3) == .greedy)
    #expect(try SamplingParameters.recommended(folder: Self.packageRoot + "/scripts", seed: 3) == nil)
  }

  @Test("The JSON of parameters comes back, and that of stores from before has no new key")
  func codec() throws {
    let all = try SamplingParameters(
      temperature: 0.5, topK: 4, topP: 0.75, minP: 0.25, repetitionPenalty: 1.5, seed: .max)
    #expect(SamplingParameters(json: all.json) == all)
    #expect(all.seeded(for: ["a"]).minP == 0.25 && all.ofRepeat(2).repetitionPenalty == 1.5)
    let older = try SamplingParameters(temperature: 0.5, topK: 4, topP: 0.75, seed: 3)
    #expect(older.json.text() == #"{"temperature":0.5,"top_k":4,"top_p":0.75,"seed":3}"#)
    #expect(SamplingParameters(json: older.json) == older)
    #expect(
      SamplingParameters(json: ["temperature": 1, "top_k": 0, "top_p": 1, "seed": 1, "min_p": "x"]) == nil)
    for (minP, penalty, temperature, name) in [
      (-0.1, 1, 1, "min_p"), (1.1, 1, 1, "min_p"), (0.1, 1, 0, "min_p"), (0, 0, 1, "repetition_penalty"),
      (0, .infinity, 1, "repetition_penalty"), (.nan, 1, 1, "min_p"),
    ] as [(Double, Double, Double, String)] {
      let error = #expect(throws: BenchmarkError.self) {
        try SamplingParameters(temperature: temperature, minP: minP, repetitionPenalty: penalty, seed: 1)
      }
      #expect(error?.message.contains(name) == true)
    }
  }
}

import Tensors
import Testing

@testable import Transformer

/// Agreement with transformers in float32, for every generation.
@Suite struct ParityTests {
  @Test("Logits agree with transformers within 1e-4", arguments: GoldenModel.all, ComputeType.inFloat32)
  func logits(golden: GoldenModel, arithmetic: ComputeType) throws {
    let expected = try golden.expected()
    let model = try golden.load(arithmetic: arithmetic)
    let logits = try model.allLogits(expected.tokens)
    let distance = greatestDistance(logits, expected.logits)
    #expect(distance <= 1e-4)
    print("\(golden.name), \(arithmetic): logits differ by at most \(distance)")
    #expect(model.parameterCount == expected.parameters)
  }

  @Test("So do those of a prompt longer than a chunk, many windows long", arguments: GoldenModel.all)
  func longPrompts(golden: GoldenModel) throws {
    let expected = try golden.expected()
    #expect(expected.longTokens.count > LanguageModel.chunkTokens)
    let model = try golden.load()
    let cache = try model.makeCache(capacity: expected.longTokens.count)
    let rows = expected.longLogits.count / model.configuration.vocabularySize
    let logits = try model.forward(expected.longTokens, cache: cache, logitCount: rows)
    let distance = greatestDistance((0..<rows).flatMap { logits.row($0) }, expected.longLogits)
    #expect(rows == 4 && distance <= 1e-4)
  }

  @Test("64 greedy tokens are those of transformers", arguments: GoldenModel.all, ComputeType.inFloat32)
  func greedy(golden: GoldenModel, arithmetic: ComputeType) throws {
    let expected = try golden.expected()
    #expect(expected.greedy.count == 64 && (expected.gaps.min() ?? 0) > 1e-3)
    let model = try golden.load(arithmetic: arithmetic)
    let cache = try model.makeCache(capacity: expected.tokens.count + 64)
    var input = expected.tokens
    var produced: [Int32] = []
    for _ in 0..<64 {
      produced.append(try model.forward(input, cache: cache, logitCount: 1).greatest(0))
      input = [produced.last!]
    }
    #expect(produced == expected.greedy)
  }
}

/// The same bits however a text is cut, and whoever else computes.
@Suite struct InvarianceTests {
  @Test("Logits are the same bits in one piece, token by token, in chunks of any size", arguments: GoldenModel.all)
  func chunks(golden: GoldenModel) throws {
    let tokens = try golden.expected().tokens
    let model = try golden.load()
    let whole = try model.allLogits(tokens)
    for size in [1, 2, 7, 16, 43] {
      let cache = try model.makeCache(capacity: tokens.count)
      var pieces: [Float] = []
      for start in stride(from: 0, to: tokens.count, by: size) {
        let part = Array(tokens[start..<min(start + size, tokens.count)])
        let logits = try model.forward(part, cache: cache, logitCount: part.count)
        pieces += (0..<part.count).flatMap { logits.row($0) }
      }
      #expect(pieces == whole, "chunks of \(size)")
      #expect(cache.count == tokens.count)
    }
  }

  @Test("A prompt longer than an internal chunk gives the bits of its pieces", arguments: GoldenModel.all)
  func longPrompts(golden: GoldenModel) throws {
    let model = try golden.load()
    let count = min(model.configuration.maximumPositions, LanguageModel.chunkTokens * 2 + 37)
    let size = Int32(model.configuration.vocabularySize)
    let tokens = (0..<Int32(count)).map { ($0 * 31 + 2) % size }
    let whole = try model.forward(tokens, cache: try model.makeCache(capacity: count), logitCount: count)
    let cache = try model.makeCache(capacity: count)
    _ = try model.forward(Array(tokens[..<200]), cache: cache, logitCount: 0)
    let rest = try model.forward(Array(tokens[200...]), cache: cache, logitCount: 3)
    for row in 0..<3 { #expect(rest.row(row) == whole.row(count - 3 + row)) }
  }

  @Test("After truncation, logits are those of a fresh cache", arguments: GoldenModel.all)
  func truncation(golden: GoldenModel) throws {
    let tokens = try golden.expected().tokens
    let model = try golden.load()
    let cache = try model.makeCache(capacity: tokens.count)
    _ = try model.forward(tokens.reversed(), cache: cache, logitCount: 0)
    cache.truncate(to: 0)
    _ = try model.forward(tokens, cache: cache, logitCount: 1)
    cache.truncate(to: 21)
    let again = try model.forward(Array(tokens[21...]), cache: cache, logitCount: tokens.count - 21)
    let whole = try model.allLogits(tokens)
    let width = model.configuration.vocabularySize
    for row in 0..<tokens.count - 21 {
      #expect(again.row(row) == Array(whole[(row + 21) * width..<(row + 22) * width]))
    }
  }

  @Test("Threads do not change a bit, nor do other forward passes on the same model", arguments: GoldenModel.all)
  func threads(golden: GoldenModel) async throws {
    let tokens = try golden.expected().tokens
    let alone = try golden.load(threads: 1).allLogits(tokens)
    let model = try golden.load(threads: 2)
    try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<8 { group.addTask { try model.allLogits(tokens) } }
      for try await logits in group { #expect(logits == alone) }
    }
  }
}

import Support
import Testing

@testable import Transformer

/// Several sequences in one pass.
@Suite struct PackedTests {
  /// Sequences of different lengths over one vocabulary.
  private func texts(_ golden: GoldenModel, lengths: [Int]) throws -> [[Int32]] {
    let tokens = try golden.expected().tokens
    return lengths.enumerated().map { index, length in (0..<length).map { tokens[($0 * 7 + index) % tokens.count] } }
  }

  @Test("Sequences packed together have the logits that each has alone", arguments: GoldenModel.all)
  func packed(golden: GoldenModel) throws {
    let model = try golden.load()
    let texts = try texts(golden, lengths: [1, 9, 44, 3, 20])
    let counts = [1, 9, 2, 0, 5]
    let alone = try texts.map { try model.allLogits($0) }
    let segments = try zip(texts, counts).map { text, count in
      Segment(cache: try model.makeCache(capacity: 60), tokens: text, logitCount: count)
    }
    let logits = try model.forward(segments)
    let width = model.configuration.vocabularySize
    var row = 0
    for (index, count) in counts.enumerated() {
      for place in texts[index].count - count..<texts[index].count {
        #expect(logits.row(row) == Array(alone[index][place * width..<(place + 1) * width]), "text \(index)")
        row += 1
      }
      #expect(segments[index].cache.count == texts[index].count)
    }
    #expect(row == logits.rowCount)
  }

  @Test("Decoding many sequences at once gives the bits of decoding each alone", arguments: GoldenModel.all)
  func decoding(golden: GoldenModel) throws {
    let model = try golden.load()
    let texts = try texts(golden, lengths: [2, 30, 11])
    let caches = try texts.map { _ in try model.makeCache(capacity: 44) }
    let singles = try texts.map { _ in try model.makeCache(capacity: 44) }
    for (text, (cache, single)) in zip(texts, zip(caches, singles)) {
      _ = try model.forward(text, cache: cache, logitCount: 0)
      _ = try model.forward(text, cache: single, logitCount: 0)
    }
    for step in 0..<10 {
      let next = (0..<3).map { [Int32(5 + $0 + step)] }
      let together = try model.forward(
        zip(caches, next).map { Segment(cache: $0, tokens: $1, logitCount: 1) })
      for index in 0..<3 {
        let alone = try model.forward(next[index], cache: singles[index], logitCount: 1)
        #expect(together.row(index) == alone.row(0))
      }
    }
  }

  @Test("Segments longer together than a chunk are cut where it fits", arguments: GoldenModel.all)
  func chunks(golden: GoldenModel) throws {
    let model = try golden.load()
    let limit = model.configuration.maximumPositions
    let texts = try texts(golden, lengths: [100, min(limit, 250), 7, 200, 60])
    let counts = [3, 4, 7, 1, 60]
    let segments = try zip(texts, counts).map { text, count in
      Segment(cache: try model.makeCache(capacity: text.count), tokens: text, logitCount: count)
    }
    let logits = try model.forward(segments)
    var row = 0
    for (text, count) in zip(texts, counts) {
      let alone = try model.forward(text, cache: try model.makeCache(capacity: text.count), logitCount: count)
      for place in 0..<count {
        #expect(logits.row(row) == alone.row(place))
        row += 1
      }
    }
  }

  @Test func oneCacheCannotStandInTwoSegments() throws {
    let model = try GoldenModel(name: "gemma1-float32").load()
    let cache = try model.makeCache(capacity: 8)
    let segment = Segment(cache: cache, tokens: [2], logitCount: 1)
    let error = #expect(throws: BenchmarkError.self) { try model.forward([segment, segment]) }
    #expect(error?.message.contains("two segments") == true)
    #expect(throws: BenchmarkError.self) { try model.forward([]) }
    #expect(cache.count == 0)
  }
}

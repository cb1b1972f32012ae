import Testing

@testable import Evaluation

/// Loops at the end of a generation.
@Suite struct TextLoopTests {
  private static let rule = TextLoop.Rule(repetitions: 3, tokens: 6)

  /// The same by trying every period.
  private static func plain(_ tokens: [Int], _ rule: TextLoop.Rule) -> TextLoop? {
    for period in 1..<max(2, tokens.count) {
      var length = 0
      while length + period < tokens.count,
        tokens[tokens.count - 1 - length] == tokens[tokens.count - 1 - length - period]
      { length += 1 }
      let covered = length + period
      if covered <= tokens.count, covered / period >= rule.repetitions, covered >= rule.tokens {
        return TextLoop(period: period, repetitions: covered / period, start: tokens.count - covered)
      }
    }
    return nil
  }

  @Test("The shortest run that repeats to the end is found, also where the last one is cut")
  func found() {
    let start = [9, 8, 7]
    #expect(
      TextLoop.find(start + [1, 2, 3, 1, 2, 3, 1, 2, 3, 1], rule: Self.rule)
        == TextLoop(period: 3, repetitions: 3, start: 3))
    #expect(
      TextLoop.find([Int](repeating: 5, count: 40)) == TextLoop(period: 1, repetitions: 40, start: 0))
    #expect(TextLoop.find(start + [1, 2, 3, 1, 2, 3, 1, 2, 3, 4], rule: Self.rule) == nil, "it went on")
    #expect(TextLoop.find([1, 2, 1, 2], rule: Self.rule) == nil, "twice is no loop")
    #expect(TextLoop.find([1, 1, 1, 1, 1], rule: Self.rule) == nil, "too short")
    #expect(TextLoop.find([Int]()) == nil && TextLoop.find([1]) == nil)
    let words = Array(repeating: ["I", "am", "sure", "."], count: 9).flatMap { $0 }
    #expect(TextLoop.find(words)?.period == 4)
  }

  @Test("Random texts agree with trying every period")
  func agreesWithThePlainSearch() {
    var generator = SystemRandomNumberGenerator()
    var loops = 0
    for _ in 0..<4000 {
      let tokens = (0..<Int.random(in: 1...24, using: &generator)).map { _ in Int.random(in: 0...1, using: &generator) }
      let found = TextLoop.find(tokens, rule: Self.rule)
      #expect(found == Self.plain(tokens, Self.rule), "\(tokens)")
      if found != nil { loops += 1 }
    }
    #expect(loops > 100)
  }

  @Test("A long text takes time in proportion to its length")
  func isLinear() {
    // No period repeats, but each agrees for half of the text.
    let tokens = [Int](repeating: 0, count: 200_000) + [1] + [Int](repeating: 0, count: 199_999)
    let found = TextLoop.find(tokens, rule: TextLoop.Rule(repetitions: 300_000, tokens: 1))
    #expect(found == nil)
  }
}

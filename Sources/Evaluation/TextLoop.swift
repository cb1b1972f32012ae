/// A generation that ends in a loop: the same run of tokens again and again to its end.
package struct TextLoop: Sendable, Equatable {
  /// What counts as a loop.
  package struct Rule: Sendable, Equatable {
    /// How often the run must stand at the end, whole.
    package var repetitions: Int
    /// How many tokens the repetitions must cover, so that a row of dashes is none.
    package var tokens: Int

    package init(repetitions: Int = 4, tokens: Int = 32) {
      self.repetitions = repetitions
      self.tokens = tokens
    }
  }

  /// Tokens of the run that repeats: the fewest.
  package let period: Int
  /// How often it stands at the end, whole.
  package let repetitions: Int
  /// The index of the first token of the loop.
  package let start: Int

  /// The loop at the end of a generation, nil if there is none. The last repetition may be cut: a limit of tokens falls
  /// anywhere.
  ///
  /// Of the tokens from behind, z[p] is how many agree with those p further: the Z array (D. Gusfield, Algorithms on
  /// Strings, 1997, section 1.4). Takes time in proportion to the tokens.
  package static func find<Token: Equatable>(_ tokens: [Token], rule: Rule = Rule()) -> TextLoop? {
    let count = tokens.count
    if count < 2 || rule.repetitions < 2 { return nil }
    func at(_ index: Int) -> Token { tokens[count - 1 - index] }
    var z = [Int](repeating: 0, count: count)
    var (left, right) = (0, 0)
    for index in 1..<count {
      var length = index < right ? min(right - index, z[index - left]) : 0
      while index + length < count, at(length) == at(index + length) { length += 1 }
      z[index] = length
      if index + length > right { (left, right) = (index, index + length) }
      let covered = length + index
      if covered / index >= rule.repetitions, covered >= rule.tokens {
        return TextLoop(period: index, repetitions: covered / index, start: count - covered)
      }
    }
    return nil
  }
}

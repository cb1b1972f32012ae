/// The numbers that an option may have.
package struct OptionRange: Sendable, Equatable {
  package let least: Double
  /// Nil: there is no greatest.
  package let greatest: Double?
  /// Whether a number must be above the least, and where there is a greatest, whether it must be below that.
  private let excludesLeast: Bool
  private let excludesGreatest: Bool

  private init(_ least: Double, _ greatest: Double?, excludesLeast: Bool, excludesGreatest: Bool) {
    self.least = least
    self.greatest = greatest
    self.excludesLeast = excludesLeast
    self.excludesGreatest = excludesGreatest
  }

  /// All numbers from one on, or up to another; both belong to it.
  package static func from(_ least: Double, to greatest: Double? = nil) -> OptionRange {
    OptionRange(least, greatest, excludesLeast: false, excludesGreatest: false)
  }

  /// All numbers above one, or up to another that belongs to it.
  package static func above(_ least: Double, to greatest: Double? = nil) -> OptionRange {
    OptionRange(least, greatest, excludesLeast: true, excludesGreatest: false)
  }

  /// All numbers between two that do not belong to it.
  package static func between(_ least: Double, and greatest: Double) -> OptionRange {
    OptionRange(least, greatest, excludesLeast: true, excludesGreatest: true)
  }

  package func contains(_ number: Double) -> Bool {
    let isHigh = excludesLeast ? number > least : number >= least
    guard let greatest else { return isHigh }
    return isHigh && (excludesGreatest ? number < greatest : number <= greatest)
  }

  /// As a table has it: `0 to 5`, `0 or more`, `above 0`, `above 0, at most 1`, `between 0 and 1`.
  package var words: String {
    guard let greatest else { return excludesLeast ? "above \(Self.text(least))" : "\(Self.text(least)) or more" }
    if excludesGreatest { return "between \(Self.text(least)) and \(Self.text(greatest))" }
    return excludesLeast
      ? "above \(Self.text(least)), at most \(Self.text(greatest))" : "\(Self.text(least)) to \(Self.text(greatest))"
  }

  /// As it follows a noun: `from 0 to 5`, `of 0 or more`, `above 0`.
  var clause: String {
    if excludesLeast { return words }
    return greatest == nil ? "of \(words)" : "from \(words)"
  }

  private static func text(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}

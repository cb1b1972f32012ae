/// What a number counts, and so how it is printed: the one place that turns a score into text.
///
/// Every table, chart, page and command prints a metric's values through it, so a count of errors is nowhere shown as a
/// percentage.
package enum ValueUnit: Sendable, Equatable, Hashable {
  /// A share, printed in percent; differences are percentage points.
  case fraction
  /// A number without a unit.
  case number
  case seconds
  case perSecond
  case bytes
  /// A unit of the task's own, such as "errors", printed behind the number.
  case own(String)

  /// The longest custom unit: it stands behind every number of a table.
  package static let longestOwn = 24

  /// The unit of a name; any other text is a unit of its own. Nil for an empty text, one of several lines, or a long one.
  package init?(name: String) {
    switch name {
    case "fraction": self = .fraction
    case "number": self = .number
    case "seconds": self = .seconds
    case "per_second": self = .perSecond
    case "bytes": self = .bytes
    default:
      let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "\u{2028}" }
      guard !name.isEmpty, name.count <= Self.longestOwn, isPlain, name.first != " ", name.last != " " else {
        return nil
      }
      self = .own(name)
    }
  }

  /// The name that records hold and `init(name:)` reads.
  package var name: String {
    switch self {
    case .fraction: "fraction"
    case .number: "number"
    case .seconds: "seconds"
    case .perSecond: "per_second"
    case .bytes: "bytes"
    case .own(let text): text
    }
  }

  /// A value, with its unit.
  package func text(_ value: Double) -> String {
    switch self {
    case .fraction: return (value * 100).fixed(1) + "%"
    case .perSecond: return "\(value.fixed(1))/s"
    case .seconds:
      let size = value.magnitude
      return size < 1 ? "\((value * 1000).fixed(size < 0.01 ? 2 : 1)) ms" : "\(value.fixed(2)) s"
    case .bytes:
      if value.magnitude < 1e3 { return Self.plain(value) + " B" }
      if value.magnitude < 1e5 { return "\((value / 1e3).fixed(1)) kB" }
      return value.magnitude < 1e9 ? "\((value / 1e6).fixed(1)) MB" : "\((value / 1e9).fixed(2)) GB"
    case .number: return Self.plain(value)
    case .own(let unit): return Self.plain(value) + (unit == "%" ? "" : " ") + unit
    }
  }

  /// A level in percent, without a decimal that is 0: "95%", "99.9%".
  package static func plainPercent(_ share: Double) -> String { plain(share * 100) + "%" }

  /// Two ends of an interval.
  package func text(_ lower: Double, _ upper: Double) -> String { "\(text(lower)) – \(text(upper))" }

  /// A difference of two values with its sign; of shares in percentage points, whose name the reader is told elsewhere.
  package func change(_ value: Double) -> String {
    let text = self == .fraction ? (value * 100).fixed(1) : text(value)
    return value > 0 && text.contains(where: { "123456789".contains($0) }) ? "+" + text : text
  }

  /// The size of a difference, with its unit: "3.2 points", "3.25 errors".
  package func size(_ difference: Double) -> String {
    self == .fraction ? "\((difference.magnitude * 100).fixed(1)) points" : text(difference.magnitude)
  }

  /// What a column of differences is called: shares differ by points.
  package var changeTitle: String { self == .fraction ? "points" : "difference" }

  /// "lower is better", where a reader expects the other; of times and memory everybody knows it.
  package func directionNote(higherIsBetter: Bool) -> String? {
    higherIsBetter || self == .seconds || self == .bytes ? nil : "lower is better"
  }

  /// What stands beside an axis for the unit; empty where the ticks or nothing say it.
  package var axisTitle: String {
    switch self {
    case .fraction, .number: ""
    case .seconds: "s"
    case .perSecond: "1/s"
    case .bytes: "bytes"
    case .own(let unit): unit
    }
  }

  /// A number of no fixed scale: four significant digits, all digits of the whole part, no zeros at the end.
  static func plain(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value.fixed(0) }
    var exponent = 0
    var size = value.magnitude
    if size < 1e-6 || size >= 1e15 { return value.description }
    while size >= 10 { (size, exponent) = (size / 10, exponent + 1) }
    while size < 1 { (size, exponent) = (size * 10, exponent - 1) }
    let text = value.fixed(max(0, 3 - exponent))
    guard text.contains(".") else { return text }
    let trimmed = String(text.reversed().drop { $0 == "0" }.reversed())
    return trimmed.hasSuffix(".") ? String(trimmed.dropLast()) : trimmed
  }
}

import Glibc
import Support

/// What an axis measures, and how its numbers are written.
package struct Axis: Sendable, Equatable {
  package var title: String
  package var format: ValueFormat
  package var isLogarithmic: Bool
  /// Values that the axis shows whatever the data are.
  package var includes: [Double]
  /// The axis never goes beyond these.
  package var bounds: ClosedRange<Double>?

  package init(
    title: String, format: ValueFormat, isLogarithmic: Bool = false, includes: [Double] = [],
    bounds: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.format = format
    self.isLogarithmic = isLogarithmic
    self.includes = includes
    self.bounds = bounds
  }

  /// Scores that are shares, within 0 to 1.
  package static func share(_ title: String) -> Axis { Axis(title: title, format: .percent, bounds: 0...1) }
}

/// How a number is written.
package enum ValueFormat: Sendable, Equatable {
  /// A share in percent.
  case percent
  /// A difference of shares in percentage points, with its sign.
  case points
  /// Any number, three significant digits, with its unit behind it where there is room.
  case number(unit: String)
  /// A value of a metric, as every table prints it.
  case value(ValueUnit)
  /// A difference of a metric's values, with its sign.
  case change(ValueUnit)

  /// The number as it stands alone.
  package func text(_ value: Double) -> String {
    switch self {
    case .percent: (value * 100).rounded(digits: 1) + "%"
    case .points: (value > 0 ? "+" : "") + (value * 100).rounded(digits: 1)
    case .number(let unit): Self.significant(value) + (unit.isEmpty ? "" : " " + unit)
    case .value(let unit): unit.text(value)
    case .change(let unit): unit.change(value)
    }
  }

  /// The number as a tick: no more digits than the step has, no unit.
  func tick(_ value: Double, step: Double) -> String {
    switch self {
    case .percent: (value * 100).rounded(digits: Self.digits(step * 100)) + "%"
    case .points: (value > step / 2 ? "+" : "") + (value * 100).rounded(digits: Self.digits(step * 100))
    case .value(.fraction): ValueFormat.percent.tick(value, step: step)
    case .change(.fraction): ValueFormat.points.tick(value, step: step)
    case .number, .value, .change: Self.grouped(value.rounded(digits: Self.digits(step)))
    }
  }

  private static func digits(_ step: Double) -> Int {
    step > 0 ? min(9, max(0, Int(-floor(log10(step) + 1e-9)))) : 0
  }

  private static func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let places = 2 - Int(floor(log10(value.magnitude)))
    return grouped(value.rounded(digits: min(9, max(0, places))))
  }

  /// Thousands set apart by a narrow space.
  private static func grouped(_ text: String) -> String {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, whole.count > 4 else { return text }
    var result = ""
    for (place, digit) in whole.reversed().enumerated() {
      if place > 0, place % 3 == 0, digit != "-" { result.append("\u{202F}") }
      result.append(digit)
    }
    return String(result.reversed()) + (parts.count > 1 ? "." + parts[1] : "")
  }
}

/// Where the numbers of an axis lie between its two ends.
struct Scale {
  let lower: Double
  let upper: Double
  let isLogarithmic: Bool
  let ticks: [Double]
  let labels: [String]

  /// A scale that holds the values with round ends. Values that are not finite, or not positive on a logarithmic axis, count
  /// for nothing. Source of the round numbers: P. Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.
  init(_ axis: Axis, values: [Double], tickCount: Int = 5) {
    isLogarithmic = axis.isLogarithmic
    let shown = (values + axis.includes).filter { $0.isFinite && (!axis.isLogarithmic || $0 > 0) }
    var (low, high) = (shown.min() ?? 0, shown.max() ?? 1)
    if axis.isLogarithmic {
      if shown.isEmpty { (low, high) = (1, 10) }
      let found = Self.logarithmic(low, high)
      (lower, upper, ticks) = (found.lower, found.upper, found.ticks)
      labels = ticks.map { axis.format.tick($0, step: $0) }
      return
    }
    if low == high {
      let reach = low == 0 ? 0.5 : low.magnitude * 0.1
      (low, high) = (low - reach, high + reach)
    }
    let step = Self.niceStep((high - low) / Double(max(1, tickCount - 1)))
    var first = (low / step + 1e-9).rounded(.down)
    var last = (high / step - 1e-9).rounded(.up)
    if let bounds = axis.bounds {
      first = max(first, (bounds.lowerBound / step - 1e-9).rounded(.up))
      last = min(last, (bounds.upperBound / step + 1e-9).rounded(.down))
    }
    if last <= first { last = first + 1 }
    lower = first * step
    upper = last * step
    ticks = (0...Int(min(100, last - first))).map { (first + Double($0)) * step }
    labels = ticks.map { axis.format.tick($0, step: step) }
  }

  /// The place of a value, 0 at the lower end and 1 at the upper; values beyond stay at the end.
  func share(_ value: Double) -> Double {
    let (value, lower, upper) = isLogarithmic ? (log(max(value, lower)), log(lower), log(upper)) : (value, lower, upper)
    return min(1, max(0, (value - lower) / (upper - lower)))
  }

  private static func niceStep(_ rough: Double) -> Double {
    let magnitude = pow(10, floor(log10(rough)))
    let fraction = rough / magnitude
    return magnitude * (fraction <= 1.0001 ? 1 : fraction <= 2.0001 ? 2 : fraction <= 5.0001 ? 5 : 10)
  }

  private static func logarithmic(_ low: Double, _ high: Double) -> (lower: Double, upper: Double, ticks: [Double]) {
    var candidates: [Double] = []
    for exponent in Int(floor(log10(low))) - 1...Int(ceil(log10(high))) + 1 {
      for digit in [1.0, 2, 5] { candidates.append(digit * pow(10, Double(exponent))) }
    }
    let lower = candidates.last { $0 <= low * 1.0001 } ?? low
    let upper = candidates.first { $0 >= high * 0.9999 && $0 > lower } ?? high * 10
    var ticks = candidates.filter { $0 >= lower && $0 <= upper }
    if ticks.count > 9 { ticks = ticks.filter { abs(log10($0).rounded() - log10($0)) < 1e-9 } }
    return (lower, upper, ticks.isEmpty ? [lower, upper] : ticks)
  }
}

extension Double {
  /// The number with a count of digits after the point; never "-0".
  fileprivate func rounded(digits: Int) -> String {
    let text = fixed(digits)
    return text.hasPrefix("-") && !text.contains(where: { "123456789".contains($0) }) ? String(text.dropFirst()) : text
  }
}

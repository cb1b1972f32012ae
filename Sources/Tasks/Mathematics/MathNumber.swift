import Glibc

/// A complex number in double precision that also knows its exact fraction, as long as that fits into 128 bits.
struct MathNumber: Sendable {
  let real: Double
  let imaginary: Double
  /// Numerator and denominator without common factors, the denominator positive; nil where the value is not known exactly.
  private let exact: (numerator: Int128, denominator: Int128)?

  init(real: Double, imaginary: Double = 0) {
    self.real = real
    self.imaginary = imaginary
    exact = nil
  }

  /// A fraction; not a number if the denominator is zero.
  init(_ numerator: Int128, _ denominator: Int128 = 1) {
    imaginary = 0
    guard denominator != 0, numerator != .min, denominator != .min else {
      real = denominator == 0 ? .nan : Double(numerator) / Double(denominator)
      exact = nil
      return
    }
    var (a, b) = (numerator.magnitude, denominator.magnitude)
    while b != 0 { (a, b) = (b, a % b) }
    let divisor = Int128(a) * (denominator < 0 ? -1 : 1)
    exact = (numerator / divisor, denominator / divisor)
    real = Double(numerator) / Double(denominator)
  }

  /// A decimal number as it is written: digits, perhaps with a point.
  init(decimal text: String) {
    var numerator: Int128? = 0
    var denominator: Int128? = 1
    var isFraction = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        isFraction = true
        continue
      }
      numerator = numerator.flatMap { Self.product($0, 10) }.flatMap { Self.sum($0, Int128(byte) - 48) }
      if isFraction { denominator = denominator.flatMap { Self.product($0, 10) } }
    }
    if let numerator, let denominator {
      self.init(numerator, denominator)
    } else {
      self.init(real: Double(text) ?? .nan)
    }
  }

  static let notANumber = MathNumber(real: .nan)
  static let infinity = MathNumber(real: .infinity)

  /// The value as a whole number; nil if it is none, or not exact.
  var integer: Int? { exact.flatMap { $0.denominator == 1 ? Int(exactly: $0.numerator) : nil } }

  private var isLongDecimal: Bool {
    guard var rest = exact?.denominator, rest >= 100_000_000 else { return false }
    for factor: Int128 in [2, 5] { while rest % factor == 0 { rest /= factor } }
    return rest == 1
  }

  var isReal: Bool { imaginary == 0 }
  var isNaN: Bool { real.isNaN || imaginary.isNaN }
  var magnitude: Double { hypot(real, imaginary) }

  /// Whether two numbers are the same fraction, or within a relative difference of 1e-9 where one of them is not exact or is a
  /// decimal that was cut or rounded behind its eighth place or later.
  func isEqual(to other: MathNumber) -> Bool {
    if let exact, let second = other.exact {
      if exact == second { return true }
      if !isLongDecimal, !other.isLongDecimal { return false }
    }
    if isNaN || other.isNaN { return false }
    if real.isInfinite || other.real.isInfinite { return real == other.real && imaginary == other.imaginary }
    // The second bound is for what should be zero, such as sin(pi).
    let difference = hypot(real - other.real, imaginary - other.imaginary)
    return difference <= 1e-9 * max(magnitude, other.magnitude) || difference <= 1e-13
  }

  private static func sum(_ a: Int128, _ b: Int128) -> Int128? {
    let (value, overflows) = a.addingReportingOverflow(b)
    return overflows ? nil : value
  }

  private static func product(_ a: Int128, _ b: Int128) -> Int128? {
    let (value, overflows) = a.multipliedReportingOverflow(by: b)
    return overflows ? nil : value
  }

  static func + (a: MathNumber, b: MathNumber) -> MathNumber {
    if let x = a.exact, let y = b.exact, let first = product(x.numerator, y.denominator),
      let second = product(y.numerator, x.denominator), let numerator = sum(first, second),
      let denominator = product(x.denominator, y.denominator)
    {
      return MathNumber(numerator, denominator)
    }
    return MathNumber(real: a.real + b.real, imaginary: a.imaginary + b.imaginary)
  }

  static func * (a: MathNumber, b: MathNumber) -> MathNumber {
    if let x = a.exact, let y = b.exact, let numerator = product(x.numerator, y.numerator),
      let denominator = product(x.denominator, y.denominator)
    {
      return MathNumber(numerator, denominator)
    }
    // Infinity times a complex number would have parts that are none.
    if a.isReal, b.isReal { return MathNumber(real: a.real * b.real) }
    return MathNumber(
      real: a.real * b.real - a.imaginary * b.imaginary, imaginary: a.real * b.imaginary + a.imaginary * b.real)
  }

  static prefix func - (a: MathNumber) -> MathNumber { a * MathNumber(-1) }

  var reciprocal: MathNumber {
    if let exact { return MathNumber(exact.denominator, exact.numerator) }
    if isReal { return real == 0 ? .notANumber : MathNumber(real: 1 / real) }
    let square = real * real + imaginary * imaginary
    return MathNumber(real: real / square, imaginary: -imaginary / square)
  }

  /// The principal value of the logarithm.
  var logarithm: MathNumber {
    if isReal, real > 0 { return MathNumber(real: log(real)) }
    return magnitude == 0 ? .notANumber : MathNumber(real: log(magnitude), imaginary: atan2(imaginary, real))
  }

  var exponential: MathNumber {
    let size = exp(real)
    return isReal ? MathNumber(real: size) : MathNumber(real: size * cos(imaginary), imaginary: size * sin(imaginary))
  }

  func power(_ exponent: MathNumber) -> MathNumber {
    if exact != nil, let count = exponent.integer, count.magnitude <= 512 {
      var result = MathNumber(1)
      for _ in 0..<count.magnitude { result = result * self }
      return count < 0 ? result.reciprocal : result
    }
    if isReal, exponent.isReal, real >= 0 || exponent.real == exponent.real.rounded() {
      return MathNumber(real: pow(real, exponent.real))
    }
    if magnitude == 0 { return exponent.real > 0 ? MathNumber(0) : .notANumber }
    return (logarithm * exponent).exponential
  }

  /// The root of a whole index: of a negative number the real one, where the index is odd.
  func root(_ index: MathNumber) -> MathNumber {
    if let index = index.integer, index % 2 != 0, isReal, real < 0 {
      return MathNumber(real: -pow(-real, 1 / Double(index)))
    }
    if isReal, real >= 0, index.integer == 2 { return MathNumber(real: real.squareRoot()) }
    return power(index.reciprocal)
  }
}

import Glibc

/// A scalar term: numbers, symbols and what is computed of them.
indirect enum MathNode: Sendable {
  enum Operation: Sendable, Equatable {
    case sum, product, negative, reciprocal, power, root, factorial, magnitude, floor, ceiling, binomial
    /// Of the second operand to the base of the first.
    case logarithm
    case function(String)
  }

  case number(MathNumber)
  case symbol(String)
  case operation(Operation, [MathNode])

  static let functions: [String: @Sendable (MathNumber) -> MathNumber] = [
    "ln": { $0.logarithm }, "exp": { $0.exponential }, "sin": { sine($0) },
    "cos": { sine($0 + MathNumber(real: .pi / 2)) },
    "tan": { sine($0) * sine($0 + MathNumber(real: .pi / 2)).reciprocal },
    "cot": { sine($0 + MathNumber(real: .pi / 2)) * sine($0).reciprocal },
    "sec": { sine($0 + MathNumber(real: .pi / 2)).reciprocal }, "csc": { sine($0).reciprocal },
    "arcsin": ofReals(asin), "arccos": ofReals(acos), "arctan": ofReals(atan), "sinh": ofReals(sinh),
    "cosh": ofReals(cosh), "tanh": ofReals(tanh),
  ]

  private static func ofReals(_ function: @escaping @Sendable (Double) -> Double)
    -> @Sendable (MathNumber) -> MathNumber
  {
    { $0.isReal ? MathNumber(real: function($0.real)) : .notANumber }
  }

  private static func sine(_ number: MathNumber) -> MathNumber {
    if number.isReal { return MathNumber(real: sin(number.real)) }
    return MathNumber(
      real: sin(number.real) * cosh(number.imaginary), imaginary: cos(number.real) * sinh(number.imaginary))
  }

  /// Whether there are symbols in it.
  var hasSymbols: Bool {
    switch self {
    case .number: false
    case .symbol: true
    case .operation(_, let operands): operands.contains(where: \.hasSymbols)
    }
  }

  /// Whether it is a name: a symbol, or symbols side by side, such as f(x).
  var isName: Bool {
    switch self {
    case .symbol: true
    case .operation(.product, let operands): operands.allSatisfy(\.isName)
    default: false
    }
  }

  /// The value where the symbols have the values of a point; not a number where there is none.
  func value(at point: Int) -> MathNumber {
    switch self {
    case .number(let number): return number
    case .symbol(let name): return Self.value(of: name, at: point)
    case .operation(let operation, let operands):
      let values = operands.map { $0.value(at: point) }
      let result = Self.apply(operation, values)
      // What overflows is no infinity.
      return result.real.isFinite || values.contains { !$0.real.isFinite } ? result : .notANumber
    }
  }

  private static func apply(_ operation: Operation, _ values: [MathNumber]) -> MathNumber {
    switch operation {
    case .sum: return values.reduce(MathNumber(0), +)
    case .product: return values.reduce(MathNumber(1), *)
    case .negative: return -values[0]
    case .reciprocal: return values[0].reciprocal
    case .power: return values[0].power(values[1])
    case .root: return values[1].root(values[0])
    case .magnitude:
      let value = values[0]
      return value.isReal && value.real >= 0 ? value : value.isReal ? -value : MathNumber(real: value.magnitude)
    case .floor, .ceiling:
      guard values[0].isReal else { return .notANumber }
      if values[0].integer != nil { return values[0] }
      return Int128(exactly: operation == .floor ? floor(values[0].real) : ceil(values[0].real)).map { MathNumber($0) }
        ?? .notANumber
    case .factorial:
      guard let count = values[0].integer else {
        return values[0].isReal ? MathNumber(real: tgamma(values[0].real + 1)) : .notANumber
      }
      if count < 0 || count > 170 { return .notANumber }
      return (1...max(count, 1)).reduce(MathNumber(1)) { $0 * MathNumber(Int128($1)) }
    case .binomial:
      guard let n = values[0].integer, let k = values[1].integer else {
        let (n, k) = (values[0].real, values[1].real)
        return MathNumber(real: tgamma(n + 1) / tgamma(k + 1) / tgamma(n - k + 1))
      }
      if n < 0 || k < 0 || k > n { return MathNumber(0) }
      let count = min(k, n - k)
      if count > 1000 { return .notANumber }
      return (0..<count).reduce(MathNumber(1)) { $0 * MathNumber(Int128(n - $1), Int128($1 + 1)) }
    case .logarithm: return values[1].logarithm * values[0].logarithm.reciprocal
    case .function(let name): return functions[name]?(values[0]) ?? .notANumber
    }
  }

  /// Points that symbols are replaced at: two terms that are equal at all of them are taken for equal.
  static let points = 6

  /// A value between 0.4 and 2.4 that depends on the name and the point alone, at later points also a negative one.
  private static func value(of name: String, at point: Int) -> MathNumber {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in Array(name.utf8) + [UInt8(truncatingIfNeeded: point)] {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
    hash ^= hash >> 29
    let value = 0.4 + 2 * Double(hash >> 11) / Double(1 << 53)
    return MathNumber(real: point >= points / 2 && hash & 1 == 1 ? -value : value)
  }

  func isEqual(to other: MathNode) -> Bool {
    if !hasSymbols, !other.hasSymbols { return value(at: 0).isEqual(to: other.value(at: 0)) }
    return Self.agree(self, other) { $0.isEqual(to: $1) }
  }

  /// The constant that the other term is multiplied by to be this one; nil where there is none but 0.
  func ratio(to other: MathNode) -> Double? {
    var ratio: MathNumber?
    let isConstant = Self.agree(self, other) { (first, second) in
      let quotient = first * second.reciprocal
      defer { ratio = ratio ?? quotient }
      return quotient.magnitude > 1e-12 && (ratio ?? quotient).isEqual(to: quotient)
    }
    guard isConstant, let ratio, ratio.isReal else { return nil }
    return ratio.real
  }

  /// Whether something holds at all points where both terms have a value, two at least.
  private static func agree(_ a: MathNode, _ b: MathNode, _ holds: (MathNumber, MathNumber) -> Bool) -> Bool {
    var count = 0
    for point in 0..<points {
      let (first, second) = (a.value(at: point), b.value(at: point))
      if first.isNaN, second.isNaN { continue }
      if first.isNaN || second.isNaN || !holds(first, second) { return false }
      count += 1
    }
    return count > 1
  }
}

/// A stream of random bits that is a pure function of a seed, a purpose and a number: Philox4x64-10.
///
/// Every replicate of a resampling draws from the stream of its own number, so which thread computes it changes nothing.
/// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The numbers
/// are those of numpy's `Philox` with the key (seed, purpose) and the counter (block, stream, 0, 0).
package struct RandomStream: RandomNumberGenerator, Sendable {
  /// What the numbers are for: two purposes of one seed share no number.
  package enum Purpose: UInt64, Sendable {
    case bootstrap = 1
    case permutation = 2
    case order = 3
    case simulation = 4
    case quantiles = 5
    case sampling = 6
  }

  /// Four words that leave Philox at once.
  typealias Block = (UInt64, UInt64, UInt64, UInt64)

  private let seed: UInt64
  private let purpose: UInt64
  private let stream: UInt64
  private var blockNumber: UInt64 = 0
  private var block: Block = (0, 0, 0, 0)
  private var used = 4

  package init(seed: UInt64, purpose: Purpose, stream: UInt64 = 0) {
    self.seed = seed
    self.purpose = purpose.rawValue
    self.stream = stream
  }

  /// The next 64 bits, from the first word of a block to the fourth.
  package mutating func next() -> UInt64 {
    if used == 4 {
      block = Self.block(seed, purpose, blockNumber, stream)
      blockNumber &+= 1
      used = 0
    }
    used += 1
    switch used {
    case 1: return block.0
    case 2: return block.1
    case 3: return block.2
    default: return block.3
    }
  }

  /// A number of 0 up to 1, 1 excluded, in steps of 2^-53.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A whole number of 0 up to a bound, the bound excluded, each with the same probability; 0 for a bound of 0.
  ///
  /// Source: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29, 2019.
  package mutating func below(_ bound: UInt64) -> UInt64 {
    if bound == 0 { return 0 }
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// The numbers 0 ..< count in a random order, every order with the same probability (R. Durstenfeld, 1964).
  package mutating func order(_ count: Int) -> [Int] {
    var order = Array(0..<max(0, count))
    for position in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(position, Int(below(UInt64(position) + 1)))
    }
    return order
  }

  /// One block of the generator: ten rounds over the counter (block, stream, 0, 0) with the key (seed, purpose).
  @inline(__always)
  static func block(_ seed: UInt64, _ purpose: UInt64, _ number: UInt64, _ stream: UInt64) -> Block {
    var words: Block = (number, stream, 0, 0)
    var key = (seed, purpose)
    for _ in 0..<10 {
      let first = words.0.multipliedFullWidth(by: 0xD2E7_470E_E14C_6C93)
      let second = words.2.multipliedFullWidth(by: 0xCA5A_8263_9512_1157)
      words = (second.high ^ words.1 ^ key.0, second.low, first.high ^ words.3 ^ key.1, first.low)
      key.0 &+= 0x9E37_79B9_7F4A_7C15
      key.1 &+= 0xBB67_AE85_84CA_A73B
    }
    return words
  }
}

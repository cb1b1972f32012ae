/// CPython's `random.Random` as far as few-shot draws need it: the same seed gives the same draws.
///
/// The generator is MT19937 (M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998) with the
/// initialisation by array of its 2002 revision; `sample` follows the documented behaviour of Python 3.2 and later.
struct PythonRandom {
  private static let size = 624
  private static let middle = 397

  private var state: [UInt32]
  private var position = PythonRandom.size

  /// The generator of `random.Random(seed)` for a whole number; the sign of a seed does not matter to Python.
  init(seed: Int) {
    let magnitude = UInt64(seed.magnitude)
    let high = UInt32(truncatingIfNeeded: magnitude >> 32)
    let key = [UInt32(truncatingIfNeeded: magnitude)] + (high == 0 ? [] : [high])
    state = Self.linear(seed: 19_650_218)
    mix(key)
  }

  private static func linear(seed: UInt32) -> [UInt32] {
    var state = [seed]
    for index in 1..<UInt32(size) {
      let last = state[state.count - 1]
      state.append(1_812_433_253 &* (last ^ last >> 30) &+ index)
    }
    return state
  }

  private mutating func mix(_ key: [UInt32]) {
    var index = 1
    var keyIndex = 0
    func advance(_ state: inout [UInt32]) {
      index += 1
      if index == Self.size {
        state[0] = state[Self.size - 1]
        index = 1
      }
    }
    for _ in 0..<max(Self.size, key.count) {
      let last = state[index - 1]
      state[index] = (state[index] ^ (last ^ last >> 30) &* 1_664_525) &+ key[keyIndex] &+ UInt32(keyIndex)
      advance(&state)
      keyIndex = (keyIndex + 1) % key.count
    }
    for _ in 1..<Self.size {
      let last = state[index - 1]
      state[index] = (state[index] ^ (last ^ last >> 30) &* 1_566_083_941) &- UInt32(index)
      advance(&state)
    }
    state[0] = 0x8000_0000
  }

  /// The next 32 bits.
  mutating func next() -> UInt32 {
    if position == Self.size { twist() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  private mutating func twist() {
    for index in 0..<Self.size {
      let joined = state[index] & 0x8000_0000 | state[(index + 1) % Self.size] & 0x7FFF_FFFF
      let odd: UInt32 = joined & 1 == 0 ? 0 : 0x9908_B0DF
      state[index] = state[(index + Self.middle) % Self.size] ^ joined >> 1 ^ odd
    }
    position = 0
  }

  /// A whole number from 0 up to, and without, a bound from 1 to 2^32 - 1: `Random._randbelow`.
  mutating func below(_ bound: Int) -> Int {
    let bits = UInt32(Int.bitWidth - bound.leadingZeroBitCount)
    while true {
      let value = Int(next() >> (32 - bits))
      if value < bound { return value }
    }
  }

  /// Puts items in a random order: `Random.shuffle`.
  mutating func shuffle<Item>(_ items: inout [Item]) {
    for index in items.indices.dropFirst().reversed() { items.swapAt(index, below(index + 1)) }
  }

  /// Distinct positions from a population, in the order drawn: `Random.sample(range(population), count)`.
  ///
  /// A small population is drawn from by removal, a large one by drawing again what came before; which of the two
  /// decides what is drawn, so the threshold is Python's. Asks for at most `population` positions.
  mutating func sample(_ count: Int, of population: Int) -> [Int] {
    let count = min(max(count, 0), population)
    var threshold = 21
    if count > 5 {
      var power = 4
      while power < count * 3 { power *= 4 }
      threshold += power
    }
    var drawn: [Int] = []
    if population <= threshold {
      var pool = Array(0..<population)
      for index in 0..<count {
        let chosen = below(population - index)
        drawn.append(pool[chosen])
        pool[chosen] = pool[population - index - 1]
      }
    } else {
      var seen = Set<Int>()
      for _ in 0..<count {
        var chosen = below(population)
        while !seen.insert(chosen).inserted { chosen = below(population) }
        drawn.append(chosen)
      }
    }
    return drawn
  }
}

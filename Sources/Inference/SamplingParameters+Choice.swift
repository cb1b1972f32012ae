import Evaluation
@preconcurrency import Glibc
import Statistics
import Support

extension SamplingParameters {
  /// Whether a token is chosen by a row of logits; otherwise the greatest of them says it.
  var needsRow: Bool { temperature != 0 || repetitionPenalty != 1 }

  /// The token that follows, by the logits behind the one before; `index` counts the tokens of the generation from 0, and
  /// `seen` are the tokens of prompt and generation, which a repetition penalty needs alone.
  func choose(_ logits: LogitSummary, index: Int, seen: Set<Int32> = []) -> Int32 {
    guard needsRow, let row = logits.row else { return logits.greatest }
    return row.withValues { values in
      if repetitionPenalty == 1 { return sample(values, greatest: Int(logits.greatest), index) }
      // The row belongs to the model.
      var penalized = Array(values)
      return penalized.withUnsafeMutableBufferPointer { values in
        penalize(values, sequence: seen)
        var greatest = 0
        for token in values.indices where values[token] > values[greatest] { greatest = token }
        return temperature == 0 ? Int32(greatest) : sample(UnsafeBufferPointer(values), greatest: greatest, index)
      }
    }
  }

  private func sample(_ values: UnsafeBufferPointer<Float>, greatest: Int, _ index: Int) -> Int32 {
    var stream = RandomStream(seed: seed, purpose: .sampling, stream: UInt64(index))
    return Int32(draw(values, values[greatest], stream.uniform()))
  }

  /// A token's weight: its probability times a factor that all tokens share.
  private func weight(_ logit: Float, _ greatest: Float) -> Double {
    exp((Double(logit) - Double(greatest)) / temperature)
  }

  /// The weight of a token that `minP` leaves; 0 of others.
  private func keptWeight(_ logit: Float, _ greatest: Float) -> Double {
    let weight = weight(logit, greatest)
    return keeps(weight: weight, greatest: 1) ? weight : 0
  }

  private func draw(_ values: UnsafeBufferPointer<Float>, _ greatest: Float, _ share: Double) -> Int {
    if topP == 1, topK == 0 || topK >= values.count {
      let total = values.reduce(0) { $0 + keptWeight($1, greatest) }
      return pick(values.indices, share * total) { keptWeight(values[$0], greatest) }
    }
    var ranked = candidates(values, greatest)
    if minP > 0 { ranked = Array(ranked.prefix { keeps(weight: weight(values[$0], greatest), greatest: 1) }) }
    let total = ranked.reduce(0) { $0 + weight(values[$1], greatest) }
    return pick(ranked, share * total) { weight(values[$0], greatest) }
  }

  /// The first token at which the weights so far exceed what was drawn.
  private func pick(_ tokens: some Collection<Int>, _ drawn: Double, _ weight: (Int) -> Double) -> Int {
    var sum = 0.0
    var last = 0
    for token in tokens {
      let own = weight(token)
      if own == 0 { continue }
      sum += own
      last = token
      if sum > drawn { break }
    }
    return last
  }

  /// The tokens that may be drawn, the most probable first; of equals the lower id first.
  private func candidates(_ values: UnsafeBufferPointer<Float>, _ greatest: Float) -> [Int] {
    let limit = topK == 0 ? values.count : min(topK, values.count)
    if topP == 1 { return Self.ranked(values, limit) }
    // Few tokens hold most of the probability: to sort them all is rarely needed.
    var count = min(limit, 256)
    while true {
      let ranked = Self.ranked(values, count)
      let total =
        limit == values.count
        ? values.reduce(0) { $0 + weight($1, greatest) }
        : (count == limit ? ranked : Self.ranked(values, limit)).reduce(0) { $0 + weight(values[$1], greatest) }
      var sum = 0.0
      for (place, token) in ranked.enumerated() {
        sum += weight(values[token], greatest)
        if sum >= topP * total { return Array(ranked[...place]) }
      }
      if count == limit { return ranked }
      count = min(limit, count * 16)
    }
  }

  /// The `count` greatest values' places, the greatest first, of equals the lower place.
  private static func ranked(_ values: UnsafeBufferPointer<Float>, _ count: Int) -> [Int] {
    func precedes(_ a: Int, _ b: Int) -> Bool { values[a] == values[b] ? a < b : values[a] > values[b] }
    if count * 8 >= values.count { return Array(values.indices.sorted(by: precedes).prefix(count)) }
    // Keeps up to twice as many and throws the worse half away whenever they are full.
    var kept: [Int] = []
    kept.reserveCapacity(2 * count)
    var least = -Float.infinity
    for place in values.indices where values[place] > least || kept.count < count {
      kept.append(place)
      if kept.count == 2 * count {
        kept.sort(by: precedes)
        kept.removeLast(count)
        least = values[kept[count - 1]]
      }
    }
    return Array(kept.sorted(by: precedes).prefix(count))
  }
}

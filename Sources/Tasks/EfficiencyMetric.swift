import Statistics
import Support

/// What the efficiency task reads off a measurement; every repetition gives one number of each.
public enum EfficiencyMetric: String, CaseIterable, Sendable {
  case decodeRate = "decode_tokens_per_second"
  case prefillRate = "prefill_tokens_per_second"
  case timeToFirstToken = "time_to_first_token_seconds"
  case interTokenMedian = "inter_token_median_seconds"
  case interTokenP95 = "inter_token_p95_seconds"
  case interTokenP99 = "inter_token_p99_seconds"
  case peakMemory = "peak_memory_bytes"

  /// The metrics, the main one first.
  public static let metrics = allCases.map { metric in
    Metric(
      name: metric.rawValue, summary: metric.summary, upperBound: .infinity, higherIsBetter: metric.unit == .perSecond,
      isBinary: false, aggregate: .median, unit: metric.unit)
  }

  private var unit: ValueUnit {
    switch self {
    case .decodeRate, .prefillRate: .perSecond
    case .timeToFirstToken, .interTokenMedian, .interTokenP95, .interTokenP99: .seconds
    case .peakMemory: .bytes
    }
  }

  private var summary: String {
    switch self {
    case .decodeRate: "tokens made in a second after the first one"
    case .prefillRate: "tokens of the prompt read in a second"
    case .timeToFirstToken: "from the text of the prompt to the first token"
    case .interTokenMedian: "from a token to the next: the median of a generation"
    case .interTokenP95: "from a token to the next: the 95th percentile of a generation"
    case .interTokenP99: "from a token to the next: the 99th percentile of a generation"
    case .peakMemory: "the most memory the process held at a time, weights included"
    }
  }

  /// The number of one repetition; nil where it has none.
  public func value(of measurement: Measurement) -> Double? {
    func rate(_ tokens: Int, _ seconds: Double) -> Double? {
      tokens > 0 && seconds > 0 ? Double(tokens) / seconds : nil
    }
    func step(_ share: Double) -> Double? {
      Quantiles.quantile(sorted: measurement.interTokenSeconds.sorted(), share)
    }
    switch self {
    case .decodeRate:
      return rate(measurement.interTokenSeconds.count, measurement.interTokenSeconds.reduce(0, +))
    case .prefillRate: return rate(measurement.promptTokens, measurement.prefillSeconds)
    case .timeToFirstToken: return measurement.timeToFirstTokenSeconds
    case .interTokenMedian: return step(0.5)
    case .interTokenP95: return step(0.95)
    case .interTokenP99: return step(0.99)
    case .peakMemory: return measurement.peakMemoryBytes.map(Double.init)
    }
  }
}

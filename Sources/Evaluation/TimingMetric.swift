import Support

/// The metrics that are read off measurements; every repetition gives one number of each.
package enum TimingMetric: String, CaseIterable, Sendable {
  case decodeRate = "decode_tokens_per_second"
  case prefillRate = "prefill_tokens_per_second"
  case timeToFirstToken = "time_to_first_token_seconds"
  case interTokenMedian = "inter_token_median_seconds"
  case interTokenP95 = "inter_token_p95_seconds"
  case interTokenP99 = "inter_token_p99_seconds"
  case peakMemory = "peak_memory_bytes"

  /// The member of a run's record that has them for each sample.
  package static let recordKey = "efficiency"

  /// The metrics, the main one first.
  package static let metrics = allCases.map(\.metric)

  package var metric: Metric {
    Metric(
      name: rawValue, summary: summary, upperBound: .infinity, higherIsBetter: unit == .perSecond, isBinary: false,
      aggregate: .median, unit: unit, kind: .timing)
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
    case .decodeRate: "tokens generated per second after the first one"
    case .prefillRate: "prompt tokens processed per second"
    case .timeToFirstToken: "time from the text of the prompt to the first token"
    case .interTokenMedian: "time between tokens: the median of a generation"
    case .interTokenP95: "time between tokens: the 95th percentile of a generation"
    case .interTokenP99: "time between tokens: the 99th percentile of a generation"
    case .peakMemory: "peak resident set size of the process, weights included"
    }
  }
}

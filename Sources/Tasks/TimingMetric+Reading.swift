import Evaluation
import Statistics

extension TimingMetric {
  /// The number of one repetition; nil where it has none.
  package func value(of measurement: Measurement) -> Double? {
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

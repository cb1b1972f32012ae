import Glibc
import Testing

@testable import Statistics

/// Not a promise but a measurement: prints how long the BCa interval of MMLU's 14,042 items takes, if GEMMABENCH_SPEED is set.
@Suite(.enabled(if: getenv("GEMMABENCH_SPEED") != nil)) struct BootstrapSpeedTests {
  @Test func mmlu() {
    var stream = RandomStream(seed: 1, purpose: .simulation)
    let values = (0..<14_042).map { _ in stream.coin(0.6) }
    let clusters = Clusters((0..<14_042).map { $0 / 247 })
    for threads in [2, 1] {
      for (name, clusters) in [("items", nil), ("57 clusters", clusters)] {
        let seconds = (0..<5).map { _ in
          let start = ContinuousClock.now
          let interval = Bootstrap(values: values, clusters: clusters, threads: threads)?.interval()
          let duration = ContinuousClock.now - start
          #expect(interval != nil)
          return duration / .seconds(1)
        }
        let times = seconds.sorted()
        print("\(threads) threads, 10,000 replicates of \(name): \(times[2]) s, \(times[0]) to \(times[4])")
      }
    }
  }
}

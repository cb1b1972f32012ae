import Testing

@testable import Statistics

/// Confidence against how often it is borne out, by hand.
@Suite struct CalibrationTests {
  @Test("Bins, their accuracies, and the error are those of the formula")
  func bins() throws {
    // 0.1 belongs to the first bin, as Guo et al. have ((m - 1)/M, m/M].
    let found = try #require(
      Calibration(confidences: [0.1, 0.25, 0.95, 0.95, 1], isRight: [false, true, true, false, true]))
    #expect(found.bins.map(\.count) == [1, 1, 3] && found.bins.map(\.lower) == [0, 0.2, 0.9])
    #expect(found.bins.map(\.accuracy) == [0, 1, 2.0 / 3])
    #expect(abs(found.bins[2].meanConfidence - 2.9 / 3) < 1e-12)
    let expected = 0.2 * 0.1 + 0.2 * 0.75 + 0.6 * (2.9 / 3 - 2.0 / 3)
    #expect(abs(found.expectedError - expected) < 1e-12)
    #expect(found.bins[2].interval == .wilson(successes: 2, count: 3, level: 0.95))
  }

  @Test("A confidence is the share of the likeliest choice")
  func confidence() throws {
    let found = try #require(Calibration.confidence(logLikelihoods: [-1000, -1001, -1000.5]))
    #expect(found.choice == 0 && abs(found.share - 1 / (1 + 0.36787944117144233 + 0.6065306597126334)) < 1e-12)
    #expect(Calibration.confidence(logLikelihoods: [-1, -1])?.share == 0.5)
    #expect(Calibration.confidence(logLikelihoods: [-1]) == nil)
    #expect(Calibration.confidence(logLikelihoods: [-1, -.infinity]) == nil)
  }

  @Test("What says nothing gives nothing")
  func nothing() {
    #expect(Calibration(confidences: [], isRight: []) == nil)
    #expect(Calibration(confidences: [0.5], isRight: []) == nil)
    #expect(Calibration(confidences: [1.5], isRight: [true]) == nil)
    #expect(Calibration(confidences: [.nan], isRight: [true]) == nil)
  }
}

import Support
import Testing

@testable import Inference

/// Log-probabilities of the real model at 6,000 positions of three texts, the longest one of 4,400: beyond the window of
/// 512 and beyond 2,048.
@Suite(.enabled(if: RealModel.isThere)) struct RealModelLogProbabilityTests {
  @Test("Log-probabilities of the float32 folder are those of transformers")
  func transformers() throws {
    let golden = try RealModel.golden("log_probabilities.json")
    let lines = try #require(golden["tokens"]?.arrayValue).map { line in
      (line.arrayValue ?? []).compactMap { $0.integerValue.map(Int32.init) }
    }
    let expected = try FileSystem.read(RealModel.goldens + "/log_probabilities.f32").withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
    let model = try RealModel.model()
    var found = [[Float]](repeating: [], count: lines.count)
    try model.scheduler().run(
      try lines.map {
        .score(try model.requestTokenizer.scoreRequest(context: [$0[0]], continuation: Array($0.dropFirst())))
      }
    ) { index, response, _ in
      if case .score(let score) = response { found[index] = score.logProbabilities }
    }
    let all = found.flatMap { $0 }
    #expect(all.count == expected.count && all.count == 6000 && lines.contains { $0.count > 4096 })
    let greatest = zip(all, expected).map { abs($0 - $1) }.max() ?? .infinity
    print("Gemma 3 270M: 6,000 log-probabilities differ by at most \(greatest) from those of transformers")
    #expect(greatest <= 1e-4)
  }
}

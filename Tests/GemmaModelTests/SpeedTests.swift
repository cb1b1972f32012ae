import Glibc
import Testing

@testable import GemmaModel

/// Not a promise but a measurement: prints tokens per second of the checkpoint folder in GEMMABENCH_SPEED_MODEL.
@Suite(.enabled(if: getenv("GEMMABENCH_SPEED_MODEL") != nil)) struct SpeedTests {
  @Test func prefillAndDecode() throws {
    let clock = ContinuousClock()
    var model: LanguageModel!
    let loading = try clock.measure {
      model = try LanguageModel.load(folder: String(cString: getenv("GEMMABENCH_SPEED_MODEL")), threads: 0) { _, _ in }
    }
    print("\(model.parameterCount) parameters, \(model.threadCount) threads, loaded in \(loading)")
    let cache = try model.makeCache(capacity: 640)
    let prompt = (0..<Int32(512)).map { $0 * 7 + 5 }
    for _ in 0..<3 {
      cache.truncate(to: 0)
      let prefill = try clock.measure { _ = try model.forward(prompt, cache: cache, logitCount: 1) }
      var token: Int32 = 3
      let decode = try clock.measure {
        for _ in 0..<64 { token = try model.forward([token], cache: cache, logitCount: 1).greatest(0) }
      }
      print("prefill \(512 / (prefill / .seconds(1))) tokens/s, decode \(64 / (decode / .seconds(1))) tokens/s")
    }
  }
}

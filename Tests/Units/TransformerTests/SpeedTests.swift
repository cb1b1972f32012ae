import Glibc
import Support
import Testing

@testable import Transformer

/// Not a promise but a measurement: prints tokens per second of the checkpoint folder in GEMMABENCH_SPEED_MODEL, by the
/// clock and by the processor time of one thread, which a busy machine disturbs less.
@Suite(.enabled(if: getenv("GEMMABENCH_SPEED_MODEL") != nil)) struct SpeedTests {
  @Test func prefillAndDecode() throws {
    let folder = String(cString: getenv("GEMMABENCH_SPEED_MODEL"))
    let model = try LanguageModel.load(folder: folder, threads: 0) { _, _ in }
    let prompt = (0..<Int32(512)).map { $0 * 7 + 5 }
    let single = try LanguageModel.load(folder: folder, threads: 1) { _, _ in }
    for (model, rounds) in [(model, 3), (single, 2)] {
      let cache = try model.makeCache(capacity: 640)
      for _ in 0..<rounds { try measure(model, cache, prompt) }
    }
  }

  private func measure(_ model: LanguageModel, _ cache: KeyValueCache, _ prompt: [Int32]) throws {
    let start = ContinuousClock.now
    let processorStart = clock()
    cache.truncate(to: 0)
    _ = try model.forward(prompt, cache: cache, logitCount: 1)
    let middle = ContinuousClock.now
    let processorMiddle = clock()
    var token: Int32 = 3
    for _ in 0..<64 { token = try model.forward([token], cache: cache, logitCount: 1).greatest(0) }
    let end = ContinuousClock.now
    let processorEnd = clock()
    func rate(_ tokens: Double, _ seconds: Double) -> String { (tokens / seconds).fixed(1) }
    let prefill = rate(512, (middle - start) / .seconds(1))
    let decode = rate(64, (end - middle) / .seconds(1))
    let prefillProcessor = rate(512e6, Double(processorMiddle - processorStart))
    let decodeProcessor = rate(64e6, Double(processorEnd - processorMiddle))
    print(
      "\(model.threadCount) threads: prefill \(prefill), decode \(decode) tokens/s;",
      "per second of processor time: \(prefillProcessor) and \(decodeProcessor)")
  }
}

import Checkpoints
import Glibc
import Support
import Testing
import Tokenization
import Transformer

@testable import Quantization

/// GGUF models with a changed byte anywhere before their tensors: each loads and runs, or is refused in one line.
@Suite struct MalformedFileTests {
  private static let changesOfEach = 600

  @Test(arguments: GoldenFile.all) func aChangedByteIsAModelOrAnError(golden: GoldenFile) throws {
    let scratch = try ScratchFolder()
    let folder = try golden.write(into: scratch.path)
    let path = "\(scratch.path)/model.gguf"
    try ModelQuantizer(model: folder, scheme: try QuantizationScheme(name: "q4_0")).write(to: path, threads: 2) {
      _, _ in
    }
    let tensors = try GGUFFile(path).tensors
    let end = try #require(tensors.map(\.range.lowerBound).min())
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    var state: UInt64 = 11
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var refused = 0
    for index in 0..<Self.changesOfEach {
      // The numbers stand in front, the table of tensors at the end, the vocabulary between.
      let position =
        switch index % 3 {
        case 0: next(min(end, 2500))
        case 1: end - 1 - next(min(end, 80 * tensors.count))
        default: next(end)
        }
      var byte: UInt8 = 0
      pread(descriptor, &byte, 1, off_t(position))
      var changed = byte ^ UInt8(1 << next(8))
      if index % 5 == 0 { changed = ~byte }
      pwrite(descriptor, &changed, 1, off_t(position))
      defer { pwrite(descriptor, &byte, 1, off_t(position)) }
      do throws(BenchmarkError) {
        let tokenizer = try Tokenizer.load(path: path)
        _ = tokenizer.encode("an apple, 3 é\n\n<start_of_turn>", addBeginningOfSequence: true)
        let model = try LanguageModel.load(path: path, threads: 1) { _, _ in }
        let cache = try model.makeCache(capacity: min(4, model.configuration.maximumPositions))
        _ = try model.forward([0], cache: cache, logitCount: 1)
      } catch {
        refused += 1
        #expect(error.message.contains("model.gguf") && !error.message.contains("\n"), "\(error.message)")
      }
    }
    #expect(refused > Self.changesOfEach / 10, "\(refused)")
  }
}

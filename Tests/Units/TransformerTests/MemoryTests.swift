import Glibc
import Support
import Testing

@testable import Transformer

/// Holds the memory statement to what the process really takes, on the checkpoint folder in GEMMABENCH_SPEED_MODEL.
@Suite(.enabled(if: getenv("GEMMABENCH_SPEED_MODEL") != nil)) struct MemoryTests {
  @Test func theStatementIsTrueWithinATenth() throws {
    let folder = String(cString: getenv("GEMMABENCH_SPEED_MODEL"))
    let before = try residentBytes()
    let model = try LanguageModel.load(folder: folder, threads: 0) { _, _ in }
    for (length, sequences) in [(2048, 1), (1024, 4)] {
      let caches = try (0..<sequences).map { _ in try model.makeCache(capacity: length) }
      for start in stride(from: 0, to: length, by: 128) {
        let segments = caches.map { cache in
          Segment(cache: cache, tokens: (0..<128).map { Int32(start + $0) }, logitCount: start + 128 == length ? 1 : 0)
        }
        _ = try model.forward(segments)
      }
      let estimate = model.configuration.memoryEstimate(
        weightBytes: model.weightBytes, contextLength: length, sequences: sequences, threads: model.threadCount)
      let measured = try residentBytes() - before
      let megabytes = { (bytes: Int) in "\(bytes >> 20) MiB" }
      print(
        "\(length) positions of \(sequences): stated \(megabytes(estimate.totalBytes)), measured \(megabytes(measured));",
        "tensors \(megabytes(estimate.weightBytes)), keys and values \(megabytes(estimate.keyValueBytes)),",
        "scratch \(megabytes(estimate.workspaceBytes))")
      #expect(abs(Double(measured) / Double(estimate.totalBytes) - 1) < 0.1)
    }
  }

  /// Resident memory of this process: the second field of proc(5)'s statm, in pages.
  private func residentBytes() throws -> Int {
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    _ = try #require(fgets(&text, 256, file))
    let fields = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try #require(fields.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * Int(getpagesize())
  }
}

import Glibc
import Support
import Testing

@testable import GemmaModel

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

  /// VmRSS of this process.
  private func residentBytes() throws -> Int {
    let status = try FileSystem.readText("/proc/self/status")
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first) * 1024
  }
}

import Foundation
import Support
import Testing

@testable import ModelHub

/// Data sets that are in a cache of huggingface_hub's layout, without a network.
final class DataSetCacheTests {
  private let folder: String
  private let commit = String(repeating: "a", count: 40)

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("data-set-cache-\(UUID().uuidString)").path
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func settings() throws -> HubSettings {
    try HubSettings(environment: { $0 == "HF_HUB_OFFLINE" ? "1" : nil }, cacheFolder: folder)
  }

  /// Lays a file down as huggingface_hub does it: a blob named by its digest, and a link.
  private func put(_ path: String, _ text: String, etag: String? = nil) throws {
    let base = "\(folder)/datasets--o--n"
    let snapshot = "\(base)/snapshots/\(commit)"
    let digest = etag ?? SHA256.hexadecimal(text)
    let parent = URL(fileURLWithPath: "\(snapshot)/\(path)").deletingLastPathComponent().path
    for folder in ["\(base)/blobs", "\(base)/refs", parent] { try FileSystem.makeFolder(folder) }
    try FileSystem.write(text, to: "\(base)/blobs/\(digest)")
    try FileSystem.write(commit, to: "\(base)/refs/main")
    try FileManager.default.createSymbolicLink(
      atPath: "\(snapshot)/\(path)", withDestinationPath: "\(base)/blobs/\(digest)")
  }

  @Test("Rows of all files of a split, in their order, with the commit and the digests")
  func rows() throws {
    try put("data/test-00000-of-00002.jsonl", "{\"q\": 1}\n{\"q\": 2}\n")
    try put("data/test-00001-of-00002.jsonl", "{\"q\": 3}\n")
    var rows = try HubDataSet.rows(of: DataSetReference("o/n"), split: "test", settings: settings())
    #expect(rows.commit == commit && rows.configuration == "default")
    #expect(
      rows.files.map(\.location) == (0...1).map { "hf://datasets/o/n@\(commit)/data/test-0000\($0)-of-00002.jsonl" })
    #expect(rows.files[1].sha256 == SHA256.hexadecimal("{\"q\": 3}\n"))
    #expect(try rows.rows(atMost: 2).map { $0.fields["q"] } == [1, 2])
    #expect(try rows.nextRow()?.fields["q"] == 3)
    #expect(try rows.nextRow() == nil && rows.nextRow() == nil)
  }

  @Test("A split of which a part is missing is not here, nor is another commit")
  func absence() throws {
    try put("data/test-00000-of-00002.jsonl", "{\"q\": 1}\n")
    func absence(_ reference: String, _ split: String) -> String {
      do {
        _ = try HubDataSet.rows(of: DataSetReference(reference), split: split, settings: settings())
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(absence("o/n", "test").contains("o/n (test): not in the cache \(folder)"))
    #expect(absence("o/n", "train").contains("o/n (train): not in the cache"))
    #expect(absence("o/n@v2", "test").contains("not in the cache"))
    #expect(absence("o/other", "test").contains("HF_HUB_OFFLINE"))
  }

  @Test("A list of all files makes an unknown split an error")
  func listing() throws {
    try put("test.jsonl", "{\"q\": 1}\n")
    let cache = DataSetCache(try settings())
    let file = HubClient.File(path: "test.jsonl", size: 9, etag: SHA256.hexadecimal("{\"q\": 1}\n"), isLarge: true)
    try cache.write([file], "o/n", commit)
    #expect(try cache.listing("o/n", commit) == [file])
    #expect(throws: BenchmarkError.self) {
      try HubDataSet.fetch(DataSetReference("o/n"), splits: ["train"], settings: self.settings()) { _, _ in true }
    }
    let found = try HubDataSet.cached(settings: settings())
    #expect(
      found.map(\.repository) == ["o/n"] && found.first?.splits == ["test"] && found.first?.references == ["main"])
  }

  @Test("Bytes that are not those of the digest are an error with the command that fetches them again")
  func damage() throws {
    try put("test.jsonl", "{\"q\": 1}\n", etag: SHA256.hexadecimal("{\"q\": 2}\n"))
    let error = #expect(throws: BenchmarkError.self) {
      try HubDataSet.rows(of: DataSetReference("o/n"), split: "test", settings: self.settings())
    }
    #expect(error?.kind == .invalidFile && error?.message.hasSuffix("run: gemmabench data o/n") == true)
    // Small files have git's digest.
    try put("train.jsonl", "{}\n", etag: "0967ef424bce6791893e9a57bb952f80fd536e93")
    let rows = try HubDataSet.rows(of: DataSetReference("o/n"), split: "train", settings: settings())
    #expect(rows.files.first?.sha256 == SHA256.hexadecimal("{}\n"))
  }
}

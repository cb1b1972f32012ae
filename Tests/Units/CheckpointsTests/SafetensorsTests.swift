import Glibc
import Support
import Testing

@testable import Checkpoints

/// A folder of this test run that vanishes with this object.
final class ScratchFolder {
  let path: String

  init() throws {
    path = "/tmp/gemmabench-checkpoints-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeFolder(path)
  }

  deinit {
    for name in (try? FileSystem.list(path)) ?? [] { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  func write(_ bytes: [UInt8], _ name: String) {
    let file = fopen("\(path)/\(name)", "wb")!
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}

/// The bytes of a safetensors file with this header; `length` in place of the header's true length.
func safetensors(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
  let text = Array(header.utf8)
  let count = length ?? UInt64(text.count)
  let prefix = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
  return prefix + text + [UInt8](repeating: 0, count: data)
}

@Suite struct SafetensorsTests {
  private func entry(_ type: String = "F32", _ shape: String = "[2,3]", _ from: Int = 0, _ to: Int = 24) -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(from),\#(to)]}"#
  }

  /// The message of the error that these bytes end in.
  private func message(_ bytes: [UInt8]) throws -> String {
    let folder = try ScratchFolder()
    folder.write(bytes, "model.safetensors")
    let error = #expect(throws: BenchmarkError.self) { try Checkpoint(folder: folder.path) }
    let text = error?.message ?? ""
    #expect(text.contains("\(folder.path)/model.safetensors"), "the file's name in: \(text)")
    return text
  }

  @Test func aWellFormedFileIsReadInPlace() throws {
    let folder = try ScratchFolder()
    let header = #"{"__metadata__":{"format":"pt"},"a":\#(entry()),"b":\#(entry("BF16", "[]", 24, 26))}"#
    folder.write(safetensors(header, data: 26), "model.safetensors")
    let checkpoint = try Checkpoint(folder: folder.path)
    #expect(checkpoint.tensors["a"]?.shape == [2, 3])
    #expect(checkpoint.tensors["b"]?.elementType == .bfloat16)
    #expect(checkpoint.tensors["b"]?.elementCount == 1)
    let start = checkpoint.files[0].memory.baseAddress.map { $0 + 8 + header.utf8.count }
    #expect(checkpoint.tensors["a"]?.memory.baseAddress == start)
  }

  @Test func truncationIsAnErrorThatNamesTheTensor() throws {
    let text = try message(safetensors(#"{"a":\#(entry())}"#, data: 23))
    #expect(text.contains("tensor a") && text.contains("truncated"))
  }

  @Test func everyPrefixOfAFileIsRefused() throws {
    let whole = safetensors(#"{"a":\#(entry())}"#, data: 24)
    for count in 0..<whole.count { _ = try message(Array(whole[..<count])) }
  }

  /// Any byte before the tensors may be anything: the result is a checkpoint or one line of error.
  @Test func everyMutatedHeaderByteIsAFileOrAnError() throws {
    let header = #"{"__metadata__":{"format":"pt"},"a":\#(entry()),"b":\#(entry("BF16", "[2]", 24, 28))}"#
    let whole = safetensors(header, data: 28)
    let folder = try ScratchFolder()
    for position in 0..<8 + header.utf8.count {
      for change: UInt8 in [0x01, 0x02, 0x10, 0x20, 0x80, 0xFF, whole[position]] {
        var mutated = whole
        mutated[position] ^= change
        folder.write(mutated, "model.safetensors")
        do {
          for tensor in try Checkpoint(folder: folder.path).tensors.values {
            _ = try tensor.load().reduce(0) { $0 &+ Int($1) }
          }
        } catch {
          #expect(error.message.hasPrefix("\(folder.path)/model.safetensors") && !error.message.contains("\n"))
        }
      }
    }
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 40, 1000]) func absurdHeaderLengthsAreRefused(length: UInt64) throws {
    #expect(try message(safetensors("{}", data: 4, length: length)).contains("header"))
  }

  @Test func malformedEntriesAreRefusedByName() throws {
    let cases: [(entry: String, reason: String)] = [
      (entry("F32", "[2,3]", 0, 20), "expected 24"),
      (entry("F32", "[-2,3]"), "shape"),
      (entry("F32", "[4611686018427387904,4]"), "64 bits"),
      (entry("F32", "[9223372036854775807]"), "64 bits"),
      (entry("F32", "[1.5]"), "shape"),
      (entry("F32", "[2,3]", 24, 0), "data_offsets"),
      (entry("F32", "[2,3]", -24, 0), "data_offsets"),
      (#"{"dtype":"F32","shape":[2,3],"data_offsets":[0,9223372036854775807]}"#, "truncated"),
      (#"{"dtype":"F32","shape":[2,3]}"#, "data_offsets"),
      (#"{"shape":[2,3],"data_offsets":[0,24]}"#, "dtype"),
      ("7", "object"),
    ]
    for (entry, reason) in cases {
      let text = try message(safetensors(#"{"some.tensor":\#(entry)}"#, data: 24))
      #expect(text.contains("some.tensor") && text.contains(reason), "\(entry): \(text)")
    }
  }

  @Test func tensorsOfOtherTypesAreKeptApart() throws {
    let folder = try ScratchFolder()
    folder.write(
      safetensors(#"{"a":\#(entry()),"b":\#(entry("F8_E4M3", "[4]", 24, 28))}"#, data: 28), "model.safetensors")
    let checkpoint = try Checkpoint(folder: folder.path)
    #expect(checkpoint.tensors.keys.sorted() == ["a"])
    #expect(checkpoint.foreignTensors.map(\.name) == ["b"])
    let message = checkpoint.foreignTensors[0].refusal.message
    #expect(message.contains("model.safetensors: tensor b: element type \"F8_E4M3\""))
  }

  @Test func overlapsGapsAndLeftoversAreRefused() throws {
    let overlap = #"{"a":\#(entry()),"b":\#(entry("F32", "[2]", 20, 28))}"#
    #expect(try message(safetensors(overlap, data: 28)).contains("tensor b: overlaps"))
    let gap = #"{"a":\#(entry()),"b":\#(entry("F32", "[2]", 28, 36))}"#
    #expect(try message(safetensors(gap, data: 36)).contains("tensor b: leaves a gap"))
    #expect(try message(safetensors(#"{"a":\#(entry())}"#, data: 30)).contains("6 unexpected bytes after"))
  }

  @Test func duplicateNamesAreRefused() throws {
    let text = try message(safetensors(#"{"a":\#(entry()),"a":\#(entry())}"#, data: 24))
    #expect(text.contains("twice"))
  }

  @Test func anIndexMustAgreeWithItsShards() throws {
    func failure(_ index: String) throws -> String {
      let folder = try ScratchFolder()
      folder.write(safetensors(#"{"a":\#(entry())}"#, data: 24), "one.safetensors")
      folder.write(Array(index.utf8), "model.safetensors.index.json")
      do { _ = try Checkpoint(folder: folder.path) } catch { return error.message }
      return ""
    }
    #expect(try failure(#"{"weight_map":{"a":"one.safetensors"}}"#) == "")
    #expect(try failure(#"{"weight_map":{"a":"two.safetensors"}}"#).contains("two.safetensors: this shard"))
    // As transformers has it, a shard's own table says what it holds.
    #expect(try failure(#"{"weight_map":{"a":"one.safetensors","b":"one.safetensors"}}"#) == "")
    #expect(try failure(#"{"weight_map":{"b":"one.safetensors"}}"#) == "")
    #expect(try failure(#"{"weight_map":{"a":"../one.safetensors"}}"#).contains("not a file name"))
    #expect(try failure(#"{"weight_map":7}"#).contains("weight_map"))
    #expect(try failure(#"{"weight_map":{}}"#).contains("weight_map"))
    #expect(try failure("{").contains("index.json"))
  }

  @Test func aFolderWithoutACheckpointIsNotFound() throws {
    let folder = try ScratchFolder()
    let error = #expect(throws: BenchmarkError.self) { try Checkpoint(folder: folder.path) }
    #expect(error?.kind == .notFound)
    #expect(throws: BenchmarkError.self) { try Checkpoint(folder: "/nonexistent") }
  }
}

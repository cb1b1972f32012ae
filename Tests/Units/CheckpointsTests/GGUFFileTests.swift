import Support
import Tensors
import Testing

@testable import Checkpoints

@Suite struct GGUFFileTests {
  /// Every kind of value, an array of each sort, and three tensors.
  static func whole(version: UInt32 = 3) -> (header: Int, bytes: [UInt8]) {
    var file = GGUFBytes(version: version, tensors: 3, keys: 15)
    file.key("u8", type: 0)
    file.integer(UInt8(200))
    file.key("i8", type: 1)
    file.integer(Int8(-100))
    file.key("u16", type: 2)
    file.integer(UInt16(60_000))
    file.key("i16", type: 3)
    file.integer(Int16(-30_000))
    file.key("u32", type: 4)
    file.integer(UInt32(4_000_000_000))
    file.key("i32", type: 5)
    file.integer(Int32(-2_000_000_000))
    file.key("f32", type: 6)
    file.integer(Float(0.1).bitPattern)
    file.key("bool", type: 7)
    file.integer(UInt8(1))
    file.key("general.architecture", type: 8)
    file.string("gemma")
    file.key("u64", type: 10)
    file.integer(UInt64.max)
    file.key("i64", type: 11)
    file.integer(Int64.min)
    file.key("f64", type: 12)
    file.integer((0.1).bitPattern)
    file.strings("tokens", ["<pad>", "", "é▁"])
    file.key("scores", type: 9)
    file.integer(UInt32(6))
    file.integer(UInt64(2))
    file.integer(Float(-1.5).bitPattern)
    file.integer(Float(2).bitPattern)
    file.key("nested", type: 9)
    file.integer(UInt32(9))
    file.integer(UInt64(1))
    file.integer(UInt32(5))
    file.integer(UInt64(2))
    file.integer(Int32(1))
    file.integer(Int32(2))
    file.tensor("a", [3, 2], offset: 0)
    file.tensor("b", [32, 2], type: 2, offset: 32)
    file.tensor("c", [1], type: 30, offset: 96)
    let header = file.bytes.count
    file.pad()
    file.data(98)
    return (header, file.bytes)
  }

  /// The message of the error that these bytes end in, nil if they load.
  static func failure(_ bytes: [UInt8], folder: ScratchFolder) -> String? {
    folder.write(bytes, "model.gguf")
    do { _ = try GGUFFile("\(folder.path)/model.gguf") } catch {
      #expect(error.message.contains("\(folder.path)/model.gguf"), "the file's name in: \(error.message)")
      return error.message
    }
    return nil
  }

  @Test(arguments: [UInt32(2), 3]) func everyKindOfValueIsRead(version: UInt32) throws {
    let folder = try ScratchFolder()
    folder.write(Self.whole(version: version).bytes, "model.gguf")
    let file = try GGUFFile("\(folder.path)/model.gguf")
    #expect(file.version == version && file.alignment == 32 && file.keys.count == 15)
    #expect(try file.integer("u8") == 200 && file.integer("i8") == -100 && file.integer("u16") == 60_000)
    #expect(try file.integer("i16") == -30_000 && file.integer("u32") == 4_000_000_000)
    #expect(try file.integer("i32") == -2_000_000_000 && file.integer("i64") == Int.min)
    #expect(try file.number("f32") == Double(Float(0.1)) && file.number("f64") == 0.1 && file.number("u8") == 200)
    #expect(try file.bool("bool") == true && file.string("general.architecture") == "gemma")
    #expect(file.value("u64") == .unsigned(.max))
    #expect(throws: BenchmarkError.self) { try file.integer("u64") }
    #expect(throws: BenchmarkError.self) { try file.string("u8") }
    #expect(try file.string("absent") == nil)
    let tokens = try #require(try file.array("tokens"))
    #expect(try tokens.count == 3 && tokens.strings() == ["<pad>", "", "é▁"])
    #expect(throws: BenchmarkError.self) { try tokens.integers() }
    let scores = try #require(try file.array("scores"))
    #expect(try scores.floats() == [-1.5, 2])
    #expect(throws: BenchmarkError.self) { try scores.strings() }
    #expect(try file.array("nested")?.count == 1)
  }

  @Test func tensorsLieWhereTheTableSays() throws {
    let folder = try ScratchFolder()
    let (header, bytes) = Self.whole()
    folder.write(bytes, "model.gguf")
    let tensors = try GGUFFile("\(folder.path)/model.gguf").tensors
    let start = (header + 31) / 32 * 32
    #expect(tensors.map(\.name) == ["a", "b", "c"])
    #expect(tensors.map(\.shape) == [[2, 3], [2, 32], [1]])
    #expect(tensors.map(\.elementType) == [.float32, .q4_0, .bfloat16])
    #expect(tensors.map(\.range) == [start..<start + 24, start + 32..<start + 68, start + 96..<start + 98])
    #expect(tensors.map(\.elementCount) == [6, 64, 1])
  }

  @Test func everyTruncationIsRefused() throws {
    let folder = try ScratchFolder()
    let bytes = Self.whole().bytes
    for count in 0..<bytes.count { #expect(Self.failure(Array(bytes[..<count]), folder: folder) != nil, "\(count)") }
  }

  /// Any byte of the header may be anything: the result is a file or one line of error, and reading what it holds is
  /// safe too.
  @Test func everyMutatedHeaderByteIsAFileOrAnError() throws {
    let folder = try ScratchFolder()
    let (header, bytes) = Self.whole()
    for position in 0..<header {
      for change: UInt8 in [0x01, 0x80, 0xFF, bytes[position]] {
        var mutated = bytes
        mutated[position] ^= change
        if let message = Self.failure(mutated, folder: folder) {
          #expect(!message.contains("\n"))
          continue
        }
        let file = try GGUFFile("\(folder.path)/model.gguf")
        for key in file.keys {
          guard case .array(let array)? = file.value(key) else { continue }
          _ = try? array.strings()
          _ = try? array.floats()
          _ = try? array.bools()
        }
        for tensor in file.tensors { _ = try tensor.load().reduce(0) { $0 &+ Int($1) } }
      }
    }
  }

  @Test func theHeaderIsCheckedBeforeAnythingIsRead() throws {
    let folder = try ScratchFolder()
    let cases: [(bytes: GGUFBytes, reason: String)] = [
      (GGUFBytes(version: 1), "version 1"),
      (GGUFBytes(version: 4), "version 4"),
      (GGUFBytes(version: 3 << 24), "big-endian"),
      (GGUFBytes(tensors: .max), "tensors do not fit"),
      (GGUFBytes(tensors: 1 << 40), "tensors do not fit"),
      (GGUFBytes(keys: .max), "keys do not fit"),
      (GGUFBytes(keys: 1 << 63), "keys do not fit"),
    ]
    for (bytes, reason) in cases {
      #expect(Self.failure(bytes.bytes, folder: folder)?.contains(reason) == true, "\(reason)")
    }
    #expect(Self.failure(Array("GGML".utf8), folder: folder)?.contains("not a GGUF file") == true)
    #expect(Self.failure(GGUFBytes().bytes, folder: folder) == nil, "an empty file is well formed")
  }

  @Test func malformedMetadataIsRefusedByKey() throws {
    let folder = try ScratchFolder()
    let cases: [(reason: String, write: (inout GGUFBytes) -> Void)] = [
      (
        "a string of 18446744073709551615 bytes",
        {
          $0.key("some.key", type: 8); $0.integer(UInt64.max)
        }
      ),
      (
        "a string of 99 bytes",
        {
          $0.key("some.key", type: 8); $0.integer(UInt64(99))
        }
      ),
      ("value type 13", { $0.key("some.key", type: 13) }),
      (
        "an array of 4611686018427387904 elements",
        {
          $0.key("some.key", type: 9); $0.integer(UInt32(4)); $0.integer(UInt64(1) << 62)
        }
      ),
      (
        "an array of 4611686018427387904 elements",
        {
          $0.key("some.key", type: 9); $0.integer(UInt32(8)); $0.integer(UInt64(1) << 62)
        }
      ),
      (
        "value type 77",
        {
          $0.key("some.key", type: 9); $0.integer(UInt32(77)); $0.integer(UInt64(0))
        }
      ),
      (
        "nested more than 4 deep",
        { file in
          file.key("some.key", type: 9)
          for _ in 0..<10 {
            file.integer(UInt32(9))
            file.integer(UInt64(1))
          }
        }
      ),
    ]
    for (reason, write) in cases {
      var file = GGUFBytes(keys: 1)
      write(&file)
      file.data(64)
      let message = Self.failure(file.bytes, folder: folder) ?? ""
      #expect(message.contains("some.key") && message.contains(reason), "\(reason): \(message)")
    }
    // A text that nobody reads may be anything.
    var latin = GGUFBytes(keys: 1)
    latin.key("some.key", type: 8)
    latin.integer(UInt64(1))
    latin.bytes.append(0xFF)
    latin.data(64)
    #expect(Self.failure(latin.bytes, folder: folder) == nil)
    var twice = GGUFBytes(keys: 2)
    for _ in 0..<2 { twice.strings("some.key", []) }
    #expect(Self.failure(twice.bytes, folder: folder)?.contains("some.key: twice") == true)
    for alignment in [UInt32(0), 3, 48, 1 << 31] {
      var file = GGUFBytes(keys: 1)
      file.alignment(alignment)
      #expect(Self.failure(file.bytes, folder: folder)?.contains("power of two") == true)
    }
  }

  @Test func malformedTensorsAreRefusedByName() throws {
    let folder = try ScratchFolder()
    let cases: [(extents: [UInt64], type: UInt32, offset: UInt64, reason: String)] = [
      ([1, 1, 1, 1, 1], 0, 0, "5 dimensions"),
      ([0, 4], 0, 0, "a dimension of 0"),
      ([.max], 0, 0, "a dimension of 18446744073709551615"),
      ([1 << 62, 4], 0, 0, "64 bits"),
      ([1 << 62], 0, 0, "64 bits"),
      ([4], 99, 0, "element type 99"),
      ([33], 2, 0, "multiple of the block size 32"),
      ([128], 12, 0, "multiple of the block size 256"),
      ([4], 0, 8, "not a multiple of the alignment"),
      ([4], 0, 1 << 63, "63 bits"),
      ([4], 0, (1 << 63) - 32, "truncated"),
      ([1 << 60], 0, 0, "truncated"),
      ([4], 0, 32, "leaves a gap"),
    ]
    for (extents, type, offset, reason) in cases {
      var file = GGUFBytes(tensors: 1)
      file.tensor("some.tensor", extents, type: type, offset: offset)
      file.pad()
      file.data(48)
      let message = Self.failure(file.bytes, folder: folder) ?? ""
      #expect(message.contains("some.tensor") && message.contains(reason), "\(reason): \(message)")
    }
    func two(_ first: String, _ second: String, _ offset: UInt64, data: Int) -> String? {
      var file = GGUFBytes(tensors: 2)
      file.tensor(first, [8], offset: 0)
      file.tensor(second, [8], offset: offset)
      file.pad()
      file.data(data)
      return Self.failure(file.bytes, folder: folder)
    }
    #expect(two("a", "b", 32, data: 64) == nil)
    #expect(two("a", "a", 32, data: 64)?.contains("tensor a: appears twice") == true)
    #expect(two("a", "b", 0, data: 64)?.contains("tensor b: overlaps") == true)
    #expect(two("a", "b", 64, data: 96)?.contains("tensor b: leaves a gap") == true)
    #expect(two("a", "b", 32, data: 128) == nil)  // llama.cpp does not look behind the last tensor
  }
}

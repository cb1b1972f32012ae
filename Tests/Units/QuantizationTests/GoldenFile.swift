import Glibc
import Support
import Testing

/// A small random model of a generation, and what llama.cpp computed from files quantised of it; see
/// Tests/Goldens/gguf/README.md.
struct GoldenFile: CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }

  static let all = [
    "gemma", "gemma2", "gemma3", "gemma3n", "gemma4-dense", "gemma4-elastic", "gemma4-experts",
    "llama3", "qwen2", "qwen3",
  ].map(GoldenFile.init(name:))
  static let types = ["f32", "q8_0", "q4_0", "q4_k"]
  static let packageRoot = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

  struct Expected {
    let sha256: String
    /// `[2, vocabulary]`
    let logits: [[Double]]
  }

  func root() throws -> JSONObject {
    let path = "\(Self.packageRoot)/Tests/Goldens/gguf/\(name).json"
    return try JSONReader.parse(try FileSystem.read(path), name: path).objectValue ?? [:]
  }

  func tokens() throws -> [Int32] {
    let root = try root()
    return (root["tokens"]?.arrayValue ?? []).compactMap { $0.integerValue.map { Int32($0) } }
  }

  func expected(_ type: String) throws -> Expected {
    let file = try root()["files"]?.objectValue?[type]?.objectValue ?? [:]
    return Expected(sha256: file["sha256"]?.stringValue ?? "", logits: Self.rows(file["logits"]))
  }

  /// The logits of transformers in float32. // [2, vocabulary]
  func reference() throws -> [[Double]] { Self.rows(try root()["transformers"]) }

  private static func rows(_ value: JSONValue?) -> [[Double]] {
    (value?.arrayValue ?? []).map { row in (row.arrayValue ?? []).compactMap { $0.doubleValue } }
  }

  /// Writes the checkpoint into a folder named `model`, whose name stands in the files made of it.
  ///
  /// `change` gets the configuration and the tensors' names with their shapes before anything is written.
  func write(
    into scratch: String, change: (inout JSONObject, inout [(name: String, shape: [Int])]) -> Void = { _, _ in }
  ) throws -> String {
    let root = try root()
    let folder = "\(scratch)/model"
    try FileSystem.makeFolder(folder)
    var configuration = root["config"]?.objectValue ?? [:]
    var tensors = (root["tensors"]?.arrayValue ?? []).compactMap { entry -> (name: String, shape: [Int])? in
      guard let pair = entry.arrayValue, pair.count == 2, let name = pair[0].stringValue else { return nil }
      return (name, (pair[1].arrayValue ?? []).compactMap(\.integerValue))
    }
    change(&configuration, &tensors)
    let storesGains = ["gemma3n", "gemma4", "llama", "qwen"].contains {
      configuration["model_type"]?.stringValue?.hasPrefix($0) == true
    }
    try FileSystem.write(JSONValue.object(configuration).text(), to: "\(folder)/config.json")
    var header = JSONObject()
    var data: [UInt8] = []
    for (index, (name, shape)) in tensors.enumerated() {
      let start = data.count
      Self.append(
        count: shape.reduce(1, *), seed: index + 1, offset: Self.isGain(name) && storesGains ? 1 : 0, to: &data)
      header[name] = [
        "dtype": "F32", "shape": .array(shape.map { JSONValue($0) }),
        "data_offsets": [JSONValue(start), JSONValue(data.count)],
      ]
    }
    let text = Array(JSONValue.object(header).text().utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(text.count) >> (8 * UInt64($0))) }
    let file = try #require(fopen("\(folder)/model.safetensors", "wb"))
    for part in [length, text, data] { fwrite(part, 1, part.count, file) }
    fclose(file)
    let vocabulary = ["llama3": "bytes/llama3", "qwen2": "bytes/qwen2", "qwen3": "bytes/qwen2"][name] ?? "tiny"
    let source = "\(Self.packageRoot)/Tests/Goldens/tokenizers/\(vocabulary)"
    for name in try FileSystem.list(source)
    where ["tokenizer.json", "tokenizer.model", "tokenizer_config.json"].contains(name) {
      if vocabulary == "tiny", name == "tokenizer.json" { continue }
      symlink("\(source)/\(name)", "\(folder)/\(name)")
    }
    if vocabulary == "tiny" {
      // The files that llama.cpp read put the beginning of a sequence in front, as the post-processor of published ones does.
      let definition = try FileSystem.readText("\(source)/tokenizer.json")
      try FileSystem.write(
        definition.replacing("\"post_processor\":null", with: "\"post_processor\": \(Self.postProcessor)"),
        to: "\(folder)/tokenizer.json")
    }
    return folder
  }

  private static let postProcessor = """
    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}},
    {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
    "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}}
    """

  private static func isGain(_ name: String) -> Bool {
    ["norm.weight", "norm_1.weight", "norm_2.weight", "scale", "layer_scalar"].contains { name.hasSuffix($0) }
  }

  /// Eighths of numbers from -1 to below 1: Knuth's linear congruential generator, 24 bits of each state.
  private static func append(count: Int, seed: Int, offset: Float, to data: inout [UInt8]) {
    var state = UInt64(seed)
    let bytes = [UInt8](unsafeUninitializedCapacity: 4 * count) { buffer, written in
      for index in 0..<count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let value = Float(Int(state >> 40) - 8_388_608) / 8_388_608 / 8 + offset
        UnsafeMutableRawPointer(buffer.baseAddress!).storeBytes(
          of: value.bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
      }
      written = 4 * count
    }
    data += bytes
  }
}

/// A scratch folder that vanishes with this object.
final class ScratchFolder {
  let path = "/tmp/gemmabench-quantize-\(UInt64.random(in: 0 ... .max))"

  init() throws { try FileSystem.makeFolder(path) }

  deinit {
    for folder in ["\(path)/model", path] {
      for name in (try? FileSystem.list(folder)) ?? [] { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
  }
}

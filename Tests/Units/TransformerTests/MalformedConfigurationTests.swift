import Glibc
import Support
import Testing

@testable import Transformer

/// Any value of any field of config.json gives a model or one line of error: never a crash, never a hang.
@Suite struct MalformedConfigurationTests {
  private static let values: [JSONValue?] = [
    nil, .null, 0, -1, 1, 3, 64, 1.5, 1e-30, 1e18, JSONValue(Int(Int32.max)), JSONValue(Int.max), true, false, "", "x",
    [], [1], ["full_attention"], [:], ["x": [:]],
  ]

  /// A folder with the checkpoint of a golden model and a config.json of its own.
  private final class Copy {
    let path = "/tmp/gemmabench-malformed-\(UInt64.random(in: 0 ... .max))"
    private var names: [String] = ["config.json"]

    init(_ golden: GoldenModel) throws {
      try FileSystem.makeFolder(path)
      for name in try FileSystem.list(golden.folder) where name.contains(".safetensors") {
        symlink("\(golden.folder)/\(name)", "\(path)/\(name)")
        names.append(name)
      }
    }

    deinit {
      for name in names { unlink("\(path)/\(name)") }
      rmdir(path)
    }
  }

  /// The objects that differ from a configuration in one field, at its top or in an object of it.
  private static func variants(_ object: JSONObject) -> [JSONObject] {
    var result: [JSONObject] = []
    for (key, value) in object.members {
      for other in values {
        var changed = JSONObject()
        for (name, kept) in object.members where name != key { changed[name] = kept }
        if let other { changed[key] = other }
        result.append(changed)
      }
      guard let inner = value.objectValue else { continue }
      for variant in variants(inner) {
        var changed = object
        changed[key] = .object(variant)
        result.append(changed)
      }
    }
    return result
  }

  @Test(arguments: GoldenModel.all.filter { !$0.name.hasPrefix("/") }) func anyValueOfAnyField(golden: GoldenModel)
    throws
  {
    let folder = try Copy(golden)
    let config = try JSONReader.parse(try FileSystem.read("\(golden.folder)/config.json")).objectValue ?? [:]
    var refused = 0
    let variants = Self.variants(config)
    for variant in variants {
      try FileSystem.write(JSONValue.object(variant).text(), to: "\(folder.path)/config.json")
      do throws(BenchmarkError) {
        let model = try LanguageModel.load(folder: folder.path, threads: 1) { _, _ in }
        let tokens = Array([2, 5, 7].prefix(min(3, model.configuration.maximumPositions))).map { Int32($0) }
        let cache = try model.makeCache(capacity: tokens.count)
        _ = try model.forward(
          tokens.map { $0 % Int32(model.configuration.vocabularySize) }, cache: cache, logitCount: 1)
      } catch {
        refused += 1
        let place = error.message.contains("config.json") || error.message.contains("tensor ")
        #expect(place && !error.message.contains("\n"), "\(error.message)")
      }
    }
    #expect(refused > variants.count / 4 && refused < variants.count)
  }
}

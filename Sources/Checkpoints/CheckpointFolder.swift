import Support

/// A folder of safetensors before any of its weights is read: where they lie, or what the folder is instead.
package struct CheckpointFolder: Sendable {
  package let path: String
  /// Files of weights, in the order in which they are read: of tensors with one name, the last counts, as in
  /// transformers.
  let weights: [String]

  static let singleName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"

  /// Looks at a folder's files and at its config.json, if there is one.
  ///
  /// `model.safetensors` goes before an index and its shards, which an earlier save may have left, as in transformers
  /// (`_get_resolved_checkpoint_files` in modeling_utils.py); `transformers_weights` of config.json goes before both.
  /// Errors: not a directory, an adapter, weights quantised by a method that is not supported, no weights.
  package init(_ path: String) throws(BenchmarkError) {
    guard FileSystem.isFolder(path) else {
      throw BenchmarkError(
        .notFound,
        "\(path): \(FileSystem.isFile(path) ? "not a GGUF file" : "no such folder"); a checkpoint is a folder with"
          + " config.json in it, or a GGUF file")
    }
    self.path = path
    let listed = try FileSystem.list(path)
    let names = listed.filter { FileSystem.isFile("\(path)/\($0)") }
    for name in ["config.json", Self.singleName, Self.indexName]
    where listed.contains(name) && !names.contains(name) && !FileSystem.isFolder("\(path)/\(name)") {
      throw BenchmarkError(.notFound, "\(path)/\(name): a link to a file that is missing; download the folder again")
    }
    let configuration = try Self.configuration(path, names)
    if let method = try QuantizationMethod(configuration, folder: path, names: names) { throw method.refusal }
    weights = try Self.weights(path, names, named: configuration["transformers_weights"]?.stringValue)
    if let adapter = try AdapterFolder(path, names: names) { throw adapter.refusal(besideModel: !weights.isEmpty) }
    if weights.isEmpty { throw AbsentWeights.error(path, names: names) }
    for name in names where GGUFModel.isNamedGGUF(name) {
      guard let file = try? GGUFFile("\(path)/\(name)"), GGUFKind(file) == .adapter else { continue }
      throw BenchmarkError(
        .unsupported,
        "\(path)/\(name): a LoRA adapter is in the model's folder and would be ignored; merge it, or move it out of the"
          + " folder to measure the model without it")
    }
  }

  private static func configuration(_ folder: String, _ names: [String]) throws(BenchmarkError) -> JSONObject {
    guard names.contains("config.json") else { return [:] }
    let path = "\(folder)/config.json"
    guard let object = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython).objectValue
    else {
      throw BenchmarkError(.invalidFile, "\(path): not a JSON object")
    }
    return object
  }

  /// The names of the files of weights; none if there are none.
  private static func weights(_ folder: String, _ names: [String], named: String?) throws(BenchmarkError) -> [String] {
    if let named {
      if named.hasSuffix(".safetensors.index.json"), names.contains(named) { return try shards(folder, named, names) }
      guard named.hasSuffix(".safetensors"), names.contains(named) else {
        throw BenchmarkError(
          .invalidFile,
          "\(folder)/config.json: transformers_weights: \"\(named)\" is not a safetensors file in this folder"
        )
      }
      return [named]
    }
    if names.contains(singleName) { return [singleName] }
    if names.contains(indexName) { return try shards(folder, indexName, names) }
    return try shardsWithoutIndex(folder, names)
  }

  /// The shards that an index names.
  private static func shards(_ folder: String, _ index: String, _ names: [String]) throws(BenchmarkError) -> [String] {
    let path = "\(folder)/\(index)"
    let document = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython)
    guard let map = document.objectValue?["weight_map"]?.objectValue, !map.members.isEmpty else {
      throw BenchmarkError(.invalidFile, "\(path): no object \"weight_map\" with tensors in it")
    }
    var shards: Set<String> = []
    for (name, value) in map.members {
      guard let shard = value.stringValue, !shard.isEmpty, !shard.contains("/"), shard != ".." else {
        throw BenchmarkError(.invalidFile, "\(path): tensor \(name): its shard is not a file name")
      }
      shards.insert(shard)
    }
    try refuseMissing(shards.sorted(), of: index, folder, names)
    return shards.sorted()
  }

  /// The shards `model-00001-of-00003.safetensors` and on of a folder whose index was left behind.
  private static func shardsWithoutIndex(_ folder: String, _ names: [String]) throws(BenchmarkError) -> [String] {
    let shards = names.filter { $0.hasPrefix("model-") && $0.hasSuffix(".safetensors") }
    let stems = shards.map { $0.dropFirst("model-".count).dropLast(".safetensors".count).split(separator: "-") }
    guard let stem = stems.first, stem.count == 3, let count = Int(stem[2]), count >= 1, count <= 100_000,
      stems.allSatisfy({ $0.count == 3 && $0[1] == "of" && $0[2] == stem[2] })
    else { return [] }
    let wanted = (1...count).map { number in
      let digits = String(number)
      return "model-\(String(repeating: "0", count: max(0, stem[0].count - digits.count)))\(digits)-of-\(stem[2])"
        + ".safetensors"
    }
    try refuseMissing(wanted, of: "the others' names", folder, names)
    return wanted
  }

  private static func refuseMissing(_ shards: [String], of source: String, _ folder: String, _ names: [String])
    throws(BenchmarkError)
  {
    let missing = shards.filter { !names.contains($0) }
    guard let first = missing.first else { return }
    let others = missing.count > 1 ? " (\(missing.count) of \(shards.count) shards are)" : ""
    throw BenchmarkError(
      .notFound, "\(folder)/\(first): this shard is named in \(source) and missing\(others); download the folder again")
  }
}

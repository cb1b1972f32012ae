import Support
import Tensors

/// The tensors of a checkpoint by their Hugging Face names: of a folder with one safetensors file or shards with an
/// index, or of a GGUF file or its parts.
public final class Checkpoint: Sendable {
  /// The folder, or the GGUF file.
  public let folder: String
  public let tensors: [String: StoredTensor]
  /// The files, in the order of their names.
  public let files: [ModelFile]
  /// Whether the gains of norms are stored whole; Hugging Face checkpoints of Gemma 1 to 3 store them less one.
  public let normsIncludeOne: Bool
  /// The GGUF file that this is, with the model's configuration and vocabulary; nil for a folder.
  public let gguf: GGUFModel?

  static let singleName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"

  /// Opens what a path means: a GGUF file by its name, a folder with one, or else a folder of safetensors.
  public convenience init(path: String) throws(BenchmarkError) {
    if let file = try GGUFModel.path(for: path) {
      self.init(try GGUFModel(file))
    } else {
      try self.init(folder: path)
    }
  }

  /// The tensors of an open GGUF model.
  public init(_ model: GGUFModel) {
    folder = model.file.path
    tensors = model.tensors
    files = model.files
    normsIncludeOne = model.architecture.completesGains
    gguf = model
  }

  /// Opens a folder of safetensors.
  public init(folder: String) throws(BenchmarkError) {
    guard FileSystem.isFolder(folder) else {
      throw BenchmarkError(
        .notFound,
        "\(folder): \(FileSystem.isFile(folder) ? "not a GGUF file" : "no such folder"); a checkpoint is a folder with"
          + " config.json in it, or a GGUF file")
    }
    self.folder = folder
    let index = "\(folder)/\(Self.indexName)"
    let single = "\(folder)/\(Self.singleName)"
    var tensors: [String: StoredTensor] = [:]
    var files: [ModelFile] = []
    if FileSystem.isFile(index) {
      let placement = try Self.readIndex(index)
      for shard in Set(placement.values).sorted() {
        let path = "\(folder)/\(shard)"
        guard FileSystem.isFile(path) else {
          throw BenchmarkError(.notFound, "\(path): this shard is named in \(Self.indexName) and missing")
        }
        for tensor in try SafetensorsFile(path).tensors {
          guard placement[tensor.name] == shard else {
            throw BenchmarkError(.invalidFile, "\(path): tensor \(tensor.name): not placed here by \(Self.indexName)")
          }
          if files.last !== tensor.file { files.append(tensor.file) }
          tensors[tensor.name] = tensor
        }
      }
      if let missing = placement.keys.sorted().first(where: { tensors[$0] == nil }) {
        throw BenchmarkError(
          .invalidFile, "\(folder)/\(placement[missing]!): tensor \(missing): named in \(Self.indexName) and missing")
      }
    } else if FileSystem.isFile(single) {
      for tensor in try SafetensorsFile(single).tensors {
        if files.isEmpty { files.append(tensor.file) }
        tensors[tensor.name] = tensor
      }
    } else {
      throw BenchmarkError(.notFound, "\(folder): neither \(Self.singleName) nor \(Self.indexName) is there")
    }
    self.tensors = tensors
    self.files = files
    normsIncludeOne = false
    gguf = nil
  }

  /// Which shard holds each tensor.
  private static func readIndex(_ path: String) throws(BenchmarkError) -> [String: String] {
    let document = try JSONReader.parse(try FileSystem.read(path), name: path)
    guard let map = document.objectValue?["weight_map"]?.objectValue else {
      throw BenchmarkError(.invalidFile, "\(path): no object \"weight_map\"")
    }
    var placement: [String: String] = [:]
    for (name, value) in map.members {
      guard let shard = value.stringValue, !shard.isEmpty, !shard.contains("/"), shard != ".." else {
        throw BenchmarkError(.invalidFile, "\(path): tensor \(name): its shard is not a file name")
      }
      placement[name] = shard
    }
    return placement
  }
}

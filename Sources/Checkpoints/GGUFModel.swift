@preconcurrency import Glibc
import Support
import Tensors

/// A language model in GGUF files: one, or the parts of a split one. Tensors go by their Hugging Face names.
package struct GGUFModel: Sendable {
  /// The first part, with all of the metadata.
  package let file: GGUFFile
  /// The family, by llama.cpp's name.
  package let architecture: String
  private let names: GGUFTensorNames
  /// By Hugging Face name, `model.layers.0.mlp.up_proj.weight`.
  package let tensors: [String: StoredTensor]
  package let files: [ModelFile]
  /// Under their own names, in the order of the files.
  package let storedTensors: [StoredTensor]

  static let architectureKey = "general.architecture"
  package static let fileTypeKey = "general.file_type"
  package static let quantizationVersionKey = "general.quantization_version"
  /// A tensor of rotary factors that llama.cpp keeps in the files of some families; it is configuration to us.
  package static let rotaryFactors = "rope_freqs.weight"

  /// Opens a file; of a split one, the first part, which brings the others.
  ///
  /// - Parameter families: the names of tensors of the families that are known, by llama.cpp's names of those.
  /// - Throws: a malformed file, an unknown architecture, tensors of unknown names, missing parts.
  package init(_ path: String, families: [String: GGUFTensorNames]) throws(BenchmarkError) {
    file = try GGUFFile(path)
    if let refusal = GGUFKind(file).refusal { throw BenchmarkError(.unsupported, "\(path): \(refusal)") }
    if (try file.integer(Self.numberKey) ?? 0) > 0 { _ = try Self.otherParts(of: file) }
    guard let name = try file.string(Self.architectureKey) else {
      throw file.failure(Self.architectureKey, "missing; it names the architecture of the model")
    }
    guard let names = families[name] else {
      let known = families.keys.sorted().joined(separator: ", ")
      throw file.failure(Self.architectureKey, "\"\(name)\"; supported: \(known)", .unsupported)
    }
    architecture = name
    self.names = names
    var stored = file.tensors
    for part in try Self.otherParts(of: file) { stored += try GGUFFile(part).tensors }
    guard !stored.isEmpty else {
      throw BenchmarkError(.invalidFile, "\(path): no tensors; the file has only a vocabulary")
    }
    var files: [ModelFile] = []
    var tensors: [String: StoredTensor] = [:]
    let naming = GGUFTensorNaming(architecture, names, stored)
    for tensor in stored {
      if !files.contains(where: { $0 === tensor.file }) { files.append(tensor.file) }
      for (name, part) in try naming.named(tensor) where tensors.updateValue(part, forKey: name) != nil {
        throw BenchmarkError(
          .invalidFile, "\(tensor.file.path): tensor \(tensor.name): appears in two parts of the split file")
      }
    }
    storedTensors = stored
    self.tensors = tensors
    self.files = files
  }

  /// What a tensor of the files is called in a checkpoint, without `model.`; of a stack, what its members are called. Nil
  /// for one that is not of the language model.
  package func huggingFaceName(_ tensor: StoredTensor) -> String? {
    if let stack = names.stacked.first(where: { $0.gguf == tensor.name }) { return stack.huggingFace }
    guard let name = names.huggingFaceName(tensor.name) else { return nil }
    return name.hasPrefix(GGUFTensorNames.prefix) ? String(name.dropFirst(GGUFTensorNames.prefix.count)) : name
  }

  /// The metadata of the same model with other element types: as it is, but for the numbers that say the types, and
  /// without what says how the model was split and aligned.
  package func metadata(fileType: UInt32) -> GGUFMetadata {
    var metadata = GGUFMetadata()
    for key in file.keys where !key.hasPrefix("split.") && key != GGUFFile.alignmentKey {
      switch key {
      case Self.fileTypeKey: metadata.set(key, fileType)
      case Self.quantizationVersionKey: metadata.set(key, 2 as UInt32)
      default: metadata.copy(file.pair(key))
      }
    }
    if file.value(Self.fileTypeKey) == nil { metadata.set(Self.fileTypeKey, fileType) }
    if file.value(Self.quantizationVersionKey) == nil { metadata.set(Self.quantizationVersionKey, 2 as UInt32) }
    return metadata
  }

  // MARK: parts

  private static let countKey = "split.count"
  private static let numberKey = "split.no"
  private static let limit = 1000

  /// The files of a model, given the first of them: itself and, of a split one, the other parts.
  package static func files(of path: String) throws(BenchmarkError) -> [String] {
    [path] + (try otherParts(of: try GGUFFile(path)))
  }

  /// The paths of the other parts of a split file, `NAME-00001-of-00003.gguf`.
  private static func otherParts(of file: GGUFFile) throws(BenchmarkError) -> [String] {
    guard let count = try file.integer(countKey), count > 1 else { return [] }
    guard count <= limit else { throw file.failure(countKey, "\(count) parts; at most \(limit)") }
    let number = try file.integer(numberKey) ?? 0
    guard number == 0 else {
      throw file.failure(numberKey, "part \(number + 1) of \(count); name the first part, -00001-of-\(padded(count))")
    }
    let suffix = file.path.suffix(".gguf".count)
    let ending = "-\(padded(1))-of-\(padded(count))\(suffix)"
    guard isNamedGGUF(file.path), file.path.hasSuffix(ending) else {
      throw file.failure(
        countKey, "\(count) parts, but the file's name does not end in -\(padded(1))-of-\(padded(count)).gguf")
    }
    let stem = file.path.dropLast(ending.count)
    var paths: [String] = []
    for part in 2...count {
      let path = "\(stem)-\(padded(part))-of-\(padded(count))\(suffix)"
      guard FileSystem.isFile(path) else {
        throw BenchmarkError(.notFound, "\(path): part \(part) of \(count) is missing")
      }
      paths.append(path)
    }
    return paths
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// The GGUF file that a path means; nil if it means none.
  ///
  /// A file is known by its first four bytes, whatever it is called: Ollama's and the Hub's caches name files by their
  /// digests. In a folder without safetensors it is the only model, or the first part of the only split one; vision
  /// projectors and importance matrices beside it do not count. A manifest of Ollama means the file that it names.
  ///
  /// Errors: a file that is called .gguf and is none is GGUFFile's to refuse; a folder with several models, or with a LoRA
  /// adapter, which changes what a model says.
  package static func path(for path: String) throws(BenchmarkError) -> String? {
    if !FileSystem.isFolder(path) {
      return isNamedGGUF(path) || hasMagic(path) ? path : try OllamaFile.modelPath(path)
    }
    let names = try FileSystem.list(path)
    if names.contains(where: { $0.hasSuffix(".safetensors") || $0 == CheckpointFolder.indexName }) { return nil }
    let candidates = names.filter { isNamedGGUF($0) || hasMagic("\(path)/\($0)") }
    if !candidates.isEmpty, let adapter = try AdapterFolder(path, names: names) {
      throw adapter.refusal(besideModel: true)
    }
    if candidates.count < 2 { return candidates.first.map { "\(path)/\($0)" } }
    var models: [String] = []
    var adapter: String?
    for name in candidates {
      // A file that cannot be read as GGUF is refused if it is chosen, by what is wrong with it.
      switch (try? GGUFFile("\(path)/\(name)")).map({ GGUFKind($0) }) ?? GGUFKind(name: name) {
      case .model: models.append(name)
      case .adapter: adapter = name
      case .laterPart, .projector, .importanceMatrix, .controlVector: break
      }
    }
    guard let first = models.first else { return "\(path)/\(candidates[0])" }
    guard models.count == 1 else {
      throw BenchmarkError(
        .invalidArgument, "\(path): \(models.count) GGUF models; name one: \(models.joined(separator: ", "))")
    }
    if let adapter {
      throw BenchmarkError(
        .unsupported,
        "\(path): \(adapter) is a LoRA adapter beside the model; merge it (llama.cpp: llama-export-lora), or name"
          + " \(path)/\(first) for the model without it")
    }
    return "\(path)/\(first)"
  }

  /// Whether a file's name says GGUF.
  package static func isNamedGGUF(_ path: String) -> Bool { path.lowercased().hasSuffix(".gguf") }

  /// Whether a file begins as GGUF files do.
  static func hasMagic(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { return false }
    defer { close(descriptor) }
    var magic: UInt32 = 0
    return read(descriptor, &magic, 4) == 4 && UInt32(littleEndian: magic) == GGUFFile.magic
  }
}

import Support
import Tensors

/// The tensors of a checkpoint by their Hugging Face names: of a folder with one safetensors file or shards with an
/// index, or of a GGUF file or its parts.
package final class Checkpoint: Sendable {
  /// The folder, or the GGUF file.
  package let folder: String
  package let tensors: [String: StoredTensor]
  /// Those of safetensors whose type of numbers is not read.
  package let foreignTensors: [ForeignTensor]
  /// The files, in the order of their names.
  package let files: [ModelFile]
  /// The GGUF file that this is, with the model's configuration and vocabulary; nil for a folder.
  package let gguf: GGUFModel?

  /// Opens what a path means: a GGUF file by its name, a folder with one, or else a folder of safetensors.
  ///
  /// - Parameter families: what the families that are known call their tensors in GGUF files; `Transformer` has the list.
  package convenience init(path: String, families: [String: GGUFTensorNames]) throws(BenchmarkError) {
    if let file = try GGUFModel.path(for: path) {
      self.init(try GGUFModel(file, families: families))
    } else {
      try self.init(folder: path)
    }
  }

  /// The tensors of an open GGUF model.
  package init(_ model: GGUFModel) {
    folder = model.file.path
    tensors = model.tensors
    foreignTensors = []
    files = model.files
    gguf = model
  }

  /// Opens a folder of safetensors.
  package init(folder: String) throws(BenchmarkError) {
    let contents = try CheckpointFolder(folder)
    self.folder = folder
    var tensors: [String: StoredTensor] = [:]
    var files: [ModelFile] = []
    var foreign: [ForeignTensor] = []
    for name in contents.weights {
      let file = try SafetensorsFile("\(folder)/\(name)")
      foreign += file.foreignTensors
      for tensor in file.tensors {
        if files.last !== tensor.file { files.append(tensor.file) }
        tensors[tensor.name] = tensor
      }
    }
    self.tensors = tensors
    foreignTensors = foreign
    self.files = files
    gguf = nil
  }
}

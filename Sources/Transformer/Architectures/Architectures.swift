import Checkpoints
import Support

/// The families that are known.
package enum Architectures {
  /// A line for each family; its file stands beside this one.
  package static let all: [any Architecture] = [
    Gemma1(),
    Gemma2(),
    Gemma3(),
    Gemma3n(),
    Gemma4(),
    Llama(),
    Qwen2(),
    Qwen3(),
  ]

  /// Values of `model_type`, those of language models alone before those of multimodal ones.
  package static var modelTypes: [String] { all.flatMap(\.modelTypes) + all.flatMap(\.multimodalTypes) }

  /// The family of a config.json's model type.
  static func ofModelType(_ type: String) -> (any Architecture)? {
    all.first { $0.modelTypes.contains(type) || $0.multimodalTypes.contains(type) }
  }

  /// The family that llama.cpp calls by a name.
  static func named(_ name: String) -> (any Architecture)? { all.first { $0.name == name } }

  /// What each family calls its tensors in GGUF files, by llama.cpp's name of it.
  static let tensorNames = Dictionary(all.map { ($0.name, $0.tensorNames) }) { $1 }
}

extension Checkpoint {
  /// Opens what a path means: a GGUF file by its name, a folder with one, or else a folder of safetensors.
  package convenience init(path: String) throws(BenchmarkError) {
    try self.init(path: path, families: Architectures.tensorNames)
  }
}

import Support

/// What a folder without safetensors holds in their place, and the way from there to a model.
enum AbsentWeights {
  static func error(_ folder: String, names: [String]) -> BenchmarkError {
    BenchmarkError(.notFound, message(folder, names))
  }

  private static func message(_ folder: String, _ names: [String]) -> String {
    func first(_ belongs: (String) -> Bool) -> String? { names.first(where: belongs).map { "\(folder)/\($0)" } }
    if let file = first({ $0.hasPrefix("pytorch_model") && ($0.hasSuffix(".bin") || $0.hasSuffix(".bin.index.json")) })
    {
      return
        "\(file): weights in PyTorch's pickle format, which is not supported; save them as safetensors: python3 -c"
        + " \"from transformers import AutoModelForCausalLM as M; M.from_pretrained('\(folder)').save_pretrained('OUT')\""
    }
    if let file = first({ isVariant($0) }) {
      return "\(file): a variant of the weights; rename it to \(CheckpointFolder.singleName) to use it"
        + " (its shards and their index likewise)"
    }
    if let file = first({ $0.hasPrefix("consolidated") }) {
      return "\(file): weights in their authors' own format; use the checkpoint in the format of Hugging Face"
    }
    if let file = first({ $0.hasSuffix(".safetensors") }) {
      return "\(file): unexpected name for weights; if it holds the model, rename it to"
        + " \(CheckpointFolder.singleName)"
    }
    for (suffixes, format) in foreignFormats {
      if let file = first({ name in suffixes.contains { name.hasSuffix($0) } }) {
        return "\(file): weights for \(format), which are not supported;"
          + " use the model's safetensors in the format of Hugging Face, or a GGUF file"
      }
    }
    if let checkpoint = lastCheckpoint(folder) {
      return "\(folder): a training run's folder without weights of its own; give one of its checkpoints:"
        + " \(folder)/\(checkpoint)"
    }
    if !names.contains("config.json"),
      let file = first({ ["preprocessor_config.json", "processor_config.json"].contains($0) })
    {
      return "\(folder): only a processor of text and images (\(file.dropFirst(folder.count + 1))), not a model;"
        + " download the model's config.json and weights too"
    }
    return "\(folder): no \(CheckpointFolder.singleName) or \(CheckpointFolder.indexName); a checkpoint"
      + " is a folder with config.json and safetensors in it"
  }

  private static let foreignFormats: [(suffixes: [String], format: String)] = [
    ([".h5", ".keras"], "Keras"), ([".msgpack"], "Flax"), ([".onnx"], "ONNX"), ([".npz"], "MLX or NumPy"),
    ([".task", ".litertlm", ".tflite"], "LiteRT"), ([".ckpt", ".pth", ".pt", ".bin"], "PyTorch"),
    ([".sbs"], "gemma.cpp"),
    ([".distcp"], "PyTorch's distributed checkpoints"), (["_METADATA", ".ocdbt", "checkpoint_metadata"], "Orbax"),
  ]

  /// `model.fp16.safetensors`, `model.fp16-00001-of-00002.safetensors`, `model.safetensors.index.fp16.json`.
  private static func isVariant(_ name: String) -> Bool {
    guard name.hasPrefix("model.") else { return false }
    return name.hasSuffix(".safetensors") || (name.hasPrefix("model.safetensors.index.") && name.hasSuffix(".json"))
  }

  /// The `checkpoint-500` of a training run with the highest number.
  private static func lastCheckpoint(_ folder: String) -> String? {
    let names = (try? FileSystem.list(folder)) ?? []
    return names.filter { $0.hasPrefix("checkpoint-") && FileSystem.isFolder("\(folder)/\($0)") }
      .compactMap { name in Int(name.dropFirst("checkpoint-".count)).map { ($0, name) } }
      .max { $0.0 < $1.0 }?.1
  }
}

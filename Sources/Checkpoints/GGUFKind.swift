import Support

/// What a GGUF file holds. Language models are not the only files of the format; the others are known by `general.type`, by
/// their architecture, and where they say neither by their tensors' names.
///
/// Source: `GGUFType` and `MODEL_ARCH` of gguf-py, and the tools of llama.cpp that write such files.
package enum GGUFKind: Sendable, Equatable {
  /// A language model, or what is to be taken for one.
  case model
  /// A part of a split model other than the first.
  case laterPart
  case adapter, projector, importanceMatrix, controlVector

  package init(_ file: GGUFFile) {
    func text(_ key: String) -> String? { file.value(key)?.stringValue }
    let names = file.tensors.map(\.name)
    let hasLayers = names.contains { $0.hasPrefix("blk.") || $0 == "token_embd.weight" }
    if (file.value("split.no")?.integerValue ?? 0) > 0 {
      self = .laterPart
    } else if text("general.type") == "adapter" || file.value("adapter.type") != nil
      || names.contains(where: { $0.hasSuffix(".lora_a") || $0.hasSuffix(".lora_b") })
    {
      self = .adapter
    } else if text("general.type") == "mmproj" || text(GGUFModel.architectureKey) == "clip"
      || !hasLayers && names.contains(where: { $0.hasPrefix("mm.") || $0.hasPrefix("v.") || $0.hasPrefix("a.") })
    {
      self = .projector
    } else if text("general.type") == "imatrix" || names.contains(where: { $0.hasSuffix(".in_sum2") }) {
      self = .importanceMatrix
    } else if text(GGUFModel.architectureKey) == "controlvector" {
      self = .controlVector
    } else {
      self = .model
    }
  }

  /// What a file's name says it holds, for one that cannot be read, such as a Git LFS pointer.
  init(name: String) {
    let name = name.lowercased()
    let stem = name.hasSuffix(".gguf") ? name.dropLast(".gguf".count) : name[...]
    let parts = stem.split(separator: "-")
    if name.contains("mmproj") {
      self = .projector
    } else if name.contains("imatrix") {
      self = .importanceMatrix
    } else if parts.count > 3, parts[parts.count - 2] == "of", let number = Int(parts[parts.count - 3]), number > 1 {
      self = .laterPart
    } else {
      self = .model
    }
  }

  /// Why a file of this kind cannot be loaded as a model, and what to do; nil for a model.
  var refusal: String? {
    switch self {
    case .model: nil
    case .laterPart: nil  // `GGUFModel.otherParts` reports them.
    case .adapter:
      "a LoRA adapter, not a model; merge it into its base model (llama.cpp: llama-export-lora) and name the result"
    case .projector:
      "a vision projector (mmproj), which belongs beside a language model; name the GGUF file of the language model"
    case .importanceMatrix:
      "an importance matrix for quantisers (llama-imatrix), not a model; name the model's GGUF file"
    case .controlVector: "a control vector, not a model; name the model's GGUF file"
    }
  }
}

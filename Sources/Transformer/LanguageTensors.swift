import Checkpoints
import Support
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// A checkpoint's tensors by the names of a bare decoder (`embed_tokens.weight`, `layers.0.mlp.up_proj.weight`) and of its
/// output (`lm_head.weight`), whoever wrote the checkpoint.
struct LanguageTensors {
  let tensors: [String: StoredTensor]
  /// Those whose type of numbers is not read, by the same names.
  let others: [String: ForeignTensor]
  /// What stands before `embed_tokens.weight` in this checkpoint, for errors.
  let prefix: String
  /// What multimodal models hold beside the language model, and the heads that trainers of rewards and values add to it
  /// (TRL, sequence classification), which transformers leaves out too.
  static let otherParts = [
    "vision_tower.", "multi_modal_projector.", "audio_tower.", "embed_vision.", "embed_audio.", "vision_embedder.",
    "multimodal_embedder.", "v_head.", "value_head.", "score.",
  ]
  static let embedding = "embed_tokens.weight"
  static let output = "lm_head.weight"

  /// What wraps a decoder's names, in front of them: multimodal models, PEFT, data parallelism.
  private static let outerParts: Set = ["model", "language_model", "base_model", "module"]
  /// What wraps a module's name wherever it stands: torch.compile, FSDP, activation checkpoints, DeepSpeed.
  private static let wrappers: Set = [
    "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
  ]
  /// Ends of the names of what tools for quantised weights store beside a matrix or in its place, and the tools; met where
  /// config.json does not say how the weights are quantised.
  private static let quantizerMarks = [
    (".qweight", "GPTQ or AWQ"), (".weight_packed", "compressed-tensors"), (".weight.absmax", "bitsandbytes"),
    (".SCB", "bitsandbytes"), (".weight_scale_inv", "FP8"), (".weight_scale", "FP8"), (".biases", "MLX"),
  ]
  /// Constants that versions of transformers stored, and that follow from the configuration.
  private static let constants: Set = [
    "embed_scale", "per_layer_projection_scale", "per_layer_input_scale", "router_input_scale", "position_ids",
  ]

  /// The tensors of a checkpoint; where embedding and output are tied, either may stand for both, as in transformers.
  ///
  /// Errors: no embedding, adapters that are not merged, two tensors that differ and mean one weight.
  init(_ checkpoint: Checkpoint, tiesEmbeddings: Bool) throws(BenchmarkError) {
    if checkpoint.gguf == nil { try Self.refuseQuantized(checkpoint) }
    var found: [String: StoredTensor] = [:]
    for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
      let plain = Self.plainName(name)
      if let other = found[plain], try !other.hasNumbers(of: tensor) {
        throw BenchmarkError(
          .invalidFile,
          "\(tensor.file.path): tensor \(name): conflicts with \(other.name): both name the same weight, with different values"
        )
      }
      found[plain] = tensor
    }
    if let name = found.keys.filter({ $0.contains(".lora_") || $0.contains(".base_layer.") }).min() {
      throw BenchmarkError(
        .unsupported,
        "\(found[name]?.file.path ?? checkpoint.folder): tensor \(found[name]?.name ?? name): a LoRA adapter that is not"
          + " merged; merge it (PEFT: merge_and_unload(), then save_pretrained)")
    }
    if tiesEmbeddings, found[Self.embedding] == nil { found[Self.embedding] = found[Self.output] }
    let foreign = checkpoint.foreignTensors.map { (Self.plainName($0.name), $0) }
    others = Dictionary(foreign) { $1 }
    guard let embedding = found[Self.embedding] else {
      if let other = others[Self.embedding] { throw other.refusal }
      var rest = ""
      if !found.isEmpty, found.keys.allSatisfy({ name in Self.otherParts.contains { name.hasPrefix($0) } }) {
        rest = "; the checkpoint has only vision or audio parts, no language model"
      } else if let unknown = Self.unknownPrefix(found) {
        rest = "; the names have the unknown prefix \"\(unknown)\": rename the tensors"
      }
      throw BenchmarkError(.invalidFile, "\(checkpoint.folder): tensor model.embed_tokens.weight: missing\(rest)")
    }
    prefix = embedding.name.hasSuffix(Self.embedding) ? String(embedding.name.dropLast(Self.embedding.count)) : "model."
    tensors = found
  }

  /// Throws for weights that are quantised, by the names of the tensors.
  private static func refuseQuantized(_ checkpoint: Checkpoint) throws(BenchmarkError) {
    let names = checkpoint.tensors.keys + checkpoint.foreignTensors.map(\.name)
    for (mark, tool) in quantizerMarks {
      guard let name = names.filter({ $0.hasSuffix(mark) }).min() else { continue }
      throw BenchmarkError(
        .unsupported,
        "\(checkpoint.folder): tensor \(name): the weights are quantised by \(tool), which is not supported;"
          + " use a GGUF file of this model, or its checkpoint in bfloat16")
    }
  }

  /// What stands before the embedding's name where it is none of the known wrappers.
  private static func unknownPrefix(_ tensors: [String: StoredTensor]) -> String? {
    tensors.values.map(\.name).filter { $0.hasSuffix(".\(embedding)") }.min().map {
      String($0.dropLast(embedding.count))
    }
  }

  /// A name without what wraps it.
  private static func plainName(_ name: String) -> String {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      .filter { !wrappers.contains($0) }
    return parts.drop { outerParts.contains($0) }.joined(separator: ".")
  }

  /// Whether a tensor, by its plain name, holds nothing that the configuration does not say: tables of rotary embeddings
  /// (which transformers ignores too) and other constants.
  static func isConstant(_ name: String) -> Bool {
    let parts = name.split(separator: ".")
    return parts.contains { $0.hasPrefix("rotary_emb") } || parts.last.map { constants.contains(String($0)) } == true
  }

  /// Whether an output matrix is stored that is not the embedding's equal; transformers 5 then leaves the two untied.
  ///
  /// Errors: a disk's.
  func hasOwnOutput() throws(BenchmarkError) -> Bool {
    guard let output = tensors[Self.output], let embedding = tensors[Self.embedding] else { return false }
    return try !output.hasNumbers(of: embedding)
  }
}

extension StoredTensor {
  /// Whether another tensor has the same shape and the same numbers, of whatever type; some rows at a time, none are kept.
  ///
  /// Errors: a disk's.
  func hasNumbers(of other: StoredTensor) throws(BenchmarkError) -> Bool {
    if shape != other.shape { return false }
    if file === other.file, range == other.range { return true }
    guard let columns = shape.last, columns > 0, elementCount > 0 else { return true }
    let rows = elementCount / columns
    let step = max(1, min(rows, (1 << 20) / columns))
    let (leftBytes, rightBytes) = (range.count / rows, other.range.count / rows)
    let left = UnsafeMutableRawPointer.allocate(byteCount: step * leftBytes, alignment: 64)
    let right = UnsafeMutableRawPointer.allocate(byteCount: step * rightBytes, alignment: 64)
    let numbers = UnsafeMutablePointer<Float>.allocate(capacity: 2 * columns)
    defer {
      left.deallocate()
      right.deallocate()
      numbers.deallocate()
    }
    for first in stride(from: 0, to: rows, by: step) {
      let count = min(step, rows - first)
      let start = range.lowerBound + first * leftBytes
      try file.read(start..<start + count * leftBytes, into: left)
      let otherStart = other.range.lowerBound + first * rightBytes
      try other.file.read(otherStart..<otherStart + count * rightBytes, into: right)
      if elementType == other.elementType {
        if memcmp(left, right, count * leftBytes) != 0 { return false }
        continue
      }
      let matrices = [(left, elementType), (right, other.elementType)].map {
        WeightMatrix(start: UnsafeRawPointer($0.0), elementType: $0.1, rows: count, columns: columns)
      }
      for row in 0..<count {
        matrices[0].copyRow(row, to: numbers)
        matrices[1].copyRow(row, to: numbers + columns)
        for column in 0..<columns where numbers[column] != numbers[columns + column] { return false }
      }
    }
    return true
  }
}

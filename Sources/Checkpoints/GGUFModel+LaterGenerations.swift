import Glibc
import Support
import Tensors

/// What Gemma 3n and Gemma 4 add to a configuration.
extension GGUFModel {
  func readNano(_ fields: inout JSONObject, _ layerCount: Int) throws(BenchmarkError) {
    fields["final_logit_softcapping"] = try file.value(key("final_logit_softcapping")) == nil ? .number(30) : softcap()
    fields["hidden_size_per_layer_input"] = JSONValue(try required("embedding_length_per_layer_input"))
    fields["vocab_size_per_layer_input"] = JSONValue(try extent("embed_tokens_per_layer.weight", axis: 0))
    fields["altup_num_inputs"] = JSONValue(try integer("altup.num_inputs") ?? 4)
    fields["altup_active_idx"] = JSONValue(try integer("altup.active_idx") ?? 0)
    fields["altup_correct_scale"] = true
    fields["laurel_rank"] = JSONValue(try extent("layers.0.laurel.linear_left.weight", axis: 0))
    // llama.cpp shares keys and values after twenty layers, whatever the file says.
    fields["num_kv_shared_layers"] = JSONValue(
      try integer("attention.shared_kv_layers") ?? max(0, layerCount - 20))
    guard let scales = try file.array(key("activation_sparsity_scale")) else { return }
    guard scales.count == layerCount else {
      throw file.failure(key("activation_sparsity_scale"), "\(scales.count) values for \(layerCount) layers")
    }
    fields["activation_sparsity_pattern"] = .array(try scales.floats().map { .number(Self.sparsity($0)) })
  }

  /// The share of activations that a number of standard deviations cuts off: the normal distribution function, to seven
  /// decimals, which undoes the rounding of the file's float32. Minus infinity cuts none.
  private static func sparsity(_ deviations: Float) -> Double {
    let share = 0.5 * erfc(-Double(deviations) / 2.0.squareRoot())
    return (share * 1e7).rounded() / 1e7
  }

  func readFourth(_ fields: inout JSONObject, _ layerCount: Int) throws(BenchmarkError) {
    let isLocal = (fields["layer_types"]?.arrayValue ?? []).map { $0 == "sliding_attention" }
    let globalSize = try keyLength()
    let localSize = try integer("attention.key_length_swa") ?? globalSize
    fields["head_dim"] = JSONValue(localSize)
    fields["global_head_dim"] = JSONValue(globalSize)
    fields["final_logit_softcapping"] = try softcap()
    fields["hidden_size_per_layer_input"] = JSONValue(
      try integer("embedding_length_per_layer_input") ?? 0)
    if tensors[GGUFTensorNames.prefix + "embed_tokens_per_layer.weight"] != nil {
      fields["vocab_size_per_layer_input"] = JSONValue(try extent("embed_tokens_per_layer.weight", axis: 0))
    }
    let sharedCount = try integer("attention.shared_kv_layers") ?? 0
    guard (0..<layerCount).contains(sharedCount) else {
      throw file.failure(key("attention.shared_kv_layers"), "\(sharedCount) of \(layerCount) layers")
    }
    fields["num_kv_shared_layers"] = JSONValue(sharedCount)
    try readHeads(&fields, isLocal, layerCount)
    try readFeedForward(&fields, layerCount, firstShared: layerCount - sharedCount)
    try readRotary(&fields, globalSize: globalSize, localSize: localSize)
    if let count = try integer("expert_count"), count > 0 {
      fields["enable_moe_block"] = true
      fields["num_experts"] = JSONValue(count)
      fields["top_k_experts"] = JSONValue(try required("expert_used_count"))
      fields["moe_intermediate_size"] = JSONValue(try required("expert_feed_forward_length"))
    }
  }

  /// Key-value heads by kind of layer, and whether the global layers' keys are their values too.
  private func readHeads(_ fields: inout JSONObject, _ isLocal: [Bool], _ layerCount: Int) throws(BenchmarkError) {
    let counts = try perLayer("attention.head_count_kv", layerCount)
    func count(ofLocal wanted: Bool) throws(BenchmarkError) -> Int? {
      let found = Set(zip(counts, isLocal).filter { $0.1 == wanted }.map(\.0))
      guard found.count <= 1 else {
        throw file.failure(
          key("attention.head_count_kv"), "differs among \(wanted ? "local" : "global") layers", .unsupported)
      }
      return found.first
    }
    let local = try count(ofLocal: true)
    let global = try count(ofLocal: false)
    guard let standard = local ?? global else { throw file.failure(key("attention.head_count_kv"), "empty") }
    fields["num_key_value_heads"] = JSONValue(standard)
    let valueless = isLocal.indices.contains { index in
      let name = "\(GGUFTensorNames.prefix)layers.\(index).self_attn."
      return !isLocal[index] && tensors[name + "k_proj.weight"] != nil && tensors[name + "v_proj.weight"] == nil
    }
    fields["attention_k_eq_v"] = .bool(valueless)
    if let global, global != standard {
      guard valueless else {
        throw file.failure(
          key("attention.head_count_kv"),
          "\(global) in global and \(standard) in local layers with values of their own",
          .unsupported)
      }
      fields["num_global_key_value_heads"] = JSONValue(global)
    }
  }

  private func readFeedForward(_ fields: inout JSONObject, _ layerCount: Int, firstShared: Int) throws(BenchmarkError) {
    let sizes = try perLayer("feed_forward_length", layerCount)
    let first = sizes[0]
    let (double, overflow) = first.multipliedReportingOverflow(by: 2)
    let isDouble = !overflow && firstShared > 0 && sizes[layerCount - 1] == double
    let expected = (0..<layerCount).map { isDouble && $0 >= firstShared ? double : first }
    guard sizes == expected else {
      throw file.failure(
        key("feed_forward_length"), "differs from layer to layer other than by shared keys and values", .unsupported)
    }
    fields["intermediate_size"] = JSONValue(first)
    fields["use_double_wide_mlp"] = .bool(isDouble)
  }

  /// Global layers rotate the first pairs of a head alone: `rope_freqs` holds 1 for these and about infinity for others.
  private func readRotary(_ fields: inout JSONObject, globalSize: Int, localSize: Int) throws(BenchmarkError) {
    for (name, size) in [("rope.dimension_count", globalSize), ("rope.dimension_count_swa", localSize)] {
      if let count = try integer(name), count != size {
        throw file.failure(key(name), "\(count) is not the head's size of \(size)", .unsupported)
      }
    }
    var fraction = 1.0
    if let tensor = file.tensors.first(where: { $0.name == Self.rotaryFactors }) {
      guard tensor.elementType == .float32, tensor.shape == [globalSize / 2] else {
        throw BenchmarkError(
          .invalidFile, "\(file.path): tensor \(tensor.name): expected float32 of shape [\(globalSize / 2)]")
      }
      let factors = try tensor.withBytes { $0.withMemoryRebound(to: Float.self) { Array($0) } }
      let rotated = factors.prefix { $0 == 1 }.count
      guard factors[rotated...].allSatisfy({ $0 > 1e20 }) else {
        throw BenchmarkError(
          .unsupported, "\(file.path): tensor \(tensor.name): factors other than 1 and (for no rotation) 1e30")
      }
      fraction = Double(rotated) / Double(globalSize / 2)
    }
    let globalBase = try number("rope.freq_base") ?? 1_000_000
    let localBase = try number("rope.freq_base_swa") ?? 10_000
    fields["rope_parameters"] = [
      "full_attention": [
        "rope_type": "proportional", "rope_theta": .number(globalBase), "partial_rotary_factor": .number(fraction),
      ],
      "sliding_attention": ["rope_type": "default", "rope_theta": .number(localBase)],
    ]
  }

  /// An extent of a tensor of the decoder.
  private func extent(_ name: String, axis: Int) throws(BenchmarkError) -> Int {
    guard let tensor = tensors[GGUFTensorNames.prefix + name], tensor.shape.count == 2 else {
      throw BenchmarkError(.invalidFile, "\(file.path): tensor \(name): missing, or not a matrix")
    }
    return tensor.shape[axis]
  }
}

import Checkpoints
import Support
import Tensors

/// The weights of one decoder layer. Sizes: hidden H, feed-forward F, queries Q = heads * headSize, keys and values
/// K = keyValueHeads * headSize.
struct GemmaLayer: Sendable {
  let plan: LayerPlan
  let inputNorm: FloatBuffer  // [H] input_layernorm
  let query: WeightMatrix  // [Q, H] self_attn.q_proj
  let key: WeightMatrix  // [K, H] self_attn.k_proj
  let value: WeightMatrix  // [K, H] self_attn.v_proj
  let output: WeightMatrix  // [H, Q] self_attn.o_proj
  let queryNorm: FloatBuffer?  // [headSize] self_attn.q_norm, Gemma 3
  let keyNorm: FloatBuffer?  // [headSize] self_attn.k_norm, Gemma 3
  let attentionOutputNorm: FloatBuffer?  // [H] post_attention_layernorm, Gemma 2 and 3
  let feedForwardNorm: FloatBuffer  // [H] pre_feedforward_layernorm; Gemma 1: post_attention_layernorm
  let gate: WeightMatrix  // [F, H] mlp.gate_proj
  let up: WeightMatrix  // [F, H] mlp.up_proj
  let down: WeightMatrix  // [H, F] mlp.down_proj
  let feedForwardOutputNorm: FloatBuffer?  // [H] post_feedforward_layernorm, Gemma 2 and 3

  init(_ index: Int, _ configuration: GemmaConfiguration, _ claims: inout TensorClaims) throws(BenchmarkError) {
    let hidden = configuration.hiddenSize
    let inner = configuration.feedForwardSize
    let queries = configuration.headCount * configuration.headSize
    let keys = configuration.keyValueHeadCount * configuration.headSize
    let generation = configuration.generation
    let name = "layers.\(index)."
    plan = configuration.layers[index]
    inputNorm = try claims.gain(name + "input_layernorm.weight", hidden)
    query = try claims.matrix(name + "self_attn.q_proj.weight", queries, hidden)
    key = try claims.matrix(name + "self_attn.k_proj.weight", keys, hidden)
    value = try claims.matrix(name + "self_attn.v_proj.weight", keys, hidden)
    output = try claims.matrix(name + "self_attn.o_proj.weight", hidden, queries)
    if generation.normalizesQueriesAndKeys {
      queryNorm = try claims.gain(name + "self_attn.q_norm.weight", configuration.headSize)
      keyNorm = try claims.gain(name + "self_attn.k_norm.weight", configuration.headSize)
    } else {
      (queryNorm, keyNorm) = (nil, nil)
    }
    if generation.normalizesOutputs {
      attentionOutputNorm = try claims.gain(name + "post_attention_layernorm.weight", hidden)
      feedForwardNorm = try claims.gain(name + "pre_feedforward_layernorm.weight", hidden)
      feedForwardOutputNorm = try claims.gain(name + "post_feedforward_layernorm.weight", hidden)
    } else {
      attentionOutputNorm = nil
      feedForwardNorm = try claims.gain(name + "post_attention_layernorm.weight", hidden)
      feedForwardOutputNorm = nil
    }
    gate = try claims.matrix(name + "mlp.gate_proj.weight", inner, hidden)
    up = try claims.matrix(name + "mlp.up_proj.weight", inner, hidden)
    down = try claims.matrix(name + "mlp.down_proj.weight", hidden, inner)
  }
}

import Support
import Tensors

/// The weights of one decoder layer; names are those in a checkpoint, below `layers.N.`.
///
/// Sizes: hidden H, feed-forward F, head D, queries Q = heads * D, keys and values K = keyValueHeads * D.
struct TransformerLayer: Sendable {
  let plan: LayerConfiguration
  let inputNorm: FloatBuffer  // [H] input_layernorm
  let query: WeightMatrix  // [Q, H] self_attn.q_proj
  let queryBias: FloatBuffer?  // [Q] self_attn.q_proj, in Qwen 2
  let keyValue: KeyValueWeights?  // nil where an earlier layer's keys and values serve
  let output: WeightMatrix  // [H, Q] self_attn.o_proj
  let outputBias: FloatBuffer?  // [H] self_attn.o_proj
  let queryNorm: FloatBuffer?  // [D] self_attn.q_norm, from Gemma 3 on and in Qwen 3
  let attentionOutputNorm: FloatBuffer?  // [H] post_attention_layernorm, from Gemma 2 on
  let feedForwardNorm: FloatBuffer  // [H] pre_feedforward_layernorm; Gemma 1 and others: post_attention_layernorm
  let gate: WeightMatrix  // [F, H] mlp.gate_proj
  let up: WeightMatrix  // [F, H] mlp.up_proj
  let down: WeightMatrix  // [H, F] mlp.down_proj
  let feedForwardOutputNorm: FloatBuffer?  // [H] post_feedforward_layernorm, from Gemma 2 on
  let experts: ExpertWeights?  // Gemma 4's mixtures
  let streams: AlternatingUpdateWeights?  // Gemma 3n
  let perLayerInput: PerLayerInputWeights?  // Gemma 3n and the E-series of Gemma 4
  let outputScale: Float  // [1] layer_scalar, Gemma 4; else 1

  init(_ plan: LayerConfiguration, _ configuration: TransformerConfiguration, _ claims: inout WeightLoader)
    throws(BenchmarkError)
  {
    let hidden = configuration.hiddenSize
    let inner = plan.feedForwardSize
    let queries = configuration.headCount * plan.headSize
    let traits = configuration.traits
    let name = "layers.\(plan.index)."
    self.plan = plan
    inputNorm = try claims.gain(name + "input_layernorm.weight", hidden)
    query = try claims.matrix(name + "self_attn.q_proj.weight", queries, hidden)
    queryBias = traits.hasInputBias ? try claims.numbers(name + "self_attn.q_proj.bias", queries) : nil
    if plan.storesKeysAndValues {
      keyValue = try KeyValueWeights(name + "self_attn.", plan, configuration, &claims)
    } else {
      keyValue = nil
      // Released checkpoints hold them all the same; nothing ever read them.
      for unused in ["k_proj.", "v_proj.", "k_norm."] { claims.ignore(name + "self_attn." + unused) }
    }
    output = try claims.matrix(name + "self_attn.o_proj.weight", hidden, queries)
    outputBias = traits.hasOutputBias ? try claims.numbers(name + "self_attn.o_proj.bias", hidden) : nil
    queryNorm =
      traits.normalizesQueriesAndKeys ? try claims.gain(name + "self_attn.q_norm.weight", plan.headSize) : nil
    if traits.normalizesOutputs {
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
    experts = try configuration.experts.map { settings throws(BenchmarkError) in
      try ExpertWeights(name, settings, hiddenSize: hidden, &claims)
    }
    streams = try configuration.alternatingUpdates.map { settings throws(BenchmarkError) in
      try AlternatingUpdateWeights(name, settings, hiddenSize: hidden, &claims)
    }
    perLayerInput = try configuration.perLayerInputs.map { settings throws(BenchmarkError) in
      try PerLayerInputWeights(name, settings, hiddenSize: hidden, &claims)
    }
    outputScale = traits.scalesLayerOutputs ? try claims.number(name + "layer_scalar") : 1
  }
}

/// What makes the keys and values of a layer. Sizes: hidden H, head D, K = keyValueHeads * D.
struct KeyValueWeights: Sendable {
  let key: WeightMatrix  // [K, H] k_proj
  let value: WeightMatrix?  // [K, H] v_proj; nil where the keys, before their norm, are the values too
  let keyBias: FloatBuffer?  // [K] k_proj, in Qwen 2
  let valueBias: FloatBuffer?  // [K] v_proj, in Qwen 2
  let keyNorm: FloatBuffer?  // [D] k_norm, from Gemma 3 on and in Qwen 3

  init(
    _ name: String, _ plan: LayerConfiguration, _ configuration: TransformerConfiguration, _ claims: inout WeightLoader
  )
    throws(BenchmarkError)
  {
    let hidden = configuration.hiddenSize
    let keys = plan.keyValueHeadCount * plan.headSize
    key = try claims.matrix(name + "k_proj.weight", keys, hidden)
    value = plan.usesKeysAsValues ? nil : try claims.matrix(name + "v_proj.weight", keys, hidden)
    let hasBias = configuration.traits.hasInputBias
    keyBias = hasBias ? try claims.numbers(name + "k_proj.bias", keys) : nil
    valueBias = hasBias && value != nil ? try claims.numbers(name + "v_proj.bias", keys) : nil
    keyNorm =
      configuration.traits.normalizesQueriesAndKeys
      ? try claims.gain(name + "k_norm.weight", plan.headSize) : nil
  }
}

/// A router and the experts that it chooses among, beside the dense network. Sizes: hidden H, experts E, inner I.
struct ExpertWeights: Sendable {
  let settings: ExpertSettings
  let routerGain: FloatBuffer  // [H] router.scale / sqrt(H), the gain of the router's own norm
  let router: WeightMatrix  // [E, H] router.proj
  let scales: FloatBuffer  // [E] router.per_expert_scale
  let inputNorm: FloatBuffer  // [H] pre_feedforward_layernorm_2
  let gateUp: [WeightMatrix]  // E of [2 I, H] experts.gate_up_proj: rows of the gate, then rows of up
  let down: [WeightMatrix]  // E of [H, I] experts.down_proj
  let denseOutputNorm: FloatBuffer  // [H] post_feedforward_layernorm_1
  let outputNorm: FloatBuffer  // [H] post_feedforward_layernorm_2

  init(_ name: String, _ settings: ExpertSettings, hiddenSize hidden: Int, _ claims: inout WeightLoader)
    throws(BenchmarkError)
  {
    self.settings = settings
    routerGain = try claims.gain(name + "router.scale", hidden, times: 1 / Float(hidden).squareRoot())
    router = try claims.matrix(name + "router.proj.weight", settings.count, hidden)
    scales = try claims.numbers(name + "router.per_expert_scale", settings.count)
    inputNorm = try claims.gain(name + "pre_feedforward_layernorm_2.weight", hidden)
    gateUp = try claims.matrices(name + "experts.gate_up_proj", settings.count, 2 * settings.feedForwardSize, hidden)
    down = try claims.matrices(name + "experts.down_proj", settings.count, hidden, settings.feedForwardSize)
    denseOutputNorm = try claims.gain(name + "post_feedforward_layernorm_1.weight", hidden)
    outputNorm = try claims.gain(name + "post_feedforward_layernorm_2.weight", hidden)
  }
}

/// How a layer predicts and corrects the residual streams, and its low-rank path. Sizes: hidden H, streams S, rank R.
struct AlternatingUpdateWeights: Sendable {
  let settings: AlternatingUpdateSettings
  let routerNorm: FloatBuffer  // [H] altup.router_norm / H
  let router: WeightMatrix  // [S, H] altup.modality_router
  let prediction: WeightMatrix  // [S * S, S] altup.prediction_coefs
  let correction: WeightMatrix  // [S, S] altup.correction_coefs
  let correctedScale: FloatBuffer?  // [H] altup.correct_output_scale
  let laurelLeft: WeightMatrix  // [R, H] laurel.linear_left
  let laurelRight: WeightMatrix  // [H, R] laurel.linear_right
  let laurelNorm: FloatBuffer  // [H] laurel.post_laurel_norm

  init(_ name: String, _ settings: AlternatingUpdateSettings, hiddenSize hidden: Int, _ claims: inout WeightLoader)
    throws(BenchmarkError)
  {
    let streams = settings.streamCount
    self.settings = settings
    routerNorm = try claims.gain(name + "altup.router_norm.weight", hidden, times: 1 / Float(hidden))
    router = try claims.matrix(name + "altup.modality_router.weight", streams, hidden)
    prediction = try claims.matrix(name + "altup.prediction_coefs.weight", streams * streams, streams)
    correction = try claims.matrix(name + "altup.correction_coefs.weight", streams, streams)
    // The tensor is there even where the configuration leaves it unused.
    let scale = try claims.numbers(name + "altup.correct_output_scale", hidden)
    correctedScale = settings.scalesCorrected ? scale : nil
    laurelLeft = try claims.matrix(name + "laurel.linear_left.weight", settings.laurelRank, hidden)
    laurelRight = try claims.matrix(name + "laurel.linear_right.weight", hidden, settings.laurelRank)
    laurelNorm = try claims.gain(name + "laurel.post_laurel_norm.weight", hidden)
  }
}

/// How a layer takes in its own input. Sizes: hidden H, input P.
struct PerLayerInputWeights: Sendable {
  let gate: WeightMatrix  // [P, H] per_layer_input_gate
  let projection: WeightMatrix  // [H, P] per_layer_projection
  let norm: FloatBuffer  // [H] post_per_layer_input_norm

  init(_ name: String, _ settings: PerLayerInputSettings, hiddenSize hidden: Int, _ claims: inout WeightLoader)
    throws(BenchmarkError)
  {
    gate = try claims.matrix(name + "per_layer_input_gate.weight", settings.size, hidden)
    projection = try claims.matrix(name + "per_layer_projection.weight", hidden, settings.size)
    norm = try claims.gain(name + "post_per_layer_input_norm.weight", hidden)
  }
}

import Support
import Tensors

/// All weights of a language model; names are those in a checkpoint. Sizes: hidden H, vocabulary V, layers L.
struct TransformerWeights: Sendable {
  let embedding: WeightMatrix  // [V, H] embed_tokens
  let perLayerInputs: SharedPerLayerInputWeights?
  let streams: StreamWeights?
  let layers: [TransformerLayer]
  let finalNorm: FloatBuffer  // [H] norm
  let head: WeightMatrix  // [V, H] lm_head, or the embedding if tied
  /// Whether neighbours in a query or key make a pair of the rotary embedding, rather than the halves.
  let interleavesPairs: Bool

  init(_ configuration: TransformerConfiguration, _ claims: inout WeightLoader) throws(BenchmarkError) {
    let hidden = configuration.hiddenSize
    let vocabulary = configuration.vocabularySize
    embedding = try claims.matrix("embed_tokens.weight", vocabulary, hidden)
    perLayerInputs = try configuration.perLayerInputs.map { settings throws(BenchmarkError) in
      try SharedPerLayerInputWeights(settings, configuration, &claims)
    }
    streams = try configuration.alternatingUpdates.map { settings throws(BenchmarkError) in
      try StreamWeights(settings, hiddenSize: hidden, &claims)
    }
    var layers: [TransformerLayer] = []
    for plan in configuration.layers { layers.append(try TransformerLayer(plan, configuration, &claims)) }
    self.layers = layers
    finalNorm = try claims.gain("norm.weight", hidden)
    interleavesPairs = claims.checkpoint?.gguf != nil && configuration.architecture.interleavesPairs
    head =
      configuration.tiesEmbeddings
      ? claims.tiedOutputMatrix(embedding) : try claims.outputMatrix(vocabulary, hidden)
  }
}

/// What makes the inputs of all layers of a token. Sizes: hidden H, layers L, input P, its vocabulary V.
struct SharedPerLayerInputWeights: Sendable {
  let settings: PerLayerInputSettings
  let table: WeightMatrix  // [V, L * P] embed_tokens_per_layer
  let projection: WeightMatrix  // [L * P, H] per_layer_model_projection
  let norm: FloatBuffer  // [P] per_layer_projection_norm

  init(_ settings: PerLayerInputSettings, _ configuration: TransformerConfiguration, _ claims: inout WeightLoader)
    throws(BenchmarkError)
  {
    let width = configuration.layerCount * settings.size
    self.settings = settings
    table = try claims.table("embed_tokens_per_layer.weight", settings.vocabularySize, width)
    projection = try claims.matrix("per_layer_model_projection.weight", width, configuration.hiddenSize)
    norm = try claims.gain("per_layer_projection_norm.weight", settings.size)
  }
}

/// How one residual stream becomes several and they become one again. Sizes: hidden H, streams S.
struct StreamWeights: Sendable {
  let settings: AlternatingUpdateSettings
  let spread: [WeightMatrix]  // S - 1 of [H, H] altup_projections
  let gather: [WeightMatrix]  // S - 1 of [H, H] altup_unembed_projections

  init(_ settings: AlternatingUpdateSettings, hiddenSize hidden: Int, _ claims: inout WeightLoader)
    throws(BenchmarkError)
  {
    var spread: [WeightMatrix] = []
    var gather: [WeightMatrix] = []
    for index in 0..<settings.streamCount - 1 {
      spread.append(try claims.matrix("altup_projections.\(index).weight", hidden, hidden))
      gather.append(try claims.matrix("altup_unembed_projections.\(index).weight", hidden, hidden))
    }
    self.settings = settings
    self.spread = spread
    self.gather = gather
  }
}

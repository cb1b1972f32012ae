/// What a text configuration means by the fields it leaves out: the defaults of the configuration classes of
/// transformers 5, on which released files of Gemma 3 and later lean.
struct ConfigurationDefaults {
  var vocabularySize: Int
  var hiddenSize: Int
  var layerCount: Int
  var feedForwardSize: Int
  var headCount: Int
  var keyValueHeadCount: Int
  var headSize = 256
  var maximumPositions = 8192
  var slidingWindow = 4096
  /// Without `layer_types`, each layer of this period's end is global; nil: all are.
  var globalPeriod: Int?
  var globalBase = 10_000.0
  var localBase = 10_000.0
  var attentionSoftcap: Double?
  var logitSoftcap: Double?
  var perLayerInputSize = 0
  var sharedLayerCount = 0
  /// Whether keys of Gemma 3 that only transformers 4 reads mean something: `rope_scaling.type` and
  /// `_sliding_window_pattern`. They do unless transformers 5 wrote the file.
  let readsOldKeys: Bool

  /// - Parameter writer: the first number of the version of transformers that wrote the file; nil if it does not say.
  init(_ generation: GemmaGeneration, modelType: String, writer: Int? = nil) {
    readsOldKeys = (writer ?? 4) < 5
    switch generation {
    case .first:
      (vocabularySize, hiddenSize, layerCount, feedForwardSize) = (256_000, 3072, 28, 24_576)
      (headCount, keyValueHeadCount) = (16, 16)
    case .second:
      (vocabularySize, hiddenSize, layerCount, feedForwardSize) = (256_000, 2304, 26, 9216)
      (headCount, keyValueHeadCount) = (8, 4)
      globalPeriod = 2
      attentionSoftcap = 50
      logitSoftcap = 30
    case .third:
      (vocabularySize, hiddenSize, layerCount, feedForwardSize) = (262_208, 2304, 26, 9216)
      (headCount, keyValueHeadCount) = (8, 4)
      (maximumPositions, globalPeriod, globalBase) = (131_072, 6, 1_000_000)
    case .thirdNano:
      (vocabularySize, hiddenSize, layerCount, feedForwardSize) = (262_400, 2048, 35, 16_384)
      (headCount, keyValueHeadCount) = (8, 2)
      (maximumPositions, slidingWindow, globalPeriod, globalBase) = (32_768, 512, 5, 1_000_000)
      (logitSoftcap, perLayerInputSize, sharedLayerCount) = (30, 256, 15)
    case .fourth:
      let isUnified = modelType.hasPrefix("gemma4_unified")
      (vocabularySize, hiddenSize, layerCount, feedForwardSize) = (262_144, 2304, 30, 9216)
      (headCount, keyValueHeadCount) = (8, 4)
      maximumPositions = isUnified ? 262_144 : 131_072
      slidingWindow = isUnified ? 1024 : 512
      (globalPeriod, globalBase) = (6, 1_000_000)
      perLayerInputSize = isUnified ? 0 : 256
    }
  }
}

/// What a text configuration means by the fields it leaves out: the defaults of the configuration classes of
/// transformers 5, on which released files of Gemma 3 and later lean. Nil: the field is required.
struct ConfigurationDefaults {
  var vocabularySize: Int?
  var headCount: Int?
  var keyValueHeadCount: Int?
  var headSize: Int?
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

  init(_ generation: GemmaGeneration, modelType: String) {
    switch generation {
    case .first: break
    case .second:
      globalPeriod = 2
      attentionSoftcap = 50
      logitSoftcap = 30
    case .third:
      (vocabularySize, headCount, keyValueHeadCount, headSize) = (262_208, 8, 4, 256)
      (maximumPositions, globalPeriod, globalBase) = (131_072, 6, 1_000_000)
    case .thirdNano:
      (vocabularySize, headCount, keyValueHeadCount, headSize) = (262_400, 8, 2, 256)
      (maximumPositions, slidingWindow, globalPeriod, globalBase) = (32_768, 512, 5, 1_000_000)
      (logitSoftcap, perLayerInputSize, sharedLayerCount) = (30, 256, 15)
    case .fourth:
      let isUnified = modelType.hasPrefix("gemma4_unified")
      (vocabularySize, headCount, keyValueHeadCount, headSize) = (262_144, 8, 4, 256)
      maximumPositions = isUnified ? 262_144 : 131_072
      slidingWindow = isUnified ? 1024 : 512
      (globalPeriod, globalBase) = (6, 1_000_000)
      perLayerInputSize = isUnified ? 0 : 256
    }
  }
}

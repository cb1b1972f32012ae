import Support

/// Reads from a text configuration what each layer does.
struct LayerReader {
  let reader: ConfigurationReader
  let rules: ConfigurationRules
  let headCount: Int
  let hiddenSize: Int
  let rotary: RotaryReader

  init(
    _ reader: ConfigurationReader, _ rules: ConfigurationRules, headCount: Int, hiddenSize: Int, rotary: RotaryReader
  ) {
    self.rotary = rotary
    self.reader = reader
    self.rules = rules
    self.headCount = headCount
    self.hiddenSize = hiddenSize
  }

  func read() throws(BenchmarkError) -> [LayerConfiguration] {
    let layerCount = try reader.extent("num_hidden_layers", default: rules.layerCount, limit: 10_000)
    let isLocal = try localLayers(layerCount)
    let window = try slidingWindow(isLocal)
    let rotary = try rotary.read()
    let feedForwardSizes = try feedForwardSizes(layerCount)
    let sparsities = try activationSparsities(layerCount)
    let sharedCount =
      rules.sharesKeysAndValues
      ? try reader.count("num_kv_shared_layers", default: rules.sharedLayerCount, limit: layerCount - 1) : 0
    let firstShared = layerCount - sharedCount
    let doublesShared = rules.doublesSharedLayers ? try reader.flag("use_double_wide_mlp", default: false) : false
    let sharesProjection = rules.usesKeysAsValues ? try reader.flag("attention_k_eq_v", default: false) : false
    let shapes = try HeadShapes(
      reader, rules, headCount: headCount, hiddenSize: hiddenSize, layerCount: layerCount,
      sharesProjection: sharesProjection)

    var plans: [LayerConfiguration] = []
    for index in 0..<layerCount {
      let isShared = index >= firstShared
      let source = isShared ? isLocal[..<firstShared].lastIndex(of: isLocal[index]) : index
      guard let source else {
        throw reader.failure(
          "num_kv_shared_layers", "layer \(index) has no \(isLocal[index] ? "local" : "global") layer to share with")
      }
      let shape = try shapes.shape(of: index, isLocal: isLocal[index])
      if headCount % shape.keyValueHeadCount != 0 {
        throw reader.failure(
          "num_key_value_heads", "\(shape.keyValueHeadCount) of layer \(index) do not divide \(headCount) heads")
      }
      if shape.headSize % 2 != 0 {
        throw reader.failure("head_dim", "\(shape.headSize) is odd; rotary embedding needs pairs")
      }
      if isShared,
        plans[source].headSize != shape.headSize || plans[source].keyValueHeadCount != shape.keyValueHeadCount
      {
        throw reader.failure("per_layer_config", "layer \(index) shares keys with layer \(source) of another shape")
      }
      plans.append(
        LayerConfiguration(
          index: index, window: isLocal[index] ? window : nil, headSize: shape.headSize,
          keyValueHeadCount: shape.keyValueHeadCount, rotary: isLocal[index] ? rotary.local : rotary.global,
          feedForwardSize: feedForwardSizes[index] * (isShared && doublesShared ? 2 : 1), keyValueLayer: source,
          usesKeysAsValues: sharesProjection && !isLocal[index], activationSparsity: sparsities[index]))
    }
    return plans
  }

  /// Which layers are local: as `layer_types` says, else all but the last of each period.
  private func localLayers(_ layerCount: Int) throws(BenchmarkError) -> [Bool] {
    guard var period = rules.globalPeriod else { return Array(repeating: false, count: layerCount) }
    var isLocal: [Bool] = []
    if let types = reader.value("layer_types") {
      guard let names = types.arrayValue, names.count == layerCount else {
        throw reader.failure("layer_types", "expected a list of \(layerCount) layers")
      }
      for name in names {
        switch name.stringValue {
        case "sliding_attention": isLocal.append(true)
        case "full_attention": isLocal.append(false)
        default:
          throw reader.failure("layer_types", "\(name.text()); known: sliding_attention, full_attention")
        }
      }
    } else {
      for field in rules.periodFields where reader.value(field) != nil {
        period = try reader.extent(field)
        break
      }
      isLocal = (1...layerCount).map { $0 % period != 0 }
    }
    if rules.endsGlobally { isLocal[layerCount - 1] = false }
    return isLocal
  }

  private func slidingWindow(_ isLocal: [Bool]) throws(BenchmarkError) -> Int? {
    if !isLocal.contains(true) { return nil }
    if let value = reader.object["sliding_window"], value.isNull {
      throw reader.failure("sliding_window", "null, and there are local layers")
    }
    return try reader.extent("sliding_window", default: rules.slidingWindow)
  }

  /// `intermediate_size`: one for all layers, or in Gemma 3n a list.
  private func feedForwardSizes(_ layerCount: Int) throws(BenchmarkError) -> [Int] {
    let limit = 1 << 24
    guard rules.variesFeedForward, let list = reader.value("intermediate_size")?.arrayValue else {
      let size = try reader.extent("intermediate_size", default: rules.feedForwardSize, limit: limit)
      return Array(repeating: size, count: layerCount)
    }
    let sizes = list.compactMap(\.integerValue).filter { $0 >= 1 && $0 <= limit }
    guard list.count == layerCount, sizes.count == layerCount else {
      throw reader.failure("intermediate_size", "expected \(layerCount) whole numbers from 1 to \(limit)")
    }
    return sizes
  }

  /// `activation_sparsity_pattern` of Gemma 3n; without it, the first ten layers of a deep model are sparse.
  private func activationSparsities(_ layerCount: Int) throws(BenchmarkError) -> [Double] {
    let none = Array(repeating: 0.0, count: layerCount)
    if !rules.variesFeedForward { return none }
    guard let value = reader.value("activation_sparsity_pattern") else {
      return layerCount > 10 ? (0..<layerCount).map { $0 < 10 ? 0.95 : 0 } : none
    }
    let list = value.arrayValue ?? []
    let pattern = list.compactMap(\.doubleValue).filter { $0 >= 0 && $0 < 1 }
    guard list.count == layerCount, pattern.count == layerCount else {
      throw reader.failure("activation_sparsity_pattern", "expected \(layerCount) numbers from 0 to below 1")
    }
    return pattern
  }
}

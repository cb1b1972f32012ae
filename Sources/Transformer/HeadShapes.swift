import Support

/// The sizes of heads, layer by layer.
struct HeadShapes {
  struct Shape {
    var headSize: Int
    var keyValueHeadCount: Int
  }
  private let local: Shape
  private let global: Shape
  /// What `per_layer_config` says of single layers; transformers 5 writes it in place of Gemma 4's global sizes.
  private let overrides: [Int: ConfigurationReader]

  private static let sizeLimit = 1 << 16

  init(
    _ reader: ConfigurationReader, _ rules: ConfigurationRules, headCount: Int, hiddenSize: Int, layerCount: Int,
    sharesProjection: Bool
  ) throws(BenchmarkError) {
    let limit = Self.sizeLimit
    local = Shape(
      headSize: try reader.extent("head_dim", default: rules.headSize ?? hiddenSize / headCount, limit: limit),
      keyValueHeadCount: try reader.extent(
        "num_key_value_heads", default: rules.keyValueHeadCount ?? headCount, limit: limit))
    overrides = try Self.overrides(reader, rules, layerCount: layerCount)
    // The field alone, even with nothing in it, does away with the global sizes.
    if let globalHeadSize = rules.globalHeadSize, reader.object["per_layer_config"] == nil {
      var global = local
      global.headSize = try reader.extent("global_head_dim", default: globalHeadSize, limit: limit)
      if sharesProjection {
        global.keyValueHeadCount = try reader.extent(
          "num_global_key_value_heads", default: local.keyValueHeadCount, limit: limit)
      }
      self.global = global
    } else {
      global = local
    }
  }

  /// The objects of `per_layer_config` by the number of their layer.
  ///
  /// Its keys are numbers as Python's `int` reads them: `save_pretrained` of transformers 5 pads them with zeros, so that
  /// "05" is layer 5 (`_update_heterogeneous_to_dict_output` in integrations/heterogeneity). Errors: keys that are no
  /// layer, and fields that say something else than the whole model's of the same name.
  private static func overrides(
    _ reader: ConfigurationReader, _ rules: ConfigurationRules, layerCount: Int
  ) throws(BenchmarkError) -> [Int: ConfigurationReader] {
    guard let all = try reader.object("per_layer_config") else { return [:] }
    let known = rules.globalHeadSize == nil ? [] : ["head_dim", "num_key_value_heads"]
    var overrides: [Int: ConfigurationReader] = [:]
    for key in all.object.keys {
      guard let layer = Int(key), (0..<layerCount).contains(layer) else {
        throw reader.failure("per_layer_config", "\"\(key)\" is not a layer from 0 to \(layerCount - 1)")
      }
      guard let own = try all.object(key) else { continue }
      for (field, value) in own.object.members where !known.contains(field) && value != reader.object[field] {
        if field == "skip", value == [] { continue }
        throw BenchmarkError(
          .unsupported, "\(own.path): \(own.prefix)\(field): \(value.text()) for one layer is not supported")
      }
      overrides[layer] = own
    }
    return overrides
  }

  func shape(of layer: Int, isLocal: Bool) throws(BenchmarkError) -> Shape {
    let standard = isLocal ? local : global
    guard let own = overrides[layer] else { return standard }
    return Shape(
      headSize: try own.extent("head_dim", default: standard.headSize, limit: Self.sizeLimit),
      keyValueHeadCount: try own.extent(
        "num_key_value_heads", default: standard.keyValueHeadCount, limit: Self.sizeLimit))
  }
}

import Support

/// Reads the rotary embeddings of global and local layers: the newer `rope_parameters`, by kind of layer from Gemma 3
/// on, or the older `rope_theta` and its companions.
struct RotaryReader {
  let reader: ConfigurationReader
  let generation: GemmaGeneration
  let defaults: ConfigurationDefaults

  func read() throws(BenchmarkError) -> (global: RotarySettings, local: RotarySettings) {
    let parameters = try reader.object("rope_parameters")
    let scaling = generation == .fourth ? nil : try reader.object("rope_scaling")
    let theta = generation == .fourth ? nil : try reader.positive("rope_theta")
    let globalBase = theta ?? defaults.globalBase
    if generation == .first || generation == .second {
      let settings = try settings([scaling, parameters], base: globalBase)
      return (settings, settings)
    }
    let global = try parameters?.object("full_attention")
    let local = try parameters?.object("sliding_attention")
    if let parameters, global == nil, local == nil, !parameters.object.keys.isEmpty {
      throw reader.failure("rope_parameters", "expected full_attention and sliding_attention in it")
    }
    if generation == .fourth {
      if parameters != nil, global == nil { throw reader.failure("rope_parameters", "full_attention is missing") }
      let standard = RotarySettings(base: globalBase, rotatedFraction: 0.25)
      return (
        global == nil ? standard : try settings([global], base: globalBase),
        try settings([local], base: defaults.localBase)
      )
    }
    let localBase = try reader.positive("rope_local_base_freq")
    return (
      try settings([scaling, global], base: globalBase), try settings([local], base: localBase ?? defaults.localBase)
    )
  }

  /// The settings of the given objects, the first that has a field before the others.
  private func settings(_ objects: [ConfigurationReader?], base: Double) throws(BenchmarkError) -> RotarySettings {
    let known = generation == .fourth ? ["default", "linear", "proportional"] : ["default", "linear"]
    var chosenBase: Double?
    var factor: Double?
    var fraction: Double?
    var type: String?
    for object in objects {
      guard let object else { continue }
      if chosenBase == nil { chosenBase = try object.positive("rope_theta") }
      if type == nil, let value = object.value("rope_type") ?? object.value("type") {
        let name = value.stringValue ?? value.text()
        guard known.contains(name) else {
          throw BenchmarkError(
            .unsupported,
            "\(object.path): \(object.prefix)rope_type: \"\(name)\"; supported: \(known.joined(separator: ", "))")
        }
        type = name
        if name != "default" { factor = try object.positive("factor") }
        if name == "linear", factor == nil { throw object.failure("factor", "missing, and rope_type is linear") }
      }
      if let partial = try object.positive("partial_rotary_factor"), partial != 1 {
        guard type == "proportional", partial < 1 else {
          throw BenchmarkError(.unsupported, "\(object.path): \(object.prefix)partial_rotary_factor: \(partial)")
        }
        fraction = partial
      }
    }
    return RotarySettings(base: chosenBase ?? base, factor: factor ?? 1, rotatedFraction: fraction ?? 1)
  }
}

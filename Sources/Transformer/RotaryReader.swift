import Support

#if canImport(Glibc)
  import Glibc
#endif

/// Reads the rotary embeddings of global and local layers: the newer `rope_parameters`, by kind of layer from Gemma 3
/// on, or the older `rope_theta` and its companions.
struct RotaryReader {
  let reader: ConfigurationReader
  let rules: ConfigurationRules
  /// Whether the fields are a GGUF file's: by kind of layer in every family, and with `partial_rotary_factor` as the share of a
  /// head that turns.
  let isGGUF: Bool

  func read() throws(BenchmarkError) -> (global: RotarySettings, local: RotarySettings) {
    let parameters = try reader.object("rope_parameters")
    let scaling = rules.rotary == .proportional ? nil : try reader.object("rope_scaling")
    let theta = rules.rotary == .proportional ? nil : try reader.positive("rope_theta")
    let globalBase = theta ?? rules.globalBase
    if isGGUF, rules.rotary != .proportional, let parameters {
      return (
        try settings([parameters.object("full_attention")], base: globalBase),
        try settings([parameters.object("sliding_attention")], base: globalBase)
      )
    }
    if rules.rotary == .uniform {
      // As in transformers 5, `rope_scaling` is taken in place of `rope_parameters`, unless it is empty.
      let isEmpty = scaling?.object.members.isEmpty ?? true
      let settings = try settings([isEmpty ? parameters : scaling], base: globalBase)
      return (settings, settings)
    }
    let global = try parameters?.object("full_attention")
    let local = try parameters?.object("sliding_attention")
    if let parameters, global == nil, local == nil, !parameters.object.keys.isEmpty,
      rules.rotary == .proportional || scaling != nil
    {
      throw reader.failure("rope_parameters", "expected full_attention and sliding_attention in it")
    }
    if rules.rotary == .proportional {
      if parameters != nil, global == nil { throw reader.failure("rope_parameters", "full_attention is missing") }
      let standard = RotarySettings(base: globalBase, rotatedFraction: 0.25)
      return (
        global == nil ? standard : try settings([global], base: globalBase),
        try settings([local], base: rules.localBase)
      )
    }
    let localBase = try reader.positive("rope_local_base_freq")
    return (
      try settings([scaling, global], base: globalBase), try settings([local], base: localBase ?? rules.localBase)
    )
  }

  /// A line on what stands in `rope_parameters` beside the kinds of layers, where transformers reads it in no Gemma 3.
  func warning() throws(BenchmarkError) -> String? {
    guard rules.rotary == .byKind, !isGGUF, let parameters = try reader.object("rope_parameters") else { return nil }
    let kinds = ["full_attention", "sliding_attention"]
    let others = parameters.object.keys.filter { !kinds.contains($0) }
    if others.isEmpty { return nil }
    return
      "\(reader.path): \(parameters.prefix)\(others.joined(separator: ", ")): ignored outside of \(kinds[0]) and \(kinds[1]),"
      + " as in transformers"
  }

  /// Whether `type` of `rope_scaling` means its `rope_type`. It does, but for files of Gemma 3 that transformers 5 wrote: it
  /// finds "default" set already when it looks there (`convert_rope_params_to_dict` in configuration_gemma3.py).
  private var readsOlderType: Bool { rules.readsOldKeys || rules.rotary == .uniform }

  /// The settings of the given objects, the first that has a field before the others.
  private func settings(_ objects: [ConfigurationReader?], base: Double) throws(BenchmarkError) -> RotarySettings {
    let known = rules.rotaryTypes
    var chosenBase: Double?
    var factor: Double?
    var fraction: Double?
    var paired = 1.0
    var yarn: YarnSettings?
    var type: String?
    var llama3: Llama3Scaling?
    for object in objects {
      guard let object else { continue }
      if chosenBase == nil { chosenBase = try object.positive("rope_theta") }
      let older = object.prefix.hasSuffix("rope_scaling.") && !readsOlderType ? nil : object.value("type")
      if type == nil, let value = object.value("rope_type") ?? older {
        let name = value.stringValue ?? value.text()
        guard known.contains(name) else {
          throw BenchmarkError(
            .unsupported,
            "\(object.path): \(object.prefix)rope_type: \"\(name)\"; supported: \(known.joined(separator: ", "))")
        }
        type = name
        if name != "default" { factor = try object.positive("factor") }
        if name == "linear" || name == "yarn", factor == nil {
          throw object.failure("factor", "missing, and rope_type is \(name)")
        }
        if name == "yarn" { yarn = try self.yarn(object, factor: factor ?? 1) }
        if name == "llama3" {
          llama3 = try llama3Scaling(object)
          factor = nil
        }
      }
      if let partial = try object.positive("partial_rotary_factor"), partial != 1 {
        if isGGUF, rules.rotary != .proportional {
          paired = partial
          continue
        }
        guard type == "proportional", partial < 1 else {
          throw BenchmarkError(.unsupported, "\(object.path): \(object.prefix)partial_rotary_factor: \(partial)")
        }
        fraction = partial
      }
    }
    return RotarySettings(
      base: chosenBase ?? base, factor: factor ?? 1, rotatedFraction: fraction ?? 1, pairedFraction: paired, yarn: yarn,
      llama3: llama3)
  }

  private func llama3Scaling(_ object: ConfigurationReader) throws(BenchmarkError) -> Llama3Scaling {
    func number(_ field: String) throws(BenchmarkError) -> Double {
      guard let value = try object.positive(field) else {
        throw object.failure(field, "missing, and rope_type is llama3")
      }
      return value
    }
    let (low, high) = (try number("low_freq_factor"), try number("high_freq_factor"))
    if high <= low { throw object.failure("high_freq_factor", "\(high) is not above low_freq_factor, \(low)") }
    // As in transformers 5: the model's own length where none is given.
    var trained = try object.positive("original_max_position_embeddings")
    if trained == nil { trained = try reader.positive("max_position_embeddings") }
    return Llama3Scaling(
      factor: try number("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
      trainedPositions: trained ?? Double(rules.maximumPositions))
  }

  /// Source: `_compute_yarn_parameters` in modeling_rope_utils.py of transformers.
  private func yarn(_ object: ConfigurationReader, factor: Double) throws(BenchmarkError) -> YarnSettings {
    let limit = try reader.extent("max_position_embeddings", default: rules.maximumPositions)
    func scale(_ weight: Double) -> Double { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
    var magnitude = scale(1)
    if let given = try object.positive("attention_factor") {
      magnitude = given
    } else if let weight = try object.positive("mscale"), let other = try object.positive("mscale_all_dim") {
      magnitude = scale(weight) / scale(other)
    }
    var yarn = YarnSettings(
      originalPositions: try object.positive("original_max_position_embeddings") ?? Double(limit), magnitude: magnitude)
    yarn.fastTurns = try object.positive("beta_fast") ?? yarn.fastTurns
    yarn.slowTurns = try object.positive("beta_slow") ?? yarn.slowTurns
    yarn.truncates = try object.flag("truncate", default: true)
    return yarn
  }
}

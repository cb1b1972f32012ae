import Support
import Tensors

/// Which element type each tensor of a model gets when it is quantised; the rules are llama.cpp's.
///
/// - The embedding that is the output matrix too, and an output matrix of its own, get `q6_k` (`q8_0` where the rows are
///   not whole blocks of 256), unless the type asked for is finer.
/// - Norms, scalars, routers and Gemma 3n's coefficients stay float32; its small square and low-rank matrices, and the
///   projection of per-layer inputs, stay in 16 bits as they are.
/// - A matrix whose rows are not whole blocks falls back: q2_k and q3_k to q4_0, q4_k to q5_0, q5_k to q5_1, q6_k to
///   q8_0, and where rows are not multiples of 32 either, to float16.
/// - A plain type such as `q4_k` is the type of all other matrices. A mixture such as `q4_k_m` stores the matrices that
///   suffer most from rounding (values, outputs and down-projections) in finer types, some of them in some layers only.
///
/// Source: `llama_tensor_get_type` in llama.cpp's `src/llama-quant.cpp`.
package struct QuantizationScheme: Sendable, Equatable {
  /// How many matrices of a mixture are stored in finer types.
  package enum Mixture: Sendable, Equatable { case small, medium, large }

  /// The type that was asked for; nil leaves matrices as they are.
  package let type: ElementType?
  /// Which matrices get finer types; nil: none do.
  package let mixture: Mixture?

  package init(type: ElementType?, mixture: Mixture? = nil) {
    self.type = type
    self.mixture = mixture
  }

  /// In the order in which errors and help name them.
  package static let types: [(name: String, type: ElementType?, mixture: Mixture?)] = [
    ("q4_k_m", .q4_k, .medium), ("q4_k_s", .q4_k, .small), ("q4_k", .q4_k, nil), ("q5_k_m", .q5_k, .medium),
    ("q5_k_s", .q5_k, .small), ("q5_k", .q5_k, nil), ("q6_k", .q6_k, nil), ("q8_0", .q8_0, nil), ("q4_0", .q4_0, nil),
    ("q4_1", .q4_1, nil), ("q5_0", .q5_0, nil), ("q5_1", .q5_1, nil), ("q3_k_l", .q3_k, .large),
    ("q3_k_m", .q3_k, .medium), ("q3_k_s", .q3_k, .small), ("q3_k", .q3_k, nil), ("q2_k", .q2_k, nil),
    ("f16", .float16, nil), ("bf16", .bfloat16, nil), ("f32", .float32, nil), ("none", nil, nil),
  ]

  /// Other spellings, in lower case with `_` for `-`, and the name that each means.
  private static let aliases = [
    "int4": "q4_0", "4bit": "q4_0", "4_bit": "q4_0", "int8": "q8_0", "8bit": "q8_0", "8_bit": "q8_0",
    "float16": "f16", "fp16": "f16", "half": "f16", "bfloat16": "bf16", "float32": "f32", "fp32": "f32",
  ]

  /// The scheme of a name, in capital or small letters. Errors: an unknown name, with the nearest or all known ones.
  package init(name: String) throws(BenchmarkError) {
    self = try Self.scheme(named: name, "quantization type")
  }

  private static func scheme(named name: String, _ place: String) throws(BenchmarkError) -> QuantizationScheme {
    let spelling = name.lowercased().replacing("-", with: "_")
    let canonical = aliases[spelling] ?? spelling
    if let entry = types.first(where: { $0.name == canonical }) {
      return Self(type: entry.type, mixture: entry.mixture)
    }
    throw BenchmarkError(
      .invalidArgument, "\(place): unknown type \"\(name)\"\(NearestName.hint(spelling, among: types.map(\.name)))")
  }

  /// The scheme that an option means: true is four bits (`q4_0`), false and null none, a text the name of one.
  package init?(option: JSONValue?, _ place: String) throws(BenchmarkError) {
    switch option {
    case nil, .null, .bool(false): return nil
    case .bool(true): self.init(type: .q4_0)
    case .string(let name):
      let found = try Self.scheme(named: name, place)
      guard found.type != nil else { return nil }
      self = found
    case .some(let value):
      throw BenchmarkError(
        .invalidArgument, "\(place): true, false or the name of a type was expected, not \(value.typeName)")
    }
  }

  package var name: String { Self.types.first { $0.type == type && $0.mixture == mixture }?.name ?? "none" }

  /// The type of a tensor.
  ///
  /// - Parameters:
  ///   - name: its Hugging Face name without what stands before `embed_tokens`.
  ///   - stored: how the checkpoint has it.
  ///   - layerCount: the number of the model's layers, by which a mixture chooses.
  package func elementType(
    of name: String, shape: [Int], stored: ElementType, tiesEmbeddings: Bool, layerCount: Int
  ) -> ElementType {
    if shape.count < 2 || Self.staysFloat32(name) { return .float32 }
    if Self.staysAsItIs(name) || type == nil { return stored }
    guard let type, let columns = shape.last else { return stored }
    var wanted = finer(name, layerCount: layerCount) ?? type
    let isOutput = name == "lm_head.weight" || (tiesEmbeddings && name == "embed_tokens.weight")
    if isOutput, type.isQuantized, type != .q8_0 { wanted = columns % 256 == 0 ? .q6_k : .q8_0 }
    return Self.fallback(wanted, columns: columns)
  }

  /// The type that rows of so many numbers can have in place of one that they cannot.
  package static func fallback(_ type: ElementType, columns: Int) -> ElementType {
    if columns % type.blockLength == 0 { return type }
    let next: ElementType =
      switch type {
      case .q2_k, .q3_k: .q4_0
      case .q4_k: .q5_0
      case .q5_k: .q5_1
      case .q6_k: .q8_0
      default: .float16
      }
    return columns % next.blockLength == 0 ? next : .float16
  }

  /// The finer type that a mixture has for a matrix; nil where it has none.
  private func finer(_ name: String, layerCount: Int) -> ElementType? {
    guard let mixture, let layer = Self.layer(of: name) else { return nil }
    let isDown = name.hasSuffix("mlp.down_proj.weight")
    let isValue = name.hasSuffix("self_attn.v_proj.weight")
    let isOutput = name.hasSuffix("self_attn.o_proj.weight")
    // The first and the last eighth of the layers, and every third between them.
    let eighth = layerCount / 8
    let isImportant = layer < eighth || layer >= 7 * layerCount / 8 || (layer - eighth) % 3 == 2
    switch (type, mixture) {
    case (.q4_k, .medium), (.q5_k, .medium): return (isValue || isDown) && isImportant ? .q6_k : nil
    case (.q4_k, .small): return isValue && layer < 4 || isDown && layer < eighth ? .q5_k : nil
    case (.q3_k, .medium):
      if isValue { return layer < 2 ? .q5_k : .q4_k }
      if isDown { return layer < layerCount / 16 ? .q5_k : .q4_k }
      return isOutput ? .q4_k : nil
    case (.q3_k, .large): return isValue || isDown || isOutput ? .q5_k : nil
    default: return nil
    }
  }

  /// The index of the layer that a tensor belongs to; nil outside the layers.
  private static func layer(of name: String) -> Int? {
    let parts = name.split(separator: ".", maxSplits: 2)
    return parts.count == 3 && parts[0] == "layers" ? Int(parts[1]) : nil
  }

  private static func staysFloat32(_ name: String) -> Bool {
    name.hasSuffix("norm.weight") || name.hasSuffix("router.proj.weight") || name.hasSuffix("_coefs.weight")
      || name.hasSuffix("altup.modality_router.weight")
  }

  private static func staysAsItIs(_ name: String) -> Bool {
    name.contains("altup_") || name.contains(".laurel.") || name == "per_layer_model_projection.weight"
  }

  /// The number of `general.file_type` (llama.cpp's `llama_ftype`).
  package func fileType(stored: ElementType) -> UInt32 {
    switch (type, mixture) {
    case (.q3_k, .medium): return 12
    case (.q3_k, .large): return 13
    case (.q4_k, .medium): return 15
    case (.q5_k, .medium): return 17
    default: break
    }
    return switch type ?? stored {
    case .float32: 0
    case .float16: 1
    case .q4_0: 2
    case .q4_1: 3
    case .q8_0: 7
    case .q5_0: 8
    case .q5_1: 9
    case .q2_k: 10
    case .q3_k: 11
    case .q4_k: 14
    case .q5_k: 16
    case .q6_k: 18
    case .iq2_xxs: 19
    case .iq2_xs: 20
    case .iq3_xxs: 23
    case .iq1_s: 24
    case .iq4_nl: 25
    case .iq3_s: 26
    case .iq2_s: 28
    case .iq4_xs: 30
    case .iq1_m: 31
    case .bfloat16: 32
    case .tq1_0: 36
    case .tq2_0: 37
    case .mxfp4: 38
    }
  }
}

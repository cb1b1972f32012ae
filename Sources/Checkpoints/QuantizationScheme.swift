import Support
import Tensors

/// Which element type each tensor of a model gets when it is quantised; the rules are llama.cpp's for plain types.
///
/// - The embedding that is the output matrix too, and an output matrix of its own, get `q6_k` (`q8_0` where the rows are
///   not whole blocks of 256), unless the type asked for is finer.
/// - Norms, scalars, routers and Gemma 3n's coefficients stay float32; its small square and low-rank matrices, and the
///   projection of per-layer inputs, stay in 16 bits as they are.
/// - A matrix whose rows are not whole blocks falls back: q2_k and q3_k to q4_0, q4_k to q5_0, q5_k to q5_1, q6_k to
///   q8_0, and where rows are not multiples of 32 either, to float16.
///
/// Source: `llama_tensor_get_type` in llama.cpp's `src/llama-quant.cpp`.
public struct QuantizationScheme: Sendable, Equatable {
  /// The type that was asked for; nil leaves matrices as they are.
  public let type: ElementType?

  public init(type: ElementType?) { self.type = type }

  /// In the order in which errors and help name them.
  public static let types: [(name: String, type: ElementType?)] = [
    ("q4_k", .q4_k), ("q5_k", .q5_k), ("q6_k", .q6_k), ("q8_0", .q8_0), ("q4_0", .q4_0), ("q4_1", .q4_1),
    ("q5_0", .q5_0), ("q5_1", .q5_1), ("q3_k", .q3_k), ("q2_k", .q2_k), ("f16", .float16), ("bf16", .bfloat16),
    ("f32", .float32), ("none", nil),
  ]

  /// The scheme of a name. Errors: a name that is none, with the nearest or all that are.
  public init(name: String) throws(BenchmarkError) {
    type = try Self.type(named: name, "quantization type")
  }

  private static func type(named name: String, _ place: String) throws(BenchmarkError) -> ElementType? {
    if let entry = types.first(where: { $0.name == name }) { return entry.type }
    let known = types.map(\.name).joined(separator: ", ")
    throw BenchmarkError(.invalidArgument, "\(place): \"\(name)\" is not known; known: \(known)")
  }

  /// The scheme that an option means: true is four bits (`q4_0`), false and null none, a text the name of one.
  public init?(option: JSONValue?, _ place: String) throws(BenchmarkError) {
    switch option {
    case nil, .null, .bool(false): return nil
    case .bool(true): type = .q4_0
    case .string(let name):
      guard let found = try Self.type(named: name, place) else { return nil }
      type = found
    case .some(let value):
      throw BenchmarkError(
        .invalidArgument, "\(place): true, false or the name of a type was expected, not \(value.typeName)")
    }
  }

  public var name: String { Self.types.first { $0.type == type }?.name ?? "none" }

  /// The type of a tensor.
  ///
  /// - Parameters:
  ///   - name: its Hugging Face name without what stands before `embed_tokens`.
  ///   - stored: how the checkpoint has it.
  public func elementType(of name: String, shape: [Int], stored: ElementType, tiesEmbeddings: Bool) -> ElementType {
    if shape.count < 2 || Self.staysFloat32(name) { return .float32 }
    if Self.staysAsItIs(name) || type == nil { return stored }
    guard let type, let columns = shape.last else { return stored }
    var wanted = type
    let isOutput = name == "lm_head.weight" || (tiesEmbeddings && name == "embed_tokens.weight")
    if isOutput, type.isQuantized, type != .q8_0 { wanted = columns % 256 == 0 ? .q6_k : .q8_0 }
    return Self.fallback(wanted, columns: columns)
  }

  /// The type that rows of so many numbers can have in place of one that they cannot.
  public static func fallback(_ type: ElementType, columns: Int) -> ElementType {
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

  private static func staysFloat32(_ name: String) -> Bool {
    name.hasSuffix("norm.weight") || name.hasSuffix("router.proj.weight") || name.hasSuffix("_coefs.weight")
      || name.hasSuffix("altup.modality_router.weight")
  }

  private static func staysAsItIs(_ name: String) -> Bool {
    name.contains("altup_") || name.contains(".laurel.") || name == "per_layer_model_projection.weight"
  }

  /// The number of `general.file_type` (llama.cpp's `llama_ftype`).
  public func fileType(stored: ElementType) -> UInt32 {
    switch type ?? stored {
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

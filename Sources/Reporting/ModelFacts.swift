import Plan
import Records
import Support

/// The facts shown beside the scores of a model: its size, the type of its weights, the type of the activations.
struct ModelFacts {
  /// "270M"; nil where the record does not say.
  let size: String?
  /// The type of the weights: "bfloat16", or "q4_k_m (7.5 bits)" with the bits a parameter takes on average, since embeddings and
  /// some matrices of a quantised file keep more bits than its name says.
  let weights: String?
  /// What activations are rounded to: "float32", "int8".
  let compute: String?

  init(_ run: RunRecord) {
    let model = run.model.objectValue ?? [:]
    size = model["parameters"]?.doubleValue.map(Self.size)
    let type = model["quantization"]?.stringValue ?? model["element_type"]?.stringValue
    let isPlain = type.map { ["float32", "bfloat16", "float16"].contains($0) } ?? true
    let bits = isPlain ? nil : model["bits_per_weight"]?.doubleValue
    weights = type.map { type in type + (bits.map { " (\($0.fixed(1)) bits)" } ?? "") }
    compute = model["compute_type"]?.stringValue
  }

  /// A count of parameters as people say it: 270M, 1.0B.
  static func size(_ count: Double) -> String {
    switch count {
    case ..<1e6: "\((count / 1e3).fixed(0))K"
    case ..<1e7: "\((count / 1e6).fixed(1))M"
    case ..<9.995e8: "\((count / 1e6).fixed(0))M"
    default: "\((count / 1e9).fixed(1))B"
    }
  }
}

@preconcurrency import Glibc
import Support

/// How matrices are multiplied: which numbers the activations are rounded to, and by whom the sums are made.
///
/// All but OpenBLAS sum each output in one fixed order, so that its bits depend on nothing else.
package enum ComputeType: String, Sendable, CaseIterable {
  /// Weights in blocks that have kernels for it meet activations of 8 bits, all others activations in float32.
  case automatic
  /// Activations as coarse as the weights: 8 bits for quantised ones, bfloat16 for bfloat16, else float32.
  case rounded
  /// Activations in float32 whatever the weights: the reference that the others are judged by.
  case ordered
  /// OpenBLAS's sgemm, on weights as they are (float32) or converted panel by panel: another's arithmetic to compare
  /// with. It sums in an order of its own, which may change with the size of a batch.
  case openBLAS = "openblas"

  /// Those whose activations stay in float32 where weights are not quantised.
  package static let inFloat32: [ComputeType] = [.automatic, .ordered, .openBLAS]

  /// What the environment variable GB_MATMUL says, `automatic` if it says nothing known; read once.
  package static let standard = Self(rawValue: requested) ?? .automatic
  private static let requested = getenv("GB_MATMUL").map { String(cString: $0) } ?? ""

  /// Throws if GB_MATMUL has a value that is unknown.
  package static func checkRequest() throws(BenchmarkError) {
    if requested.isEmpty || Self(rawValue: requested) != nil { return }
    let known = allCases.map(\.rawValue).joined(separator: ", ")
    throw BenchmarkError(.invalidArgument, "GB_MATMUL is '\(requested)', which is unknown; known: \(known)")
  }

  /// The activations that weights of a type meet.
  package func activationForm(for type: ElementType) -> ActivationForm {
    switch self {
    case .ordered, .openBLAS: .float32
    case .automatic: type.hasIntegerKernels ? .int8 : .float32
    case .rounded: type.hasIntegerKernels ? .int8 : type == .bfloat16 ? .bfloat16 : .float32
    }
  }
}

/// What the activations of a product are rounded to.
package enum ActivationForm: String, Sendable, CaseIterable {
  case float32
  /// 32 consecutive numbers share the scale greatest magnitude / 127.
  case int8
  /// To nearest, ties to even.
  case bfloat16
}

@preconcurrency import Glibc

/// Who multiplies matrices. Both work in float32 and agree within rounding.
public enum MatrixArithmetic: String, Sendable, CaseIterable {
  /// Our kernels: each output is summed in one fixed order, so its bits depend on nothing else.
  case ordered
  /// OpenBLAS's sgemm, on weights as they are (float32) or converted panel by panel: another's arithmetic to compare
  /// with. It sums in an order of its own, which may change with the size of a batch.
  case openBLAS = "openblas"

  /// What the environment variable GB_MATMUL says, `ordered` if it says nothing known; read once.
  public static let standard = getenv("GB_MATMUL").flatMap { Self(rawValue: String(cString: $0)) } ?? .ordered
}

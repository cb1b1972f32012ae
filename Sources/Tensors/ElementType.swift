/// How one number of a tensor is stored.
public enum ElementType: Sendable, Equatable {
  case bfloat16
  case float16
  case float32

  /// Bytes of one element.
  public var size: Int { self == .float32 ? 4 : 2 }

  /// The name in reports: `bfloat16`, `float16` or `float32`.
  public var name: String {
    switch self {
    case .bfloat16: "bfloat16"
    case .float16: "float16"
    case .float32: "float32"
    }
  }
}

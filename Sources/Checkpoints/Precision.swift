import Support
import Tensors

/// What activations are rounded to before they are multiplied with weights.
package enum Precision: String, Sendable, Equatable, CaseIterable {
  /// Not at all, whatever the weights: quantised ones are dequantised, and products are those of a reference in float32.
  case float32
  /// To bfloat16, sums in float32: twice the speed, and the arithmetic that a bfloat16 model was trained in. Of bfloat16
  /// weights alone.
  case bfloat16

  /// The precision that an option names; nil if the option is absent.
  package init?(option: JSONValue?, _ place: String) throws(BenchmarkError) {
    switch option {
    case nil, .null: return nil
    case .some(let value):
      guard let found = value.stringValue.flatMap(Self.init(rawValue:)) else {
        let known = Self.allCases.map(\.rawValue).joined(separator: " or ")
        throw BenchmarkError(.invalidArgument, "\(place): \(value.text()) is unknown; known: \(known)")
      }
      self = found
    }
  }
}

extension ComputeType {
  package init(_ precision: Precision) { self = precision == .bfloat16 ? .rounded : .ordered }
}

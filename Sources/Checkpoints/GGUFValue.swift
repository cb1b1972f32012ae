import Support
import Tensors

/// The kinds of value in a GGUF file's metadata, by the numbers of the format (`gguf_metadata_value_type`).
package enum GGUFValueType: UInt32, Sendable, Equatable, CaseIterable {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case string = 8
  case array = 9
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  /// The least bytes that a value of this type takes: all of a number's, the header of a string or an array.
  var minimumBytes: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .string: 8
    case .array: 12
    }
  }

  var isNumber: Bool { self != .string && self != .array }
}

/// One value of a GGUF file's metadata; an array stays in the file until its elements are asked for.
package enum GGUFValue: Sendable, Equatable {
  /// An integer of 8 to 64 bits without a sign.
  case unsigned(UInt64)
  /// An integer of 8 to 64 bits with a sign.
  case signed(Int64)
  /// A number of 32 or 64 bits; a float32 is exact in it.
  case float(Double)
  case bool(Bool)
  case string(String)
  /// A string that is not valid UTF-8: it does no harm where nobody reads it, such as in a description.
  case invalidString
  case array(GGUFArray)

  /// What stands in errors: `an integer`, `a string`.
  package var typeName: String {
    switch self {
    case .unsigned, .signed: "an integer"
    case .float: "a number"
    case .bool: "a boolean"
    case .string: "a string"
    case .invalidString: "a string that is not valid UTF-8"
    case .array(let array): "an array of \(array.elementType)"
    }
  }

  /// An integer of any width; nil for other types and beyond 63 bits.
  package var integerValue: Int? {
    switch self {
    case .unsigned(let value): Int(exactly: value)
    case .signed(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A number of any type; an integer is converted.
  package var numberValue: Double? {
    switch self {
    case .unsigned(let value): Double(value)
    case .signed(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  package var arrayValue: GGUFArray? { if case .array(let value) = self { value } else { nil } }
}

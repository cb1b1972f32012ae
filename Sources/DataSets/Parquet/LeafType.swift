import Support

/// What the values of a column are in the file, and what they become.
///
/// As `to_pylist()` of pyarrow has them, with what JSON has no type for as text:
/// - integers as integers; unsigned ones above the signed 64-bit range as the nearest double;
/// - float16, float32 and float64 as numbers, NaN and infinities included;
/// - strings, JSON and enumerations as text; their UTF-8 must be valid;
/// - decimals as text with all digits of their scale: `1.50`;
/// - dates, times and timestamps in ISO 8601 as `isoformat()` of Python writes them: `2024-02-29`, `12:30:00.250000`,
///   `2024-02-29T12:30:00+00:00`; nanoseconds have nine digits where the last three are not zero; a timestamp has an offset
///   if the file says that it is in UTC;
/// - UUID as text in its five groups;
/// - bytes without a logical type (pyarrow: `bytes`) as text in Base64.
struct LeafType: Sendable {
  enum Physical: Int, Sendable { case boolean = 0, int32, int64, int96, float, double, byteArray, fixedBytes }

  enum Unit: Int, Sendable {
    case milliseconds = 1
    case microseconds, nanoseconds

    /// How many there are in a second.
    var perSecond: Int64 {
      switch self {
      case .milliseconds: 1000
      case .microseconds: 1_000_000
      case .nanoseconds: 1_000_000_000
      }
    }
  }

  enum Meaning: Sendable, Equatable {
    case number, unsigned, text, binary, uuid, half, date
    case decimal(scale: Int)
    case time(Unit)
    case timestamp(Unit, isUTC: Bool)
    /// A logical type that is not read; refused when the column is.
    case unsupported(String)
  }

  let physical: Physical
  /// Bytes of a value; 0 where they differ.
  let width: Int
  let meaning: Meaning

  private static let maximumWidth = 1 << 20
  /// Bytes of a decimal: 76 digits.
  static let maximumDecimalBytes = 32
  private static let maximumScale = 76

  init(_ element: ParquetMetadata.Element, path: String) throws(DataFault) {
    guard let number = element.physical, let physical = Physical(rawValue: number) else {
      throw DataFault("column \"\(path)\" has the unknown type \(element.physical ?? -1)")
    }
    self.physical = physical
    switch physical {
    case .boolean, .byteArray: width = 0
    case .int32, .float: width = 4
    case .int64, .double: width = 8
    case .int96: width = 12
    case .fixedBytes:
      guard 1...Self.maximumWidth ~= element.length else {
        throw DataFault("column \"\(path)\": values of \(element.length) bytes; 1 to \(Self.maximumWidth) are possible")
      }
      width = element.length
    }
    let meaning = Self.meaning(of: element, physical)
    if let objection = Self.objection(to: meaning, physical, width) {
      throw DataFault("column \"\(path)\": \(objection)")
    }
    self.meaning = meaning
  }

  private static func meaning(of element: ParquetMetadata.Element, _ physical: Physical) -> Meaning {
    let isBytes = physical == .byteArray || physical == .fixedBytes
    guard let logical = element.logical else { return convertedMeaning(of: element, isBytes: isBytes) }
    switch logical.number {
    case 1, 4, 12: return .text
    case 5: return .decimal(scale: logical.scale)
    case 6: return .date
    case 7: return Unit(rawValue: logical.unit).map { .time($0) } ?? .unsupported("a time of an unknown unit")
    case 8:
      return Unit(rawValue: logical.unit).map { .timestamp($0, isUTC: logical.isUTC) }
        ?? .unsupported("a timestamp of an unknown unit")
    case 10: return logical.isSigned ? .number : .unsigned
    case 14: return .uuid
    case 15: return .half
    default: return isBytes ? .binary : .number
    }
  }

  /// The meaning by the older annotation.
  private static func convertedMeaning(of element: ParquetMetadata.Element, isBytes: Bool) -> Meaning {
    switch element.converted {
    case 0, 4, 19: .text
    case 5: .decimal(scale: element.scale)
    case 6: .date
    case 7: .time(.milliseconds)
    case 8: .time(.microseconds)
    case 9: .timestamp(.milliseconds, isUTC: true)
    case 10: .timestamp(.microseconds, isUTC: true)
    case 11, 12, 13, 14: .unsigned
    case 21: .unsupported("the logical type INTERVAL")
    default: isBytes ? .binary : .number
    }
  }

  /// Why a logical type cannot be that of a physical one.
  private static func objection(to meaning: Meaning, _ physical: Physical, _ width: Int) -> String? {
    let isPossible =
      switch meaning {
      case .number: physical != .byteArray && physical != .fixedBytes
      case .unsigned: physical == .int32 || physical == .int64
      case .text, .binary: physical == .byteArray || physical == .fixedBytes
      case .uuid: physical == .fixedBytes && width == 16
      case .half: physical == .fixedBytes && width == 2
      case .date: physical == .int32
      case .time(let unit): physical == (unit == .milliseconds ? .int32 : .int64)
      case .timestamp: physical == .int64
      case .decimal: [.int32, .int64, .byteArray, .fixedBytes].contains(physical)
      case .unsupported: true
      }
    if !isPossible { return "its logical type cannot be that of its physical type \(physical)" }
    if case .decimal(let scale) = meaning, !(0...maximumScale ~= scale) || width > maximumDecimalBytes {
      return "a decimal of scale \(scale) in \(width) bytes; scales to \(maximumScale) in 32 bytes are possible"
    }
    return nil
  }

  /// The value of an integer of the column (as 64 bits, 32-bit ones with their sign).
  func value(_ integer: Int64) throws(DataFault) -> JSONValue {
    switch meaning {
    case .unsigned:
      if physical == .int32 { return .integer(Int64(UInt32(truncatingIfNeeded: integer))) }
      return Int64(exactly: UInt64(bitPattern: integer)).map { .integer($0) }
        ?? .number(Double(UInt64(bitPattern: integer)))
    case .date: return .string(CalendarText.date(daysSince1970: integer))
    case .time(let unit): return .string(try CalendarText.time(integer, unit))
    case .timestamp(let unit, let isUTC): return .string(CalendarText.timestamp(integer, unit, isUTC: isUTC))
    case .decimal(let scale): return .string(DecimalText.text(integer, scale: scale))
    default: return .integer(integer)
    }
  }

  /// The value of a column whose values are byte arrays, fixed or not.
  func value(_ bytes: UnsafeRawBufferPointer) throws(DataFault) -> JSONValue {
    if width > 0, bytes.count != width { throw DataFault("a value of \(bytes.count) bytes, where \(width) are fixed") }
    switch meaning {
    case .text:
      guard let text = String(validating: bytes.bindMemory(to: UInt8.self), as: UTF8.self) else {
        throw DataFault("a text is not valid UTF-8")
      }
      return .string(text)
    case .uuid: return .string(BinaryText.uuid(bytes))
    case .half:
      // Float16 is no type of Swift on every machine; its bits are two fields to move.
      return .number(Self.half(UInt16(bytes[0]) | UInt16(bytes[1]) << 8))
    case .decimal(let scale): return .string(try DecimalText.text(bytes, scale: scale))
    default: return .string(BinaryText.base64(bytes))
    }
  }

  /// The value at the start of `width` bytes of a type with a fixed width.
  func value(at bytes: UnsafeRawBufferPointer) throws(DataFault) -> JSONValue {
    switch physical {
    case .int32: return try value(Int64(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self))))
    case .int64: return try value(Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
    case .float: return .number(Double(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))))
    case .double: return .number(Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))))
    case .int96:
      let nanoseconds = Int64(littleEndian: bytes.loadUnaligned(as: Int64.self))
      let day = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
      return .string(CalendarText.timestamp(julianDay: Int64(day), nanoseconds: nanoseconds))
    case .boolean, .byteArray, .fixedBytes: return try value(bytes)
    }
  }

  /// IEEE 754 binary16 widened.
  static func half(_ bits: UInt16) -> Double {
    let sign: Double = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Double(bits & 1023)
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * fraction / 16_777_216 }
    return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
  }
}

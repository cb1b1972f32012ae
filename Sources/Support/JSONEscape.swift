/// The escapes of JSON strings (RFC 8259, section 7), for every reader of JSON.
package enum JSONEscape {
  /// Why an escape is invalid: a phrase for the reader's own message.
  package struct Fault: Error {
    package let reason: String
  }

  /// Appends the UTF-8 of an escape whose backslash has been read; `offset` goes from the byte after it to its end.
  ///
  /// A surrogate must be followed by its other half.
  package static func read(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int, into buffer: inout [UInt8])
    throws(Fault)
  {
    guard offset < bytes.count else { throw Fault(reason: "a string is not closed") }
    let byte = bytes[offset]
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"):
      var value = try hexadecimal(bytes, &offset)
      if value & 0xFC00 == 0xD800, bytes.count - offset >= 6, bytes[offset] == UInt8(ascii: "\\"),
        bytes[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        let low = try hexadecimal(bytes, &offset)
        if low & 0xFC00 != 0xDC00 { throw Fault(reason: "a lone surrogate in a string") }
        value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
        throw Fault(reason: "a lone surrogate in a string")
      }
      buffer.append(contentsOf: encoded)
    default: throw Fault(reason: "an unknown escape in a string")
    }
  }

  private static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) throws(Fault) -> UInt32 {
    guard bytes.count - offset >= 4 else { throw Fault(reason: "a malformed \\u escape") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue else {
        throw Fault(reason: "a malformed \\u escape")
      }
      value = value << 4 | UInt32(digit)
      offset += 1
    }
    return value
  }
}

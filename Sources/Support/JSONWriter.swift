extension JSONValue {
  /// The value as JSON text: compact on one line, or indented by two spaces a level.
  ///
  /// Doubles are written with the fewest digits that read back to the same bits; a double that is not finite is
  /// written as null, since JSON has no word for it. `sortedKeys` gives the canonical form that is hashed.
  package func text(indented: Bool = false, sortedKeys: Bool = false) -> String {
    var output: [UInt8] = []
    write(to: &output, indent: indented ? 0 : nil, sortedKeys: sortedKeys)
    return String(decoding: output, as: UTF8.self)
  }

  private func write(to output: inout [UInt8], indent: Int?, sortedKeys: Bool) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .integer(let value): output += String(value).utf8
    case .number(let value): output += (value.isFinite ? value.description : "null").utf8
    case .string(let value): Self.write(value, to: &output)
    case .array(let elements):
      Self.writeList(elements, open: "[", close: "]", to: &output, indent: indent) { element, output, indent in
        element.write(to: &output, indent: indent, sortedKeys: sortedKeys)
      }
    case .object(let object):
      let members = sortedKeys ? object.members.sorted { $0.key < $1.key } : object.members
      Self.writeList(members, open: "{", close: "}", to: &output, indent: indent) { member, output, indent in
        Self.write(member.key, to: &output)
        output += (indent == nil ? ":" : ": ").utf8
        member.value.write(to: &output, indent: indent, sortedKeys: sortedKeys)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], open: String, close: String, to output: inout [UInt8], indent: Int?,
    write: (Element, inout [UInt8], Int?) -> Void
  ) {
    output += open.utf8
    let inner = indent.map { $0 + 2 }
    for (position, element) in elements.enumerated() {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      newLine(inner, to: &output)
      write(element, &output, inner)
    }
    if !elements.isEmpty { newLine(indent, to: &output) }
    output += close.utf8
  }

  private static func newLine(_ indent: Int?, to output: inout [UInt8]) {
    guard let indent else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
  }

  private static func write(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): output += "\\\"".utf8
      case UInt8(ascii: "\\"): output += "\\\\".utf8
      case 0x0A: output += "\\n".utf8
      case 0x0D: output += "\\r".utf8
      case 0x09: output += "\\t".utf8
      case 0..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        output += "\\u00".utf8
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}

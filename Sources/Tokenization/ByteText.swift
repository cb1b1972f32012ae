/// Text taken as bytes, where `String` would compare whole characters: "\r\n" is one, and a combining mark hides what
/// stands before it.
enum ByteText {
  /// The parts between the occurrences of a separator; at least one, and the separator must not be empty.
  static func split(_ text: String, by separator: String) -> [String] {
    let bytes = Array(text.utf8)
    let wanted = Array(separator.utf8)
    var parts: [String] = []
    var start = 0
    var offset = 0
    while offset + wanted.count <= bytes.count {
      if bytes[offset] == wanted[0], bytes[offset..<offset + wanted.count].elementsEqual(wanted) {
        parts.append(String(decoding: bytes[start..<offset], as: UTF8.self))
        offset += wanted.count
        start = offset
      } else {
        offset += 1
      }
    }
    parts.append(String(decoding: bytes[start...], as: UTF8.self))
    return parts
  }

  /// Whether a text occurs in another; an empty one does not.
  static func contains(_ text: String, _ wanted: String) -> Bool {
    !wanted.isEmpty && split(text, by: wanted).count > 1
  }
}

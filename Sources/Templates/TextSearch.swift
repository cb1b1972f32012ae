import Support

/// Search in texts by their bytes: Swift's own compares whole characters.
enum TextSearch {
  /// The offsets in bytes at which a part occurs, without overlap, at most so many; the part must not be empty.
  static func all(_ part: String, in text: String, atMost limit: Int = .max) -> [Int] {
    offsets(of: Array(part.utf8), in: Array(text.utf8), atMost: limit)
  }

  static func first(_ part: String, in text: String) -> Int? { all(part, in: text, atMost: 1).first }

  /// The offsets in bytes of the last occurrences, the last one first.
  static func last(_ part: String, in text: String, atMost limit: Int = .max) -> [Int] {
    let (wanted, bytes) = (Array(part.utf8), Array(text.utf8))
    return offsets(of: wanted.reversed(), in: bytes.reversed(), atMost: limit).map { bytes.count - $0 - wanted.count }
  }

  /// As Knuth, Morris and Pratt search: in time that grows with the sum of both lengths, not with their product, since a template
  /// is foreign code.
  private static func offsets(of wanted: [UInt8], in bytes: [UInt8], atMost limit: Int) -> [Int] {
    var found: [Int] = []
    if wanted.isEmpty || wanted.count > bytes.count { return found }
    // For each beginning of what is wanted, how much of its end is a beginning too.
    var shared = [Int](repeating: 0, count: wanted.count)
    var length = 0
    for index in wanted.indices.dropFirst() {
      while length > 0, wanted[index] != wanted[length] { length = shared[length - 1] }
      if wanted[index] == wanted[length] { length += 1 }
      shared[index] = length
    }
    length = 0
    for (index, byte) in bytes.enumerated() where found.count < limit {
      while length > 0, byte != wanted[length] { length = shared[length - 1] }
      if byte == wanted[length] { length += 1 }
      if length == wanted.count {
        found.append(index + 1 - length)
        length = 0
      }
    }
    return found
  }

  /// The stretches of a text between occurrences of a length, at ascending offsets.
  static func pieces(_ text: String, _ offsets: [Int], _ length: Int) -> [String] {
    let utf8 = text.utf8
    var pieces: [String] = []
    var start = utf8.startIndex
    var at = 0
    for offset in offsets {
      let end = utf8.index(start, offsetBy: offset - at)
      pieces.append(String(text[start..<end]))
      start = utf8.index(end, offsetBy: length)
      at = offset + length
    }
    pieces.append(String(text[start...]))
    return pieces
  }

  /// The text without characters at its ends: white space, or any of a text's.
  static func stripped(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func goes(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? PythonText.isSpace(scalar) }
    var scalars = Substring(text).unicodeScalars
    if left { while let first = scalars.first, goes(first) { scalars.removeFirst() } }
    if right { while let last = scalars.last, goes(last) { scalars.removeLast() } }
    return String(scalars)
  }

  /// `str.splitlines`.
  static func lines(_ text: String, keepsEnds: Bool) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var lines: [String] = []
    var start = 0
    var offset = 0
    while offset < scalars.count {
      guard isLineBreak(scalars[offset]) else {
        offset += 1
        continue
      }
      var end = offset + 1
      if scalars[offset] == "\r", end < scalars.count, scalars[end] == "\n" { end += 1 }
      lines.append(String(scalars: scalars[start..<(keepsEnds ? end : offset)]))
      start = end
      offset = end
    }
    if start < scalars.count { lines.append(String(scalars: scalars[start...])) }
    return lines
  }

  private static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}

/// Letters as Python changes them.
enum LetterCase {
  static func upper(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars { result += scalar.properties.uppercaseMapping }
    return result
  }

  static func lower(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for index in scalars.indices { result += lower(scalars, index) }
    return result
  }

  /// A sigma at the end of a word has a form of its own.
  private static func lower(_ scalars: [Unicode.Scalar], _ index: Int) -> String {
    guard scalars[index] == "\u{3A3}" else { return scalars[index].properties.lowercaseMapping }
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
    return isFinal ? "\u{3C2}" : "\u{3C3}"
  }

  /// `str.capitalize`.
  static func capitalized(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first else { return "" }
    var result = first.properties.titlecaseMapping
    for index in 1..<max(1, scalars.count) { result += lower(scalars, index) }
    return result
  }

  /// `str.title`.
  static func title(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    var followsCased = false
    for index in scalars.indices {
      result += followsCased ? lower(scalars, index) : scalars[index].properties.titlecaseMapping
      followsCased = scalars[index].properties.isCased
    }
    return result
  }

  static func swapped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for index in scalars.indices {
      let properties = scalars[index].properties
      result +=
        properties.isUppercase
        ? lower(scalars, index) : properties.isLowercase ? properties.uppercaseMapping : String(scalars[index])
    }
    return result
  }
}

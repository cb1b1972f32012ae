/// Reads the final number of a GSM8K answer, as the regular expressions of lm-evaluation-harness's `gsm8k` do.
///
/// Written as scanners over bytes: one pass, no backtracking, and a text of any length cannot stall a run. All that the
/// expressions look for is ASCII, which never occurs inside a longer UTF-8 sequence.
enum GSM8KAnswer {
  private static let marker = Array("#### ".utf8)
  private static let minus = UInt8(ascii: "-")
  private static let dollar = UInt8(ascii: "$")
  private static let comma = UInt8(ascii: ",")
  private static let point = UInt8(ascii: ".")
  private static let lineFeed = UInt8(ascii: "\n")

  /// The first match of `#### (\-?[0-9\.\,]+)`, its group; nil if there is none.
  static func strict(_ text: [UInt8]) -> [UInt8]? {
    var offset = 0
    while offset + marker.count <= text.count {
      guard isMarker(text, at: offset) else {
        offset += 1
        continue
      }
      let start = offset + marker.count
      let digits = start < text.count && text[start] == minus ? start + 1 : start
      let end = endOfRun(text, from: digits) { isDigit($0) || $0 == point || $0 == comma }
      if end > digits { return Array(text[start..<end]) }
      offset += 1
    }
    return nil
  }

  /// The last match of `(-?[$0-9.,]{2,})|(-?[0-9]+)`; nil if there is none.
  static func flexible(_ text: [UInt8]) -> [UInt8]? {
    var found: Range<Int>?
    var offset = 0
    while offset < text.count {
      let start = text[offset] == minus ? offset + 1 : offset
      let end = endOfRun(text, from: start) { isDigit($0) || $0 == dollar || $0 == point || $0 == comma }
      if end - start >= 2 || (end - start == 1 && isDigit(text[start])) {
        found = offset..<end
        offset = end
      } else {
        offset = max(end, offset + 1)
      }
    }
    return found.map { Array(text[$0]) }
  }

  /// What is compared: the text without `,`, `$`, all up to the last `#### `, and a final point, in lower case.
  ///
  /// The expressions `,` `\$` `(?s).*#### ` `\.$` are removed in this order; as in Python, `$` also matches before a
  /// final line feed.
  static func normalized(_ text: [UInt8]) -> [UInt8] {
    var kept = text.filter { $0 != comma && $0 != dollar }
    if let start = endOfLastMarker(kept) { kept.removeFirst(start) }
    if kept.last == point {
      kept.removeLast()
    } else if kept.count >= 2, kept[kept.count - 1] == lineFeed, kept[kept.count - 2] == point {
      kept.remove(at: kept.count - 2)
    }
    return Array(String(decoding: kept, as: UTF8.self).lowercased().utf8)
  }

  /// The position after the last `#### `; nil if there is none.
  static func endOfLastMarker(_ text: [UInt8]) -> Int? {
    stride(from: text.count - marker.count, through: 0, by: -1).first { isMarker(text, at: $0) }.map {
      $0 + marker.count
    }
  }

  private static func isMarker(_ text: [UInt8], at offset: Int) -> Bool {
    marker.indices.allSatisfy { text[offset + $0] == marker[$0] }
  }

  private static func endOfRun(_ text: [UInt8], from start: Int, while belongs: (UInt8) -> Bool) -> Int {
    var end = start
    while end < text.count, belongs(text[end]) { end += 1 }
    return end
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}

import Support

/// The text of a Jinja chat template taken apart as far as recognising it needs: what it could write.
struct TemplateSource {
  /// A tag's content without its marks of white space control, or a stretch of text between tags.
  private enum Piece {
    case text(String)
    case tag(kind: Kind, body: String, trimsBefore: Bool, trimsAfter: Bool)
  }

  private enum Kind { case output, statement, comment }

  /// The quoted texts of the tags after the last macro, each once, with `\n` as a line break.
  private(set) var literals: Set<String> = []
  /// What the text between those tags would write, with the white space control of `transformers` (trim_blocks and
  /// lstrip_blocks): each stretch that is not empty.
  private(set) var outerTexts: [String] = []
  /// The tags after the last macro as one text, without comments; what it refers to.
  private(set) var code = ""

  /// Takes a template apart; nil if a tag or a quotation is not closed.
  init?(_ template: String) {
    guard let pieces = Self.pieces(Array(template.utf8)) else { return nil }
    let afterMacros =
      pieces.lastIndex { piece in
        if case .tag(.statement, let body, _, _) = piece { return body.hasPrefix("endmacro") }
        return false
      }.map { $0 + 1 } ?? 0
    for index in afterMacros..<pieces.count {
      switch pieces[index] {
      case .tag(.comment, _, _, _): break
      case .tag(_, let body, _, _):
        code += body + "\n"
        literals.formUnion(Self.quotations(body))
      case .text(let text):
        let before = index > 0 ? pieces[index - 1] : nil
        let after = index + 1 < pieces.count ? pieces[index + 1] : nil
        let written = Self.written(text, before: before, after: after)
        if !written.isEmpty { outerTexts.append(written) }
      }
    }
  }

  private static func pieces(_ bytes: [UInt8]) -> [Piece]? {
    var pieces: [Piece] = []
    var start = 0
    var offset = 0
    while offset + 1 < bytes.count {
      guard bytes[offset] == UInt8(ascii: "{"), let kind = kind(bytes[offset + 1]) else {
        offset += 1
        continue
      }
      pieces.append(.text(String(decoding: bytes[start..<offset], as: UTF8.self)))
      guard let end = end(of: kind, bytes, from: offset + 2) else { return nil }
      var body = bytes[(offset + 2)..<end]
      let trimsBefore = body.first == UInt8(ascii: "-")
      if trimsBefore { body = body.dropFirst() }
      let trimsAfter = body.last == UInt8(ascii: "-")
      if trimsAfter { body = body.dropLast() }
      let text = PythonText.stripped(String(decoding: body, as: UTF8.self))
      pieces.append(.tag(kind: kind, body: text, trimsBefore: trimsBefore, trimsAfter: trimsAfter))
      offset = end + 2
      start = offset
    }
    pieces.append(.text(String(decoding: bytes[start...], as: UTF8.self)))
    return pieces
  }

  private static func kind(_ byte: UInt8) -> Kind? {
    switch byte {
    case UInt8(ascii: "{"): .output
    case UInt8(ascii: "%"): .statement
    case UInt8(ascii: "#"): .comment
    default: nil
    }
  }

  /// Where the closing mark of a tag begins; quotations are gone over.
  private static func end(of kind: Kind, _ bytes: [UInt8], from start: Int) -> Int? {
    let mark: Unicode.Scalar = kind == .output ? "}" : kind == .statement ? "%" : "#"
    var offset = start
    while offset + 1 < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: mark), bytes[offset + 1] == UInt8(ascii: "}") { return offset }
      if kind != .comment, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        guard let close = quotationEnd(bytes, offset) else { return nil }
        offset = close
      }
      offset += 1
    }
    return nil
  }

  /// The offset of the quotation mark that closes the one at an offset.
  private static func quotationEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
    var offset = start + 1
    while offset < bytes.count, bytes[offset] != bytes[start] { offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1 }
    return offset < bytes.count ? offset : nil
  }

  private static func quotations(_ body: String) -> [String] {
    let bytes = Array(body.utf8)
    var texts: [String] = []
    var offset = 0
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "'") || bytes[offset] == UInt8(ascii: "\""),
        let close = quotationEnd(bytes, offset)
      {
        let text = String(decoding: bytes[(offset + 1)..<close], as: UTF8.self)
        texts.append(ByteText.split(text, by: "\\n").joined(separator: "\n"))
        offset = close
      }
      offset += 1
    }
    return texts
  }

  /// What a stretch between two tags writes.
  private static func written(_ text: String, before: Piece?, after: Piece?) -> String {
    var bytes = Array(text.utf8)[...]
    var startsLine = before == nil
    if case .tag(let kind, _, _, let trimsAfter)? = before {
      if trimsAfter {
        bytes = bytes.drop(while: isSpace)
      } else if kind != .output, bytes.first == UInt8(ascii: "\n") {
        bytes = bytes.dropFirst()
        startsLine = true
      }
    }
    guard case .tag(let kind, _, let trimsBefore, _)? = after else {
      // One line break at the end of a template is not part of it.
      return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes, as: UTF8.self)
    }
    if trimsBefore {
      while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
    } else if kind != .output {
      let line = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? (startsLine ? bytes.startIndex : nil)
      if let line, bytes[line...].allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { bytes = bytes[..<line] }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

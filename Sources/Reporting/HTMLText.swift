import Support

/// Text on its way into a page: whatever it holds shows as text.
enum HTMLText {
  /// A text between tags or inside a quoted attribute.
  static func escaped(_ text: String) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count)
    for byte in VisibleText.lines(text).utf8 {
      switch byte {
      case UInt8(ascii: "&"): output += "&amp;".utf8
      case UInt8(ascii: "<"): output += "&lt;".utf8
      case UInt8(ascii: ">"): output += "&gt;".utf8
      case UInt8(ascii: "\""): output += "&quot;".utf8
      case UInt8(ascii: "'"): output += "&#39;".utf8
      default: output.append(byte)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// A block of JSON that no text in it can end: "<" is written as an escape that JSON reads back.
  static func dataBlock(id: String, _ value: JSONValue) -> String {
    var output: [UInt8] = []
    for byte in value.text().utf8 {
      if byte == UInt8(ascii: "<") { output += "\\u003c".utf8 } else { output.append(byte) }
    }
    return "<script type=\"application/json\" id=\"\(id)\">" + String(decoding: output, as: UTF8.self) + "</script>\n"
  }

  /// Longer cells may take several lines.
  private static let longestShortCell = 40

  /// A table whose columns the reader may sort by.
  static func table(_ table: Table) -> String {
    func row(_ cells: [String], _ tag: String, mark: (_ column: Int) -> Table.Mark? = { _ in nil }) -> String {
      let cells = cells.enumerated().map { column, cell in
        let classes =
          (table.numericColumns.contains(column) ? ["number"] : []) + (mark(column).map { ["\($0)"] } ?? [])
          + (tag == "td" && cell.count > longestShortCell ? ["long"] : [])
        let kind = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
        let scope = tag == "th" ? " scope=\"col\"" : ""
        return "<\(tag)\(kind)\(scope)>\(escaped(cell))</\(tag)>"
      }
      return "<tr>" + cells.joined() + "</tr>"
    }
    return "<div class=\"scroll\"><table class=\"sortable\"><thead>\(row(table.header, "th"))</thead><tbody>"
      + table.rows.enumerated().map { number, cells in row(cells, "td") { table.mark(number, $0) } }
      .joined(separator: "\n") + "</tbody></table></div>\n"
  }
}

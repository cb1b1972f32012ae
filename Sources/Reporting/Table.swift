import Support

/// A table of texts: a header, rows, and which columns hold numbers.
public struct Table: Sendable {
  public let header: [String]
  public let rows: [[String]]
  /// Columns aligned on the right.
  public let numericColumns: Set<Int>

  public init(header: [String], rows: [[String]], numericColumns: Set<Int>) {
    self.header = header
    self.rows = rows
    self.numericColumns = numericColumns
  }

  /// The table for a terminal: columns aligned, a line under the header.
  public var text: String {
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = cells.enumerated().map { column, cell in
        numericColumns.contains(column) ? cell.leftPadded(to: widths[column]) : cell.padded(to: widths[column])
      }
      var line = padded.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(header), rule] + rows.map(line)).joined(separator: "\n") + "\n"
  }

  /// The table as Markdown; what the cells hold is escaped.
  public var markdown: String {
    func escaped(_ cell: String) -> String {
      cell.map { character -> String in
        switch character {
        case "|", "\\": "\\\(character)"
        case _ where character.isNewline: " "
        case "<": "&lt;"
        case "&": "&amp;"
        default: String(character)
        }
      }.joined()
    }
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let rule = header.indices.map { numericColumns.contains($0) ? "---:" : "---" }
    return ([line(header.map(escaped)), line(rule)] + rows.map { line($0.map(escaped)) })
      .joined(separator: "\n") + "\n"
  }
}

import Support

/// A table of texts: a header, rows, which columns hold numbers, and what stands out.
package struct Table: Sendable {
  /// What a cell stands out by.
  package enum Mark: Sendable {
    /// The best of what it is compared with, by more than chance.
    case best
    /// Not significantly different from the best.
    case tied
    case failed
    /// What says that there is nothing to say.
    case faint
  }

  /// The place of a cell.
  struct Place: Hashable, Sendable {
    let row: Int
    let column: Int
  }

  package let header: [String]
  package let rows: [[String]]
  /// Columns aligned on the right.
  package let numericColumns: Set<Int>
  let marks: [Place: Mark]

  package init(header: [String], rows: [[String]], numericColumns: Set<Int>) {
    self.init(header: header, rows: rows, numericColumns: numericColumns) { _, _ in nil }
  }

  /// A table some of whose cells stand out, by row and column.
  init(header: [String], rows: [[String]], numericColumns: Set<Int>, mark: (_ row: Int, _ column: Int) -> Mark?) {
    self.header = header.map(VisibleText.line)
    self.rows = rows.map { $0.map(VisibleText.line) }
    self.numericColumns = numericColumns
    var marks: [Place: Mark] = [:]
    for (row, cells) in rows.enumerated() {
      for column in cells.indices { marks[Place(row: row, column: column)] = mark(row, column) }
    }
    self.marks = marks
  }

  func mark(_ row: Int, _ column: Int) -> Mark? { marks[Place(row: row, column: column)] }

  /// The table with its first rows alone.
  func first(_ count: Int) -> Table {
    Table(header: header, rows: Array(rows.prefix(count)), numericColumns: numericColumns, mark: mark)
  }

  /// The columns that a terminal gives each column of the table.
  private var widths: [Int] {
    header.indices.map { column in ([header] + rows).map { $0[column].displayWidth }.max() ?? 0 }
  }

  /// The table for a terminal: columns aligned, a line under the header; in colour, cells that stand out have their own.
  func text(_ ink: TerminalInk) -> String {
    let widths = widths
    func line(_ cells: [String], _ painted: (_ text: String, _ column: Int) -> String) -> String {
      let last = cells.lastIndex { !$0.isEmpty } ?? 0
      return cells.prefix(last + 1).enumerated().map { column, cell in
        let gap = String(repeating: " ", count: widths[column] - cell.displayWidth)
        let text = cell.isEmpty ? "" : painted(cell, column)
        return numericColumns.contains(column) ? gap + text : column == last ? text : text + gap
      }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    let body = rows.enumerated().map { row, cells in
      line(cells) { text, column in mark(row, column).map { ink.painted(text, $0) } ?? text }
    }
    return ([line(header) { text, _ in ink.head(text) }, ink.painted(rule, .faint)] + body).joined(separator: "\n")
      + "\n"
  }

  /// The table for a terminal, without colour.
  package var text: String { text(.none) }

  /// Tables of some of the columns each, none wider than a terminal if it can be helped; all begin with the same leading columns,
  /// which say what a row is of. As few tables as can be, and those about as wide as each other.
  func bands(width: Int, leading: Int) -> [Table] {
    let widths = widths
    let start = widths.prefix(leading).reduce(0) { $0 + $1 + 2 }
    func split(_ width: Int) -> [[Int]] {
      var bands: [[Int]] = []
      var used = Int.max / 2
      for column in leading..<max(leading, header.count) {
        if used + 2 + widths[column] > width {
          bands.append([])
          used = start - 2
        }
        bands[bands.count - 1].append(column)
        used += 2 + widths[column]
      }
      return bands
    }
    let fewest = split(width).count
    if fewest < 2 { return [self] }
    let narrowest = (1...width).first { split($0).count == fewest } ?? width
    return split(narrowest).map { band in
      let columns = Array(0..<leading) + band
      return Table(
        header: columns.map { header[$0] }, rows: rows.map { row in columns.map { row[$0] } },
        numericColumns: Set(columns.indices.filter { numericColumns.contains(columns[$0]) })
      ) { mark($0, columns[$1]) }
    }
  }

  /// The table as Markdown; what the cells hold is escaped, what is best or tied with it is bold.
  package var markdown: String {
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
    let body = rows.enumerated().map { row, cells in
      line(
        cells.enumerated().map { column, cell in
          switch mark(row, column) {
          case .best, .tied: cell.isEmpty ? "" : "**\(escaped(cell))**"
          case .failed, .faint, nil: escaped(cell)
          }
        })
    }
    return ([line(header.map(escaped)), line(rule)] + body).joined(separator: "\n") + "\n"
  }
}

import Testing

@testable import Reporting

/// Tables as text and as Markdown.
@Suite struct TableTests {
  static let table = Table(
    header: ["model", "score", "note"],
    rows: [["a", "9.5%", "x"], ["gemma-größer", "100.0%", ""], ["東京", "–", "yes"]], numericColumns: [1])

  @Test("Columns are as wide as their widest cell, numbers on the right, nothing at the end of a line")
  func alignment() {
    #expect(
      Self.table.text == """
        model          score  note
        ────────────  ──────  ────
        a               9.5%  x
        gemma-größer  100.0%
        東京               –  yes

        """)
  }

  @Test("In colour each text stands alone between its codes; without the codes it is the same table")
  func colors() {
    let marks: [[Table.Mark?]] = [[nil, .best, nil], [nil, .tied, nil], [.failed, .faint, nil]]
    let table = Table(header: Self.table.header, rows: Self.table.rows, numericColumns: [1]) { marks[$0][$1] }
    let colored = table.text(.colored)
    #expect(colored.contains("  \u{1B}[1;32m9.5%\u{1B}[0m  x\n") && colored.contains(" \u{1B}[32m100.0%\u{1B}[0m\n"))
    #expect(colored.contains("\u{1B}[31m東京\u{1B}[0m ") && colored.contains(" \u{1B}[2m–\u{1B}[0m  yes\n"))
    #expect(colored.hasPrefix("\u{1B}[1mmodel\u{1B}[0m        "))
    #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == Self.table.text && table.text == Self.table.text)
  }

  @Test("What is best, or tied with it, is bold in Markdown and has its class in the page")
  func marked() {
    let table = Table(header: ["a", "b"], rows: [["x|y", "1"], ["z", "2"]], numericColumns: [1]) { row, column in
      column == 0 ? (row == 0 ? .best : .failed) : (row == 0 ? nil : .tied)
    }
    #expect(table.markdown.hasSuffix("| **x\\|y** | 1 |\n| z | **2** |\n"))
    let page = HTMLText.table(table)
    #expect(page.contains("<td class=\"best\">x|y</td><td class=\"number\">1</td>"))
    let long = String(repeating: "long ", count: 12)
    let longest = HTMLText.table(Table(header: ["a"], rows: [[long]], numericColumns: []))
    #expect(longest.contains("<td class=\"long\">long "))
    #expect(page.contains("<td class=\"failed\">z</td><td class=\"number tied\">2</td>"))
  }

  @Test("A table that is too wide is split by columns; every part says what its rows are, and nothing is lost")
  func bands() {
    let header = ["model", "sample"] + (0..<7).map { "column \($0)" }
    let rows = (0..<3).map { row in ["gemma-\(row)", "\(row)/32"] + (0..<7).map { "\(row)\($0) (1 – 2)" } }
    let table = Table(header: header, rows: rows, numericColumns: Set(2..<9)) { row, column in
      row == 1 && column == 7 ? .best : nil
    }
    #expect(table.bands(width: 200, leading: 2).count == 1)
    let parts = table.bands(width: 60, leading: 2)
    #expect(parts.count == 3 && parts.flatMap { $0.header.dropFirst(2) } == Array(header.dropFirst(2)))
    for part in parts {
      #expect(part.text.split(separator: "\n").allSatisfy { String($0).displayWidth <= 60 })
      #expect(part.rows.map { $0.prefix(2) } == rows.map { $0.prefix(2) } && part.numericColumns.min() == 2)
    }
    // Seventeen columns of the terminal go to what a row is of, twelve to each column more.
    #expect(parts.map { $0.header.count - 2 } == [3, 3, 1])
    #expect(parts.reduce(0) { $0 + $1.marks.count } == 1)
    // What fits nowhere stands alone.
    let narrow = table.bands(width: 5, leading: 2)
    #expect(narrow.count == 7 && narrow.allSatisfy { $0.header.count == 3 })
  }

  @Test("A table without rows is its header")
  func empty() {
    #expect(Table(header: ["a", "bc"], rows: [], numericColumns: [0]).text == "a  bc\n─  ──\n")
  }

  @Test("Markdown has one line a row, and marks the columns of numbers")
  func markdown() {
    #expect(
      Self.table.markdown == """
        | model | score | note |
        | --- | ---: | --- |
        | a | 9.5% | x |
        | gemma-größer | 100.0% |  |
        | 東京 | – | yes |

        """)
  }

  @Test(
    "A cell never ends a column, a row or the page's safety",
    arguments: ["a|b<script>", "<b>&amp;", "two\nlines", "back\r\nlines", "|||", "`code|`", "a\\|b"])
  func escaping(cell: String) {
    let table = Table(header: [cell, "n"], rows: [[cell, "1"], ["plain", "2"]], numericColumns: [1])
    let lines = table.markdown.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 5 && lines[4].isEmpty)
    for line in lines.dropLast() { #expect(Self.columnCount(line) == 2, "\(line)") }
    #expect(!table.markdown.contains("<"))
    #expect(!table.markdown.contains("\r"))
  }

  /// Columns of a Markdown row as GitHub counts them: a pipe counts unless an odd number of backslashes precedes it.
  static func columnCount(_ line: Substring) -> Int {
    var pipes = 0
    var backslashes = 0
    for character in line {
      if character == "|", backslashes % 2 == 0 { pipes += 1 }
      backslashes = character == "\\" ? backslashes + 1 : 0
    }
    return pipes - 1
  }
}

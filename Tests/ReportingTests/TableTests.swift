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
        東京                 –  yes

        """)
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

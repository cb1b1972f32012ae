import Plan
import Records
import Support
import Testing

@testable import Reporting

@Suite struct ProgressLineTests {
  private func progress(_ completed: Int, of total: Int, name: String, tokens: Int = 0) -> Progress {
    var value = Progress(
      stage: .run, message: name, completed: completed, total: total, meanScore: completed > 0 ? 0.4312 : nil,
      scoredCount: completed, promptTokens: tokens)
    value.cellNumber = 2
    value.cellCount = 12
    value.secondsLeft = 3725
    return value
  }

  private func text(_ written: String) -> String {
    written.split(separator: "\u{1B}[K").joined().split(separator: "\r").last.map(String.init) ?? ""
  }

  @Test func everyWidthIsKept() {
    let names = ["m · mmlu", "google-gemma-3-27b-it-qat-q4_0-unquantized · mmlu", String(repeating: "模型", count: 30)]
    for name in names {
      for columns in 1...140 {
        var line = ProgressLine()
        _ = line.show(progress(1, of: 310, name: name), in: .terminal(columns: columns), at: 1)
        let shown = text(
          line.show(progress(40, of: 310, name: name, tokens: 5000), in: .terminal(columns: columns), at: 5))
        #expect(shown.displayWidth <= max(1, columns - 1), "\(columns): \(shown)")
        if columns >= 40 { #expect(shown.contains("40/310"), "\(columns): \(shown)") }
        if columns >= 80 { #expect(shown.contains("left in total") && shown.contains("43.1%"), "\(columns): \(shown)") }
      }
    }
  }

  @Test func tokensMoveBeforeTheFirstAnswer() {
    var line = ProgressLine()
    _ = line.show(progress(0, of: 10, name: "m", tokens: 0), in: .terminal(columns: 100), at: 1)
    let shown = text(line.show(progress(0, of: 10, name: "m", tokens: 512), in: .terminal(columns: 100), at: 2))
    #expect(shown.contains("0/10  512 prompt tokens  512 tokens/s"), "\(shown)")
  }

  @Test func aPersonReadsTenLinesASecond() {
    var line = ProgressLine()
    let written = (0..<1000).filter { step in
      !line.show(progress(step, of: 1000, name: "m"), in: .terminal(columns: 80), at: 10 + Double(step) / 1000).isEmpty
    }
    #expect(written.count <= 11)
    var plain = ProgressLine()
    let lines = (0..<1000).filter { step in
      !plain.show(progress(step, of: 1000, name: "m"), in: .plain, at: 10 + Double(step) / 10).isEmpty
    }
    #expect(lines.count <= 10)
  }

  @Test func everyCellKeepsItsLine() {
    var line = ProgressLine()
    _ = line.show(progress(10, of: 10, name: "m · a"), in: .terminal(columns: 80), at: 1)
    let next = line.show(progress(0, of: 10, name: "m · b"), in: .terminal(columns: 80), at: 2)
    #expect(next.contains("[2/12] m · a  10/10  score 43.1%\n"), "\(next)")
    #expect(line.end().hasSuffix("[2/12] m · b  0/10\n"))
    #expect(line.end() == "")
  }

  @Test func whatATerminalWouldObeyIsShown() {
    var line = ProgressLine()
    let shown = text(
      line.show(progress(1, of: 2, name: "a\u{1B}]0;title\u{7}\nb"), in: .terminal(columns: 80), at: 1))
    #expect(shown.contains("a?]0;title??b"), "\(shown)")
  }

  @Test func theMiddleGivesWay() {
    #expect("abcdefghij".shortened(to: 7) == "abc…hij")
    #expect("abcdefghij".shortened(to: 10) == "abcdefghij")
    #expect("模型模型模型".shortened(to: 6).displayWidth <= 6)
    #expect("abc".shortened(to: 1) == "…")
    #expect("abc".shortened(to: 0) == "")
  }
}

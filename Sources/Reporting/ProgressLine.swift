import Plan
import Records
import Support

/// The progress of long calls as one line for people: rewritten in place on a terminal and no wider than it, ten times a second;
/// elsewhere a line of its own now and then. It says what is to be written, and writes nothing itself.
package struct ProgressLine {
  package enum Form: Sendable {
    /// A terminal of so many columns, which obeys escape sequences.
    case terminal(columns: Int)
    /// What begins a line anew at a carriage return and knows no escape sequences: a notebook.
    case notebook
    /// A file or a pipe.
    case plain
  }

  private static let notebookColumns = 80
  private static let plainColumns = 160

  private var lastShown = -Double.infinity
  /// Columns of the line that stands there and can be rewritten; 0 if there is none.
  private var shownWidth = 0
  private var form = Form.plain
  /// The line of the cell of a plan that is at work, which stays when the cell ends.
  private var cell: String?
  private var started = (message: "", stage: "", seconds: 0.0, completed: 0, tokens: 0)
  /// What the rate of tokens is measured from: where the last few seconds began.
  private var window: [(seconds: Double, tokens: Int)] = []

  package init() {}

  /// What is to be written now, at a time in seconds: nothing where it is too early for a person to read more.
  package mutating func show(_ progress: Progress, in form: Form, at now: Double) -> String {
    var text = ""
    self.form = form
    if started.message != progress.message || started.stage != progress.stage.rawValue {
      // Of a plan every cell leaves a line.
      text = started.message == progress.message ? "" : end()
      started = (progress.message, progress.stage.rawValue, now, progress.completed, progress.tokens)
      window = []
      if case .plain = form { lastShown = now }  // a line now and then is for what takes a while
    }
    // What was there already came at no speed.
    if progress.foundCount == progress.completed {
      started = (started.message, started.stage, now, progress.completed, progress.tokens)
    }
    window.append((now, progress.tokens))
    while window.count > 2, now - window[1].seconds > 3 { window.removeFirst() }
    let isOfPlan = progress.cellCount > 1 && progress.stage == .run
    if isOfPlan { cell = line(of: progress, columns: Self.columns(form), now: nil) }
    if now - lastShown < Self.interval(form) { return text }
    lastShown = now
    return text + rewrite(line(of: progress, columns: Self.columns(form), now: now))
  }

  /// What takes the line away, so that something else can be written.
  package mutating func clear() -> String {
    defer { shownWidth = 0 }
    if shownWidth == 0 { return "" }
    if case .terminal = form { return "\r\u{1B}[K" }
    return "\r" + String(repeating: " ", count: shownWidth) + "\r"
  }

  /// What ends the progress: of a plan the line of its last cell stays.
  package mutating func end() -> String {
    let text = clear() + (cell.map { $0 + "\n" } ?? "")
    cell = nil
    return text
  }

  private mutating func rewrite(_ line: String) -> String {
    let width = line.displayWidth
    defer { shownWidth = width }
    switch form {
    case .terminal: return "\r" + line + "\u{1B}[K"
    case .notebook: return "\r" + line + String(repeating: " ", count: max(0, shownWidth - width))
    case .plain:
      defer { shownWidth = 0 }
      return line + "\n"
    }
  }

  /// Seconds between two lines: what a person reads, or what a log bears.
  private static func interval(_ form: Form) -> Double {
    switch form {
    case .terminal: 0.1
    case .notebook: 0.25
    case .plain: 10
    }
  }

  /// The last column stays free: a terminal may begin a new line once it is written to.
  private static func columns(_ form: Form) -> Int {
    switch form {
    case .terminal(let columns): max(1, columns - 1)
    case .notebook: notebookColumns
    case .plain: plainColumns
    }
  }

  // MARK: - What the line says

  /// A piece of the line, and how much it is missed when there is no room: the lowest goes first.
  private struct Part {
    let text: String
    let weight: Int
  }

  /// The line in so many columns. Without a time, what was found; with one, also how fast it goes.
  private func line(of progress: Progress, columns: Int, now: Double?) -> String {
    let place = progress.cellCount > 1 ? "[\(progress.cellNumber)/\(progress.cellCount)] " : ""
    var parts = parts(of: progress, now: now)
    let name = Self.visible(progress.message)
    // The name gives way before the numbers that matter, but not to less than can be recognised.
    for least in [name.displayWidth, 24, 16, 8] {
      var left = parts
      while true {
        let rest = place.displayWidth + left.reduce(0) { $0 + 2 + $1.text.displayWidth }
        if rest + min(least, name.displayWidth) <= columns {
          let room = columns - rest
          return place + name.shortened(to: room) + left.map { "  " + $0.text }.joined()
        }
        guard
          let lightest = left.filter({ $0.weight < (least > 24 ? 3 : least > 16 ? 4 : 9) }).min(by: {
            $0.weight < $1.weight
          })
        else { break }
        left.removeAll { $0.weight == lightest.weight }
      }
      if least == 8 { parts = left }
    }
    return (place + name.shortened(to: 8) + parts.map { "  " + $0.text }.joined()).shortened(to: columns)
  }

  private func parts(of progress: Progress, now: Double?) -> [Part] {
    let elapsed = now.map { $0 - started.seconds } ?? 0
    if let word = ["load": "loading", "quantize": "quantising", "fingerprint": "fingerprinting"][
      progress.stage.rawValue]
    {
      return [Part(text: "\(word) \(progress.completed >> 20) of \(progress.total >> 20) MiB", weight: 9)]
    }
    if progress.stage == .download { return download(progress, elapsed: elapsed) }
    if progress.total == 0 { return [Part(text: progress.stage.rawValue, weight: 9)] }
    var parts = [Part(text: "\(progress.completed)/\(progress.total)", weight: 9)]
    if progress.foundCount > 0 { parts.append(Part(text: "\(progress.foundCount) already done", weight: 1)) }
    if let score = progress.meanScore, progress.scoredCount > 0 {
      parts.append(Part(text: "score \((score * 100).fixed(1))%", weight: 7))
    }
    if let interval = progress.interval {
      parts.append(Part(text: "\((interval.lower * 100).fixed(1))% – \((interval.upper * 100).fixed(1))%", weight: 2))
    }
    guard now != nil else { return parts }
    let made = progress.completed - started.completed
    // Before the first answer the tokens are what moves.
    if progress.tokens > 0, made == 0 {
      let answer = progress.generatedTokens > 0 ? ", \(progress.generatedTokens) generated" : ""
      parts.append(Part(text: "\(progress.promptTokens) prompt tokens\(answer)", weight: 5))
    }
    if let first = window.first, let last = window.last, last.seconds - first.seconds > 0.3, last.tokens > first.tokens
    {
      let rate = Double(last.tokens - first.tokens) / (last.seconds - first.seconds)
      parts.append(Part(text: "\(Int(rate.rounded())) tokens/s", weight: made == 0 ? 6 : 3))
    }
    if made > 0, elapsed > 0.5 {
      let rate = Double(made) / elapsed
      let left = Double(progress.total - progress.completed) / rate
      parts.append(Part(text: "\(rate.fixed(1))/s", weight: 4))
      if progress.cellCount > 1, let all = progress.secondsLeft {
        parts.append(Part(text: "\(Self.duration(left)) left in this cell", weight: 1))
        parts.append(Part(text: "\(Self.duration(all)) left in total", weight: 8))
      } else {
        parts.append(Part(text: "\(Self.duration(left)) left", weight: 8))
      }
    }
    return parts
  }

  private func download(_ progress: Progress, elapsed: Double) -> [Part] {
    if progress.total == 0 { return [Part(text: "contacting the Hub", weight: 9)] }
    let done = Double(progress.completed) / 1e6
    let total = Double(progress.total) / 1e6
    var parts = [Part(text: "downloading \(done.fixed(1)) of \(total.fixed(1)) MB", weight: 9)]
    // By what came in this call: what was there before came at no speed.
    let came = Double(progress.completed - started.completed) / 1e6
    if came > 0, elapsed > 1 {
      parts.append(Part(text: "\((came / elapsed).fixed(1)) MB/s", weight: 4))
      parts.append(Part(text: "\(Self.duration((total - done) * elapsed / came)) left", weight: 8))
    }
    return parts
  }

  /// Seconds in the two largest units that count.
  private static func duration(_ seconds: Double) -> String {
    let whole = Int(min(max(0, seconds), 1e9))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// A name on one line: what a terminal would obey is shown as a question mark.
  private static func visible(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }
}

extension Progress {
  /// Tokens of the cell that went through the model.
  fileprivate var tokens: Int { promptTokens + generatedTokens }
}

extension String {
  /// The text in so many columns at most: where it is longer, its middle gives way to an ellipsis.
  package func shortened(to columns: Int) -> String {
    if displayWidth <= columns { return self }
    if columns < 1 { return "" }
    let room = columns - 1
    var head = "", tail = ""
    for character in self {
      if (head + String(character)).displayWidth > (room + 1) / 2 { break }
      head.append(character)
    }
    let left = room - head.displayWidth
    for character in reversed() {
      if (String(character) + tail).displayWidth > left { break }
      tail = String(character) + tail
    }
    return head + "…" + tail
  }
}

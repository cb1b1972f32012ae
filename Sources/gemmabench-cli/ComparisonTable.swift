import Support

/// Comparisons as a terminal shows them: of each a line with both scores and what was gained and lost, and the test below it.
struct ComparisonTable {
  private let comparisons: [JSONObject]

  init(_ comparisons: [JSONObject]) { self.comparisons = comparisons }

  var text: String {
    let header = ["task", "first", "score", "second", "score", "difference", "better", "worse"]
    let rows = comparisons.map(row)
    let numeric: Set<Int> = [2, 4, 5, 6, 7]
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].displayWidth }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = cells.enumerated().map { column, cell in
        let gap = String(repeating: " ", count: widths[column] - cell.displayWidth)
        return numeric.contains(column) ? gap + cell : cell + gap
      }
      return padded.joined(separator: "  ") + "\n"
    }
    var text = line(header) + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
    for (comparison, row) in zip(comparisons, rows) { text += line(row) + details(comparison) }
    let shown = comparisons.map(ShownMetric.init)
    text += "better, worse: number of samples on which the first scores better, or worse, than the second"
    text += shown.contains { !$0.higherIsBetter } ? "; where less is better, the lower score is the better one\n" : "\n"
    return text
  }

  private func row(_ value: JSONObject) -> [String] {
    let shown = ShownMetric(value)
    let number = value["run_number"]?.integerValue ?? 1
    func score(_ key: String) -> String { value[key]?.doubleValue.map(shown.text) ?? "–" }
    func count(_ key: String) -> String { value[key]?.integerValue.map { "\($0)" } ?? "–" }
    let difference = value["difference"]?.doubleValue.map(shown.unit.change) ?? "–"
    return [
      (value["task"]?.stringValue ?? "") + (number > 1 ? " · run \(number)" : ""), value["first"]?.stringValue ?? "",
      score("first_mean"), value["second"]?.stringValue ?? "", score("second_mean"),
      difference + (shown.unit == .fraction && difference != "–" ? " points" : ""), count("first_better"),
      count("second_better"),
    ]
  }

  /// Interval, probabilities and verdict, and what a reader must know of the samples.
  private func details(_ value: JSONObject) -> String {
    let shown = ShownMetric(value)
    func change(_ key: String) -> String? { value[key]?.doubleValue.map(shown.unit.change) }
    func probability(_ key: String) -> String {
      value[key]?.doubleValue.map { $0 < 0.0001 ? "<0.0001" : $0.fixed(4) } ?? "none"
    }
    if value["difference"]?.doubleValue == nil { return "    no sample with a score in both\n" }
    var parts: [String] = [shown.title]
    if let lower = change("lower"), let upper = change("upper") {
      parts.append("[\(lower), \(upper)]")
    } else {
      parts.append("no interval")
    }
    if value["stopped_early"]?.boolValue == true {
      parts.append("no p: a stop rule ended one of the runs")
    } else {
      parts.append(
        "p \(probability("probability")) (Holm \(probability("holm")), Benjamini-Hochberg \(probability("benjamini_hochberg")))"
      )
    }
    var samples = (value["count"]?.integerValue ?? 0).counted("sample")
    if let clusters = value["clusters"]?.integerValue {
      samples += " in \(clusters) clusters (\(value["clustered_by"]?.stringValue ?? ""))"
    }
    parts.append(samples)
    if let equivalence = value["equivalence"]?.objectValue, let p = equivalence["probability"]?.doubleValue {
      parts.append("equivalence p \(p.fixed(4))")
    }
    for key in ["unpaired", "unscored", "different_prompts"] {
      if let count = value[key]?.integerValue, count > 0 {
        parts.append("\(count) \(key.map { $0 == "_" ? " " : String($0) }.joined())")
      }
    }
    let verdict = value["better"]?.stringValue.map { "\($0) is better" } ?? "no significant difference"
    var text = "    \(parts.joined(separator: ", ")): \(verdict)\n"
    if let reason = value["disagreement"]?.stringValue { text += "    note: \(reason)\n" }
    return text
  }
}

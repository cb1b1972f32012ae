import Charts
import Plan
import Records
import Statistics
import Support

/// A kind of chart that there is none of, and why.
package struct ChartOmission: Sendable, Equatable {
  package let kind: ChartKind
  package let reason: String
}

/// What was written of a sweep's charts.
package struct WrittenCharts: Sendable, Equatable {

  /// The files, by their names in the folder.
  package let files: [String]
  package let omissions: [ChartOmission]

  package var json: JSONValue {
    [
      "files": .array(files.map { .string($0) }),
      "left_out": .array(omissions.map { ["chart": .string($0.kind.name), "reason": .string($0.reason)] }),
    ]
  }
}

extension SweepReport {
  /// The charts of a kind, or the reason why there is nothing to show. Values only; nothing is drawn yet.
  package func charts(_ kind: ChartKind) -> ChartOutcome {
    charts(kind, ChartKind.Subject(source: ChartSource(record), analysis: analysis, record: record))
  }

  private func charts(_ kind: ChartKind, _ subject: ChartKind.Subject) -> ChartOutcome {
    subject.source.tasks.isEmpty ? .nothing(reason: "no cell has a run") : kind.charts(subject)
  }

  /// One chart as the bytes of a file, by its name ("heatmap", "ranks-mmlu") or its kind where that has just one.
  ///
  /// Errors: an unknown name or form, with those there are; a kind with nothing to show, with the reason; no font.
  package func chart(_ name: String, format: String) throws(BenchmarkError) -> [UInt8] {
    let chart = try chart(name)
    guard let known = Chart.Format(rawValue: format) else {
      let hint = NearestName.hint(format, among: Chart.Format.allCases.map(\.rawValue))
      throw BenchmarkError(.invalidArgument, "unknown chart format: \"\(format)\"\(hint)")
    }
    return try chart.rendered(known)
  }

  private func chart(_ name: String) throws(BenchmarkError) -> Chart {
    let start = name.split(separator: "-", maxSplits: 1).first.map(String.init) ?? name
    guard let kind = ChartKind.all.first(where: { $0.name == start }) else {
      let hint = NearestName.hint(name, among: ChartKind.all.map(\.name))
      throw BenchmarkError(.invalidArgument, "no such chart: \"\(name)\"\(hint)")
    }
    switch charts(kind) {
    case .nothing(let reason): throw BenchmarkError(.invalidArgument, "no chart \"\(name)\": \(reason)")
    case .charts(let charts):
      if let chart = charts.first(where: { $0.name == name }) { return chart }
      if name == start, charts.count == 1 { return charts[0] }
      let names = charts.map { "\"\($0.name)\"" }.joined(separator: ", ")
      throw BenchmarkError(
        .invalidArgument,
        name == start
          ? "chart \"\(name)\": several; choose one of \(names)" : "no chart \"\(name)\"; there are \(names)")
    }
  }

  /// Draws every chart that has something to show into a folder, made if need be: each in the forms asked for, with its numbers as
  /// comma-separated values beside it.
  ///
  /// Errors: as `FileSystem.write`; no font; a file that is there, unless it may be replaced.
  package func writeCharts(
    to folder: String, formats: [Chart.Format] = [.svg], replacing: Bool = false
  ) throws(BenchmarkError) -> WrittenCharts {
    let (charts, omissions) = allCharts
    var files: [String] = []
    for chart in replacing ? [] : charts {
      for format in formats + [.csv] { try FileSystem.checkFree("\(folder)/\(chart.name).\(format.rawValue)") }
    }
    if !charts.isEmpty { try FileSystem.makeFolder(folder) }
    for chart in charts {
      for format in Chart.Format.allCases where formats.contains(format) || format == .csv {
        let file = "\(chart.name).\(format.rawValue)"
        try FileSystem.write(try chart.rendered(format), to: "\(folder)/\(file)")
        files.append(file)
      }
    }
    return WrittenCharts(files: files, omissions: omissions)
  }

  /// Every chart that has something to show, and the kinds that have not.
  private var allCharts: (charts: [Chart], omissions: [ChartOmission]) {
    let subject = ChartKind.Subject(source: ChartSource(record), analysis: analysis, record: record)
    var found: [Chart] = []
    var omissions: [ChartOmission] = []
    for kind in ChartKind.all {
      switch charts(kind, subject) {
      case .nothing(let reason): omissions.append(ChartOmission(kind: kind, reason: reason))
      case .charts(let charts): found += charts
      }
    }
    return (found, omissions)
  }

  /// Whether a file is called as a chart of ours is.
  static func isChartFile(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: "."), Chart.Format(rawValue: String(name[name.index(after: dot)...])) != nil
    else {
      return false
    }
    return ChartKind.all.contains { name[..<dot] == $0.name || name.hasPrefix($0.name + "-") }
  }

  /// The charts as SVG, for a page.
  struct DrawnCharts {
    var drawn: [(chart: Chart, svg: String)] = []
    var missing: [ChartOmission] = []
  }

  var drawnCharts: DrawnCharts {
    let (charts, omissions) = allCharts
    var result = DrawnCharts(missing: omissions)
    for chart in charts {
      do throws(BenchmarkError) {
        result.drawn.append((chart, try chart.drawing().inlineSVG))
      } catch { result.missing = ChartKind.all.map { ChartOmission(kind: $0, reason: error.message) } }
    }
    return result
  }

  /// Writes one chart, in the form that the path's ending names.
  ///
  /// Errors: as `chart(_:format:)` and `FileSystem.write`; a file that is there, unless it may be replaced.
  package func writeChart(_ name: String, to path: String, replacing: Bool = false) throws(BenchmarkError) {
    if !replacing { try FileSystem.checkFree(path) }
    let file = path.split(separator: "/").last ?? ""
    guard let dot = file.lastIndex(of: "."), dot > file.startIndex else {
      let endings = Chart.Format.allCases.map { "." + $0.rawValue }.joined(separator: ", ")
      throw BenchmarkError(.invalidArgument, "\(path): the file name must end in a chart format: \(endings)")
    }
    try FileSystem.write(try chart(name, format: file[file.index(after: dot)...].lowercased()), to: path)
  }

  /// The forms that a list such as "svg, png" names.
  package static func chartFormats(_ list: String) throws(BenchmarkError) -> [Chart.Format] {
    var formats: [Chart.Format] = []
    for word in list.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) {
      guard let format = Chart.Format(rawValue: word) else {
        let hint = NearestName.hint(word, among: Chart.Format.allCases.map(\.rawValue))
        throw BenchmarkError(.invalidArgument, "unknown chart format: \"\(word)\"\(hint)")
      }
      formats.append(format)
    }
    return formats
  }
}

extension Chart {
  /// A name of a file, of a kind and a text: letters, digits, "_" and "." stay, others become "-".
  static func fileName(_ kind: ChartKind, _ text: String) -> String {
    let name = text.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." ? $0 : "-" }
    return "\(kind.name)-\(String(name.prefix(80)))"
  }

  /// Charts whose names are all different: a repeated one gets a number.
  static func numbered(_ charts: [Chart]) -> [Chart] {
    var seen: [String: Int] = [:]
    return charts.map { chart in
      let count = seen[chart.name, default: 0] + 1
      seen[chart.name] = count
      if count == 1 { return chart }
      return Chart(
        name: "\(chart.name)-\(count)", title: chart.title, subtitle: chart.subtitle, notes: chart.notes,
        body: chart.body, data: chart.data)
    }
  }
}

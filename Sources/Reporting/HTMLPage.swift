import Evaluation
import Plan
import Records
import ReportAssets
import Support

/// The whole report as one page: no other file, no network, light and dark, tables that sort, charts, and a browser of samples.
struct HTMLPage {
  /// A chart drawn as SVG, to be put into the page as it is.
  struct Figure {
    /// The chart's name, such as "heatmap".
    let name: String
    /// With the chart's title, what its marks mean, and its notes within.
    let svg: String
  }

  let report: SweepReport
  let figures: [Figure]
  /// Charts left out, and why.
  let missingFigures: [(title: String, reason: String)]

  init(report: SweepReport, charts: SweepReport.DrawnCharts) {
    self.report = report
    figures = charts.drawn.map { chart, svg in
      Figure(name: chart.name, svg: svg)
    }
    missingFigures = charts.missing.map { (title: $0.kind.name, reason: $0.reason) }
  }

  /// The page as text.
  ///
  /// Nothing in it may load anything from elsewhere: the page's own policy forbids it, whatever a model wrote.
  var text: String {
    let name = HTMLText.escaped(report.record.plan.name)
    let sections = sections
    let links = sections.map { "<a href=\"#\($0.id)\">\(HTMLText.escaped($0.title))</a>" }.joined(separator: "\n")
    let body = sections.map {
      "<section id=\"\($0.id)\">\n<h2>\(HTMLText.escaped($0.title))</h2>\n\($0.body)</section>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
      script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
      <meta name="generator" content="gemmabench \(HTMLText.escaped(report.libraryVersion))">
      <title>\(name) · gemmabench</title>
      <style>
      \(String(cString: gbr_page_style()))</style>
      </head>
      <body>
      <header class="top"><strong>\(name)</strong><nav>\(links)</nav>\
      <button id="theme" type="button">light / dark</button></header>
      <main>
      <h1>\(name)</h1>
      <p class="muted">\(HTMLText.escaped(report.record.startedAt)) · \
      gemmabench \(HTMLText.escaped(report.libraryVersion)) · plan \(report.record.plan.hash.prefix(12))</p>
      \(body.joined())</main>
      <script>
      \(String(cString: gbr_page_script()))</script>
      </body>
      </html>

      """
  }

  private typealias Section = (id: String, title: String, body: String)

  private var sections: [Section] {
    var sections: [Section] = []
    let leaderboard = Leaderboard(report)
    if leaderboard.models.count >= 2 { sections.append(("leaderboard", "Leaderboard", ranked(leaderboard))) }
    sections.append(("scores", "Scores", scores))
    if let published = report.published {
      let body = published.tables().map {
        "<h3>\(HTMLText.escaped($0.title))</h3>\n" + HTMLText.table($0.table) + list($0.notes)
      }
      sections.append(("published", "Published and measured", body.joined()))
    }
    let bands = report.bands
    if !bands.isEmpty {
      let body = bands.map { "<h3>\(HTMLText.escaped($0.title))</h3>\n" + HTMLText.table($0.table) }
      sections.append(("bands", "Ways of asking", body.joined()))
    }
    let efficiency = report.efficiencyTables
    if !efficiency.isEmpty { sections.append((TimingMetric.recordKey, "Efficiency", tables(efficiency))) }
    if !report.analysisTables.isEmpty {
      sections.append(("analysis", "Who is better", tables(report.analysisTables)))
    }
    if !figures.isEmpty || !missingFigures.isEmpty { sections.append(("charts", "Charts", charts)) }
    let subjects = report.subjectTables
    if !subjects.isEmpty { sections.append(("subjects", "Subjects", tables(subjects))) }
    let sheets = sheets
    if !sheets.isEmpty { sections.append(("samples", "Samples", samples(sheets))) }
    sections.append(("environment", "How it was made", environment))
    return sections
  }

  private var scores: String {
    var body = HTMLText.table(report.summary)
    if !report.notes.isEmpty { body += "<h3>What to know</h3>\n" + list(report.notes) }
    return body
  }

  private func ranked(_ leaderboard: Leaderboard) -> String {
    HTMLText.table(leaderboard.table) + list(leaderboard.remarks)
  }

  private func list(_ lines: [String]) -> String {
    "<ul>\n" + lines.map { "<li>\(HTMLText.escaped($0))</li>\n" }.joined() + "</ul>\n"
  }

  private func tables(_ tables: [(title: String, table: Table)]) -> String {
    tables.map { "<h3>\(HTMLText.escaped($0.title))</h3>\n" + HTMLText.table($0.table) }.joined()
  }

  private var charts: String {
    var body = figures.map { figure in
      "<figure data-chart=\"\(HTMLText.escaped(figure.name))\">\n\(figure.svg)\n</figure>\n"
    }.joined()
    if !missingFigures.isEmpty {
      body += "<details><summary>Charts left out, and why</summary>\n<ul>\n"
      body += missingFigures.map {
        "<li>\(HTMLText.escaped($0.title)): \(HTMLText.escaped($0.reason))</li>\n"
      }.joined()
      body += "</ul></details>\n"
    }
    return body
  }

  /// One sheet a task and run, with every model that ran it.
  private var sheets: [SampleSheet] {
    var order: [String] = []
    var groups: [String: [RunRecord]] = [:]
    for run in report.record.runs where !run.samples.isEmpty {
      let key = report.sheetName(of: run)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(run)
    }
    return order.map { SampleSheet(name: $0, runs: groups[$0] ?? []) }
  }

  private func samples(_ sheets: [SampleSheet]) -> String {
    func filter(_ id: String, _ label: String, _ options: [(value: String, label: String)] = []) -> String {
      let options = options.map { "<option value=\"\($0.value)\">\($0.label)</option>" }.joined()
      return "<label>\(label)<select id=\"filter-\(id)\">\(options)</select></label>\n"
    }
    var body =
      "<div class=\"filters\">\n" + filter("sheet", "task") + filter("subject", "subject") + filter("model", "model")
    body += filter(
      "verdict", "verdict", [("", "all"), ("wrong", "wrong"), ("right", "right"), ("unscored", "unscored")])
    body += filter("other", "scored differently by") + filter("flag", "flag")
    body +=
      "<label>text<input id=\"filter-text\" type=\"search\" placeholder=\"in questions and answers\"></label>\n</div>\n"
    body += """
      <div class="pages"><button id="page-before" type="button">earlier</button>\
      <button id="page-after" type="button">later</button><span id="sample-count" role="status"></span></div>
      <div class="scroll"><table><thead><tr id="sample-head"></tr></thead><tbody id="sample-rows"></tbody></table></div>

      """
    body += HTMLText.dataBlock(
      id: "sample-index",
      ["block_size": JSONValue(SampleSheet.blockSize), "sheets": .array(sheets.map(\.index))])
    for (number, sheet) in sheets.enumerated() {
      for (position, block) in sheet.blocks.enumerated() {
        body += HTMLText.dataBlock(id: "samples-\(number)-\(position)", block)
      }
    }
    return body
  }

  private var environment: String {
    var body = report.methodNotes.map { "<p>\(HTMLText.escaped($0))</p>\n" }.joined()
    for run in report.record.runs {
      body += "<details><summary>\(HTMLText.escaped(run.modelName)) · \(HTMLText.escaped(report.sheetName(of: run)))"
      body +=
        "</summary>\n<pre>\(HTMLText.escaped(run.json(level: report.record.plan.confidenceLevel).text(indented: true)))</pre></details>\n"
    }
    body += "<details><summary>The plan</summary>\n"
    body += "<pre>\(HTMLText.escaped(report.record.plan.canonical.text(indented: true)))</pre></details>\n"
    return body
  }
}

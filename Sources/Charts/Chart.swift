import Support

/// A chart as values: what it shows, and the table of the same numbers that comes with it.
package struct Chart: Sendable {
  package enum Body: Sendable {
    case matrix(Heatmap)
    case intervals(ForestPlot)
    case plane(XYChart)
    case bars(BarChart)
  }

  /// The forms a chart can be written in.
  package enum Format: String, CaseIterable, Sendable { case svg, png, pdf, csv }

  /// Names the chart's files, such as "heatmap" or "differences-mmlu".
  package let name: String
  package let title: String
  /// What the marks mean, in a line under the title.
  package let subtitle: String
  /// What a reader must know, under the chart.
  package let notes: [String]
  package let body: Body
  package let data: DataTable

  package init(name: String, title: String, subtitle: String, notes: [String] = [], body: Body, data: DataTable) {
    self.name = name
    self.title = title
    self.subtitle = subtitle
    self.notes = notes
    self.body = body
    self.data = data
  }

  /// The chart in a form, as the bytes of a file.
  ///
  /// Errors: a machine without fonts; a drawing too large for the form.
  package func rendered(_ format: Format) throws(BenchmarkError) -> [UInt8] {
    switch format {
    case .csv: Array(data.text.utf8)
    case .svg: Array(try drawing().svg.utf8)
    case .png: try CairoPage(drawing()).png()
    case .pdf: try CairoPage(drawing()).pdf()
    }
  }

  /// Said under a chart with letters that show as boxes.
  static let lackOfLetters =
    "Boxes stand for characters that no installed font has; fonts-noto-cjk has those of Chinese,"
    + " Japanese and Korean."

  /// The chart as marks with places: the one drawing that every form is written from.
  package func drawing() throws(BenchmarkError) -> Drawing { drawing(try TextMeasurer()) }

  func drawing(_ measurer: TextMeasurer) -> Drawing {
    var inner = Canvas(measurer: measurer)
    let size: Point =
      switch body {
      case .matrix(let chart): chart.draw(&inner)
      case .intervals(let chart): chart.draw(&inner)
      case .plane(let chart): chart.draw(&inner)
      case .bars(let chart): chart.draw(&inner)
      }
    let margin = 16.0
    let width = max(size.x, 440)
    var page = Canvas(measurer: measurer)
    var y = margin
    func write(_ text: String, _ style: TextStyle, _ paint: Paint, _ page: inout Canvas, _ y: inout Double) {
      for line in measurer.broken(text, style, width: width) {
        let height = measurer.extent(line, style).height
        page.text(line, at: Point(margin, y + height / 2), style: style, paint: paint)
        y += height + 2
      }
    }
    write(title, .title, .ink, &page, &y)
    if !subtitle.isEmpty { write(subtitle, .subtitle, .muted, &page, &y) }
    y += 10
    page.add(inner, right: margin, down: y)
    y += size.y
    let notes = notes + (measurer.lacksLetters ? [Self.lackOfLetters] : [])
    if !notes.isEmpty { y += 8 }
    for note in notes { write(note, .small, .muted, &page, &y) }
    return Drawing(
      title: title, width: (width + 2 * margin).rounded(.up), height: (y + margin).rounded(.up), marks: page.marks)
  }
}

/// A table of a chart's numbers, for those who draw it again.
package struct DataTable: Sendable, Equatable {
  package let header: [String]
  package private(set) var rows: [[Field]] = []

  package enum Field: Sendable, Equatable, ExpressibleByStringLiteral {
    case text(String)
    /// Nil is an empty field.
    case number(Double?)

    package init(stringLiteral value: String) { self = .text(value) }
  }

  package init(_ header: [String]) { self.header = header }

  package mutating func add(_ row: Field...) { rows.append(row) }

  package mutating func add(_ row: [Field]) { rows.append(row) }

  /// Comma-separated values (RFC 4180, lines end with a line feed); numbers with the digits that read back to the same bits.
  package var text: String {
    func field(_ text: String) -> String {
      text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline })
        ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
    var lines = header.map(field).joined(separator: ",") + "\n"
    for row in rows {
      lines +=
        row.map { cell -> String in
          switch cell {
          case .text(let text): field(text)
          case .number(let value): value.map { $0.isFinite ? Self.number($0) : "" } ?? ""
          }
        }.joined(separator: ",") + "\n"
    }
    return lines
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : value.description
  }
}

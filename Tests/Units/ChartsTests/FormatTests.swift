@preconcurrency import Glibc
import Support
import Testing

@testable import Charts

/// The forms a drawing is written in.
@Suite struct FormatTests {
  private static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Goldens/charts/"

  @Test("Markup in names is text in SVG; marks carry tooltips; colours are variables with a fallback")
  func svg() throws {
    let svg = try Samples.heatmap(models: ["<script>alert(1)</script> & \"x\"\u{0}\u{1B}"], tasks: ["a"]).drawing().svg
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && !svg.contains("<script"))
    #expect(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;"))
    #expect(!svg.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    #expect(svg.contains("<title>") && svg.contains("var(--gb-ink,#1f2328)"))
    #expect(svg.components(of: "<text ") == svg.components(of: "</text>"))
  }

  @Test("No element of SVG has an attribute twice, and all are closed", arguments: Samples.all)
  func attributes(_ chart: Chart) throws {
    for line in try chart.drawing().svg.split(separator: "\n").dropFirst().dropLast() {
      let element = line.prefix { $0 != ">" }
      for attribute in ["style", "fill", "stroke", "x", "y", "width", "textLength"] {
        #expect(String(element).components(of: " \(attribute)=\"") <= 2, "\(line)")
      }
      #expect(line.hasSuffix("/>") || line.hasSuffix("</text>") || line.contains("</title></"))
    }
  }

  @Test("PNG and PDF are whole files, of the drawing's size", arguments: Samples.all)
  func files(_ chart: Chart) throws {
    let drawing = try chart.drawing()
    let png = try chart.rendered(.png)
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]) && png.suffix(8).starts(with: Array("IEND".utf8)))
    func number(_ offset: Int) -> Double { png[offset..<offset + 4].reduce(0) { $0 * 256 + Double($1) } }
    #expect(abs(number(16) / number(20) - drawing.width / drawing.height) < 0.01 && number(16) <= 2 * drawing.width)
    let pdf = try chart.rendered(.pdf)
    #expect(pdf.starts(with: Array("%PDF".utf8)) && pdf.suffix(6).elementsEqual(Array("%%EOF\n".utf8)))
  }

  @Test(
    "Images to look at, where GEMMABENCH_DRAW names a folder", .enabled(if: getenv("GEMMABENCH_DRAW") != nil),
    arguments: Samples.reviewed + Samples.all)
  func draw(_ chart: Chart) throws {
    let folder = getenv("GEMMABENCH_DRAW").map { String(cString: $0) } ?? ""
    try FileSystem.makeFolder(folder)
    try FileSystem.write(try chart.rendered(.png), to: "\(folder)/\(chart.name).png")
    try FileSystem.write(try chart.rendered(.svg), to: "\(folder)/\(chart.name).svg")
    try FileSystem.write(try chart.drawing().json.text(indented: true) + "\n", to: "\(folder)/\(chart.name).json")
  }

  /// A person looked at the golden drawings as images: names whole and apart, numbers in their cells, dots on their values.
  ///
  /// The goldens hold every mark as it was then. Shapes and colours must be the same; places may differ by what another version of
  /// the font makes of the texts' widths.
  @Test("The drawings that were looked at are still drawn so", arguments: ["heatmap-3x3", "intervals-4x2x1", "cost-3"])
  func reviewed(_ name: String) throws {
    let chart = try #require(Samples.reviewed.first { $0.name == name })
    let found = try JSONReader.parse(chart.drawing().json.text(), name: name)
    let golden = try JSONReader.parse(FileSystem.readText(Self.folder + name + ".json"), name: name)
    let (marks, expected) = (
      found.objectValue?["marks"]?.arrayValue ?? [], golden.objectValue?["marks"]?.arrayValue ?? []
    )
    #expect(marks.count == expected.count && !marks.isEmpty)
    for (mark, old) in zip(marks, expected) {
      #expect(mark.objectValue?["is"] == old.objectValue?["is"])
      let places = zip(mark.objectValue?["box"]?.arrayValue ?? [], old.objectValue?["box"]?.arrayValue ?? [])
      for (new, old) in places { #expect(abs((new.doubleValue ?? 0) - (old.doubleValue ?? 0)) <= 12) }
    }
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count }
}

extension Drawing {
  /// The marks as JSON: what each is, and its box.
  var json: JSONValue {
    let marks = marks.map { mark -> JSONValue in
      var words = "\(mark.role) "
      switch mark.shape {
      case .rectangle: words += "rectangle"
      case .line: words += "line"
      case .path: words += "path"
      case .polygon: words += "polygon"
      case .circle: words += "circle"
      case .text(let text): words += "text \(text.text)"
      }
      words += " \(mark.fill?.color.hexadecimal ?? "-") \(mark.stroke?.color.hexadecimal ?? "-")"
      let box = mark.box
      return [
        "is": .string(words),
        "box": .array([box.x, box.y, box.width, box.height].map { .number(($0 * 100).rounded() / 100) }),
      ]
    }
    return ["width": .number(width), "height": .number(height), "marks": .array(marks)]
  }
}

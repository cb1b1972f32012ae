import Support
import Testing

@testable import Charts

/// What every chart keeps, measured on the drawing itself: nothing overlaps, nothing is cut, marks lie where the numbers are.
@Suite struct DrawingTests {
  @Test(
    "No text lies on another, and none is cut, whatever the names and however many there are", arguments: Samples.all)
  func textsAreFree(_ chart: Chart) throws {
    let drawing = try chart.drawing()
    let page = Box(0, 0, drawing.width, drawing.height)
    let texts = drawing.texts
    #expect(!texts.isEmpty && texts.contains { $0.text.text == chart.title || chart.title.hasPrefix($0.text.text) })
    for (index, (text, box)) in texts.enumerated() {
      #expect(page.contains(box), "\(chart.name): \"\(text.text)\" is cut")
      for (other, otherBox) in texts[..<index] where box.overlaps(otherBox, slack: 1.5) {
        Issue.record("\(chart.name): \"\(text.text)\" lies on \"\(other.text)\"")
      }
    }
    for mark in drawing.marks { #expect(page.contains(mark.box, slack: 1), "\(chart.name): \(mark.shape) is cut") }
  }

  @Test("Names that differ are told apart on the chart", arguments: Samples.all)
  func namesAreDistinct(_ chart: Chart) throws {
    let labels = try chart.drawing().marks.compactMap { mark -> (shown: String, name: String)? in
      guard mark.role == .label, let name = mark.tooltip, case .text(let text) = mark.shape else { return nil }
      return text.text.contains("…") ? (text.text, name) : nil
    }
    var names: [String: Set<String>] = [:]
    for label in labels { names[label.shown, default: []].insert(label.name) }
    #expect(names.values.allSatisfy { $0.count == 1 })
  }

  @Test("Dots and the ends of intervals lie where the axis has their numbers")
  func dots() throws {
    let values = [0.125, 0.5, 0.8125]
    let drawing = try Samples.comparison(values).drawing()
    // The axis, as a reader takes it: the places of two ticks.
    let ticks = drawing.marks.compactMap { mark -> (x: Double, value: Double)? in
      guard mark.role == .axis, case .text(let text) = mark.shape, text.text.hasSuffix("%"),
        let percent = Double(text.text.dropLast())
      else { return nil }
      return (text.box.midX, percent / 100)
    }
    let (first, last) = (try #require(ticks.first), try #require(ticks.last))
    func x(_ value: Double) -> Double {
      first.x + (value - first.value) / (last.value - first.value) * (last.x - first.x)
    }
    let dots = drawing.marks.filter { $0.role == .datum }
    let intervals = drawing.marks.filter { $0.role == .interval }
    #expect(dots.count == 3 && intervals.count == 3)
    for (value, (dot, interval)) in zip(values, zip(dots, intervals)) {
      #expect(abs(dot.box.midX - x(value)) < 0.01)
      #expect(abs(interval.box.x - x(value - 0.0625)) < 0.01 && abs(interval.box.maxX - x(value + 0.0625)) < 0.01)
      #expect(abs(dot.box.midY - interval.box.midY) < 0.01)
    }
    #expect(zip(dots, dots.dropFirst()).allSatisfy { $0.box.midY < $1.box.midY })
  }

  @Test("Cells have the colour of their number and carry it as text; the text can be read on it")
  func cells() throws {
    let drawing = try Samples.heatmap(models: ["a", "b"], tasks: ["x", "y"]).drawing()
    let cells = drawing.marks.filter { $0.role == .datum }
    #expect(cells.count == 4)
    for cell in cells {
      guard case .fixed(let color) = cell.fill else { continue }
      let inside = drawing.marks.filter {
        if case .text = $0.shape { cell.box.contains($0.box) } else { false }
      }
      #expect(inside.count == 2)
      for text in inside {
        guard case .fixed(let ink) = text.fill else { continue }
        #expect(color.contrast(with: ink) >= 4.5)
      }
    }
  }

  @Test("Points lie at their coordinates, the steps of the front between them")
  func plane() throws {
    let drawing = try Samples.cost(models: ["a", "b", "c"]).drawing()
    #expect(drawing.marks.count { $0.role == .datum } == 3)
    let dots = drawing.marks.filter { $0.role == .datum }.map(\.box)
    // x grows with cost and y with accuracy, as the sample has them: a below and left of b, b of c.
    #expect(zip(dots, dots.dropFirst()).allSatisfy { $0.midX < $1.midX && $0.midY > $1.midY })
  }
}

@preconcurrency import Glibc
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

  @Test(
    "Bars reach from zero to their number, whiskers from end to end, on either side of zero", arguments: [false, true])
  func bars(isNegative: Bool) throws {
    let sign = isNegative ? -1.0 : 1
    let values: [(value: Double, interval: ClosedRange<Double>)] = [(40, 30...55), (42, 41...43), (8, -2...12)]
    let shown = values.map { value, interval in
      BarChart.Bar(
        sign * value,
        interval: isNegative ? -interval.upperBound...(-interval.lowerBound) : interval, tooltip: "\(value)")
    }
    let chart = Chart(
      name: "bars", title: "bars", subtitle: "",
      body: .bars(
        BarChart(
          axis: Axis(title: "x", format: .number(unit: "")),
          groups: [
            .init(title: "one", rows: [.init(label: "a", bars: [shown[0], shown[1]])]),
            .init(rows: [.init(label: "b", bars: [shown[2], .absent("none")])]),
          ], series: ["first", "second"])), data: DataTable(["x"]))
    let drawing = try chart.drawing()
    let ticks = drawing.marks.compactMap { mark -> (x: Double, value: Double)? in
      guard mark.role == .axis, case .text(let text) = mark.shape, let value = Double(text.text) else { return nil }
      return (text.box.midX, value)
    }
    let (first, last) = (try #require(ticks.first), try #require(ticks.last))
    func x(_ value: Double) -> Double {
      first.x + (value - first.value) / (last.value - first.value) * (last.x - first.x)
    }
    let bars = drawing.marks.filter { $0.role == .datum }
    let whiskers = drawing.marks.filter { $0.role == .interval }
    #expect(bars.count == 3 && whiskers.count == 3)
    for (bar, (mark, whisker)) in zip(shown, zip(bars, whiskers)) {
      let (from, to) = (min(0, bar.value ?? 0), max(0, bar.value ?? 0))
      #expect(abs(mark.box.x - x(from)) < 0.5 && abs(mark.box.maxX - x(to)) < 0.5)
      let interval = try #require(bar.interval)
      #expect(abs(whisker.box.x - x(interval.lowerBound)) < 0.5 && abs(whisker.box.maxX - x(interval.upperBound)) < 0.5)
      #expect(abs(mark.box.midY - whisker.box.midY) < 0.01)
    }
    #expect(bars.map(\.fill) == [.series(0), .series(1), .series(0)])
    #expect(zip(bars, bars.dropFirst()).allSatisfy { $0.box.maxY <= $1.box.y })
    #expect(drawing.texts.count { $0.text.text == "–" } == 1)
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

  @Test("Intervals of points reach from end to end of their numbers, on both axes, one of them logarithmic")
  func planeIntervals() throws {
    let spots: [(x: Double, y: Double, width: ClosedRange<Double>, height: ClosedRange<Double>)] = [
      (2, 30, 1.5...3, 20...35), (50, 80, 40...90, 80...95),
    ]
    let chart = Chart(
      name: "plane", title: "plane", subtitle: "",
      body: .plane(
        XYChart(panels: [
          .init(
            xAxis: Axis(title: "x", format: .number(unit: ""), isLogarithmic: true),
            yAxis: Axis(title: "y", format: .number(unit: "")),
            series: [
              .init(
                spots: spots.map { .init($0.x, $0.y, xInterval: $0.width, yInterval: $0.height, tooltip: "") })
            ])
        ])), data: DataTable(["x"]))
    let drawing = try chart.drawing()
    // The axes, as a reader takes them: numbers of one line are x's, those of one right edge are y's.
    let ticks = drawing.marks.compactMap { mark -> (box: Box, value: Double)? in
      guard mark.role == .axis, case .text(let text) = mark.shape, let value = Double(text.text) else { return nil }
      return (text.box, value)
    }
    let bottom = try #require(ticks.map(\.box.midY).max())
    let across = ticks.filter { abs($0.box.midY - bottom) < 2 }.sorted { $0.value < $1.value }
    let upwards = ticks.filter { abs($0.box.midY - bottom) >= 2 }.sorted { $0.value < $1.value }
    func place(
      _ value: Double, _ first: (Double, Double), _ last: (Double, Double), _ scale: (Double) -> Double
    ) -> Double {
      first.1 + (scale(value) - scale(first.0)) / (scale(last.0) - scale(first.0)) * (last.1 - first.1)
    }
    let (left, right) = (try #require(across.first), try #require(across.last))
    let (low, high) = (try #require(upwards.first), try #require(upwards.last))
    func x(_ value: Double) -> Double {
      place(value, (left.value, left.box.midX), (right.value, right.box.midX)) { log($0) }
    }
    func y(_ value: Double) -> Double { place(value, (low.value, low.box.midY), (high.value, high.box.midY)) { $0 } }
    let intervals = drawing.marks.filter { $0.role == .interval }.map(\.box)
    #expect(intervals.count == 4)
    for (number, spot) in spots.enumerated() {
      let (wide, tall) = (intervals[2 * number], intervals[2 * number + 1])
      // Texts stand where their letters' middle is, which is not that of their box.
      #expect(abs(wide.x - x(spot.width.lowerBound)) < 1 && abs(wide.maxX - x(spot.width.upperBound)) < 1)
      #expect(abs(tall.height - (y(spot.height.lowerBound) - y(spot.height.upperBound))) < 1)
      let above = y(spot.height.lowerBound) - y(spot.y)
      #expect(abs(tall.midX - x(spot.x)) < 1 && abs(tall.maxY - wide.midY - above) < 1)
    }
  }

  @Test("No line that leads from a point to its name crosses another name or number", arguments: Samples.all)
  func leadersAreClear(_ chart: Chart) throws {
    let drawing = try chart.drawing()
    let texts = drawing.texts.map(\.box)
    for mark in drawing.marks where mark.strokeWidth == 0.75 && !mark.isDashed {
      guard case .line(let from, let to) = mark.shape else { continue }
      // Up to the name that the line leads to.
      for step in 0..<100 {
        let share = Double(step) / 100
        let (x, y) = (from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share)
        let crossed = texts.contains { $0.x + 1 < x && x < $0.maxX - 1 && $0.y + 2 < y && y < $0.maxY - 2 }
        #expect(!crossed, "\(chart.name): a line crosses a name at \(x), \(y)")
      }
    }
  }

  @Test("Forty points carry numbers, near them, that a list beside the frame explains; a few carry their names")
  func numbered() throws {
    let many = try Samples.cost(models: Samples.longNames).drawing()
    func labels(_ drawing: Drawing, _ isOfPoint: Bool) -> [(text: String, name: String?, box: Box)] {
      drawing.marks.compactMap { mark in
        guard mark.role == .label, case .text(let text) = mark.shape, (mark.tooltip != nil) == isOfPoint else {
          return nil
        }
        return (text.text, mark.tooltip, text.box)
      }
    }
    let dots = many.marks.filter { $0.role == .datum }
    for number in 1...40 {
      // Beside the point it has the name as tooltip, and the list has number and name on one line.
      let beside = try #require(labels(many, true).first { $0.text == "\(number)" })
      let listed = try #require(labels(many, false).first { $0.text == "\(number)" })
      let name = labels(many, true).first { abs($0.box.midY - listed.box.midY) < 3 && $0.box.x > listed.box.maxX }
      #expect(name?.name == beside.name && name != nil, "number \(number)")
      let dot = try #require(dots.first { $0.tooltip == beside.name }).box
      #expect(abs(beside.box.midX - dot.midX) < 90 && abs(beside.box.midY - dot.midY) < 90, "number \(number)")
    }
    let highest = try #require(dots.min { $0.box.midY < $1.box.midY })
    #expect(labels(many, true).first { $0.text == "1" }?.name == highest.tooltip)
    let few = try Samples.cost(models: ["one", "two", "three"]).drawing()
    #expect(["one", "two", "three"].allSatisfy { name in few.texts.contains { $0.text.text == name } })
  }

  @Test("A chart with letters that no font draws says so; one without them does not")
  func lackOfLetters() throws {
    // A place of Unicode for private use, which no font of a script has; and Latin letters.
    let without = try Samples.heatmap(models: ["gemma-\u{10FFF0}"], tasks: ["mmlu"]).drawing()
    let with = try Samples.heatmap(models: ["gemma-3"], tasks: ["mmlu"]).drawing()
    func says(_ drawing: Drawing) -> Bool { drawing.texts.contains { $0.text.text.contains("fonts-noto-cjk") } }
    #expect(says(without) && !says(with))
  }
}

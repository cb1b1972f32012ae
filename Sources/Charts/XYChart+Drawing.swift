extension XYChart {
  /// Adds the marks, from the origin to the right and down; returns the size.
  func draw(_ canvas: inout Canvas) -> Point {
    let columns = min(panels.count, isCompact ? 4 : panels.count > 1 ? 2 : 1)
    var size = Point(0, 0)
    for first in stride(from: 0, to: panels.count, by: max(1, columns)) {
      if first > 0 { size.y += 20 }
      var x = 0.0
      var bottom = size.y
      // Panels of a row begin and end at one height.
      let row = panels[first..<min(first + columns, panels.count)]
      let width = isCompact ? 180.0 : columns == 1 ? 520 : 380
      let titles = row.map { $0.title.map { canvas.measurer.broken($0, .heading, width: width + 40) } ?? [] }
      let titleHeight = Double(titles.map(\.count).max() ?? 0) * 16 + 6
      let crowd =
        row.map { panel in
          max(
            panel.series.count { $0.name != nil },
            panel.series.reduce(0) { $0 + ($1.join == .steps ? 0 : $1.spots.count { $0.label != nil }) })
        }.max() ?? 0
      let height = isCompact ? 180 : max(300, Double(crowd) * 18)
      for (place, panel) in row.enumerated() {
        for (line, text) in titles[place].enumerated() {
          canvas.text(text, at: Point(x, size.y + 8 + Double(line) * 16), style: .heading)
        }
        let corner = PanelDrawing(panel, left: x, top: size.y + titleHeight, width: width, height: height, &canvas)
          .draw(&canvas)
        x = corner.x + 32
        bottom = max(bottom, corner.y)
      }
      size = Point(max(size.x, x - 32), bottom)
    }
    return size
  }
}

/// One panel of a plane: axes, then bars, lines, intervals, points, and names where they find room.
private struct PanelDrawing {
  private let panel: XYChart.Panel
  private let frame: Box
  private let xScale: Scale
  private let yScale: Scale
  private let left: Double

  init(
    _ panel: XYChart.Panel, left: Double, top: Double, width: Double, height: Double, _ canvas: inout Canvas
  ) {
    self.panel = panel
    self.left = left
    let spots = panel.series.flatMap(\.spots)
    func ends(_ range: ClosedRange<Double>?) -> [Double] { range.map { [$0.lowerBound, $0.upperBound] } ?? [] }
    xScale = Scale(
      panel.xAxis, values: spots.flatMap { [$0.x] + ends($0.xInterval) } + panel.bars.flatMap { ends($0.range) },
      tickCount: width > 300 ? 6 : 4)
    yScale = Scale(
      panel.yAxis, values: spots.flatMap { [$0.y] + ends($0.yInterval) }, tickCount: height > 250 ? 6 : 5)
    let tickWidth = yScale.labels.map { canvas.measurer.width($0, .tiny) }.max() ?? 0
    frame = Box(left + 20 + tickWidth + 6, top + 4, width, height)
  }

  private func place(_ x: Double, _ y: Double) -> Point {
    Point(frame.x + xScale.share(x) * frame.width, frame.maxY - yScale.share(y) * frame.height)
  }

  /// Adds the panel; returns its lower right corner.
  func draw(_ canvas: inout Canvas) -> Point {
    drawAxes(&canvas)
    for bar in panel.bars {
      let (from, to) = (place(bar.range.lowerBound, 0).x, place(bar.range.upperBound, 0).x)
      let height = bar.share * frame.height * 0.3
      canvas.rectangle(
        Box(from + 1, frame.maxY - height, max(1, to - from - 2), height), fill: .rule, role: .datum,
        tooltip: bar.tooltip)
    }
    if panel.hasDiagonal {
      let (low, high) = (max(xScale.lower, yScale.lower), min(xScale.upper, yScale.upper))
      canvas.line(place(low, low), place(high, high), paint: .muted, isDashed: true)
    }
    for series in panel.series { drawLines(series, &canvas) }
    for series in panel.series { drawSpots(series, &canvas) }
    let right = drawEndNames(&canvas)
    let labels = drawSpotLabels(&canvas)
    return Point(max(frame.maxX, right, labels.x), max(frame.maxY + 40, labels.y))
  }

  private func drawAxes(_ canvas: inout Canvas) {
    var free = -Double.infinity
    for (tick, label) in zip(xScale.ticks, xScale.labels) {
      let x = frame.x + xScale.share(tick) * frame.width
      canvas.line(Point(x, frame.y), Point(x, frame.maxY), paint: .rule)
      let half = canvas.measurer.width(label, .tiny) / 2
      if x - half < free { continue }
      free = x + half + 6
      canvas.text(label, at: Point(x, frame.maxY + 13), anchor: .middle, style: .tiny, paint: .muted, role: .axis)
    }
    for (tick, label) in zip(yScale.ticks, yScale.labels) {
      let y = frame.maxY - yScale.share(tick) * frame.height
      canvas.line(Point(frame.x, y), Point(frame.maxX, y), paint: .rule)
      canvas.text(label, at: Point(frame.x - 6, y), anchor: .end, style: .tiny, paint: .muted, role: .axis)
    }
    canvas.text(
      canvas.measurer.elided(panel.xAxis.title, .small, width: frame.width + 20),
      at: Point(frame.midX, frame.maxY + 30), anchor: .middle, style: .small, paint: .muted, role: .axis,
      tooltip: panel.xAxis.title)
    canvas.text(
      canvas.measurer.elided(panel.yAxis.title, .small, width: frame.height + 20), at: Point(left + 8, frame.midY),
      anchor: .middle, style: .small, paint: .muted, role: .axis, isUpright: true, tooltip: panel.yAxis.title)
  }

  private func drawLines(_ series: XYChart.Series, _ canvas: inout Canvas) {
    if series.join == .none { return }
    canvas.path(
      corners(of: series), paint: series.join == .steps ? .muted : .series(series.number), width: 1.5,
      isDashed: series.isDashed)
  }

  /// The corners of the line that joins a series' points; none where nothing joins them.
  private func corners(of series: XYChart.Series) -> [Point] {
    if series.join == .none { return [] }
    var points: [Point] = []
    for spot in series.spots {
      let point = place(spot.x, spot.y)
      if series.join == .steps, let last = points.last { points.append(Point(point.x, last.y)) }
      points.append(point)
    }
    if series.join == .steps, let last = points.last { points.append(Point(frame.maxX, last.y)) }
    return points
  }

  private func drawSpots(_ series: XYChart.Series, _ canvas: inout Canvas) {
    if series.join == .steps { return }
    for spot in series.spots {
      let center = place(spot.x, spot.y)
      if let range = spot.xInterval {
        canvas.line(
          Point(place(range.lowerBound, spot.y).x, center.y), Point(place(range.upperBound, spot.y).x, center.y),
          paint: .series(series.number), width: 1.5, role: .interval, tooltip: spot.tooltip)
      }
      if let range = spot.yInterval {
        canvas.line(
          Point(center.x, place(spot.x, range.lowerBound).y), Point(center.x, place(spot.x, range.upperBound).y),
          paint: .series(series.number), width: 1.5, role: .interval, tooltip: spot.tooltip)
      }
      canvas.marker(center, series: series.number, isHollow: spot.isHollow, tooltip: spot.tooltip)
    }
  }

  /// The name of a line on the right of the frame, and the end of the line that it belongs to.
  private struct EndName {
    let series: XYChart.Series
    let label: String
    /// Of the dashed line between the two.
    let from: Point
    let to: Point
  }

  /// The names of lines, each near its line's end, none on another.
  private func endNames(_ measurer: TextMeasurer) -> [EndName] {
    let named = panel.series.filter { $0.name != nil && !$0.spots.isEmpty && $0.join != .steps }
    let labels = measurer.labels(named.map { $0.name ?? "" }, .small, width: 220)
    let ends = named.map { series -> Point in
      let last = series.spots[series.spots.count - 1]
      return place(last.x, last.y)
    }
    let heights = LabelPlacement.spread(ends.map(\.y), gap: 15, within: frame.y...frame.maxY)
    return named.indices.map { number in
      EndName(
        series: named[number], label: labels[number], from: Point(ends[number].x + 6, ends[number].y),
        to: Point(frame.maxX + 19, heights[number]))
    }
  }

  /// Returns the right end of the names.
  private func drawEndNames(_ canvas: inout Canvas) -> Double {
    var right = 0.0
    for name in endNames(canvas.measurer) {
      canvas.line(name.from, name.to, paint: .series(name.series.number), width: 0.75, isDashed: true)
      canvas.text(name.label, at: Point(name.to.x + 3, name.to.y), style: .small, tooltip: name.series.name)
      right = max(right, name.to.x + 3 + canvas.measurer.width(name.label, .small))
    }
    return right
  }

  /// What no name of a point may lie on: points, intervals, and lines.
  private func obstacles(_ measurer: TextMeasurer) -> [Box] {
    var boxes: [Box] = []
    for series in panel.series {
      if series.join != .steps { boxes += series.spots.flatMap { self.boxes(of: $0) } }
      let corners = corners(of: series)
      for (from, to) in zip(corners, corners.dropFirst()) { boxes += LabelPlacement.steps(from, to) }
    }
    for name in endNames(measurer) { boxes += LabelPlacement.steps(name.from, name.to) }
    return boxes
  }

  /// Where a point and its intervals are.
  private func boxes(of spot: XYChart.Spot) -> [Box] {
    let center = place(spot.x, spot.y)
    var boxes = [Box(center.x - 5, center.y - 5, 10, 10)]
    if let range = spot.xInterval {
      let (from, to) = (place(range.lowerBound, spot.y).x, place(range.upperBound, spot.y).x)
      boxes.append(Box(from, center.y - 1, to - from, 2))
    }
    if let range = spot.yInterval {
      let (from, to) = (place(spot.x, range.upperBound).y, place(spot.x, range.lowerBound).y)
      boxes.append(Box(center.x - 1, from, 2, to - from))
    }
    return boxes
  }

  /// Names beside points where they all find room near them; else numbers from the highest point down, and a list of the names
  /// they stand for beside the frame. Returns the lower right corner.
  private func drawSpotLabels(_ canvas: inout Canvas) -> Point {
    let shown = panel.series.filter { $0.join != .steps }.flatMap(\.spots)
    let spots = shown.filter { $0.label != nil }
    if spots.isEmpty { return Point(0, 0) }
    let names = canvas.measurer.labels(spots.map { $0.label ?? "" }, .small, width: 200)
    let obstacles = obstacles(canvas.measurer)
    let beside = places(of: names, .small, for: spots, obstacles, canvas.measurer)
    if beside.allSatisfy(\.isNear) { return draw(names, .small, at: beside, spots.map(\.label), &canvas) }

    let order = spots.indices.sorted { (-spots[$0].y, spots[$0].x, $0) < (-spots[$1].y, spots[$1].x, $1) }
    let ranked = order.map { spots[$0] }
    let numbers = ranked.indices.map { "\($0 + 1)" }
    let found = places(of: numbers, .tiny, for: ranked, obstacles, canvas.measurer)
    var corner = draw(numbers, .tiny, at: found, ranked.map(\.label), &canvas)
    let widest = numbers.map { canvas.measurer.width($0, .tiny) }.max() ?? 0
    let left = max(frame.maxX, corner.x) + 16
    for (row, place) in order.enumerated() {
      let y = frame.y + 7 + Double(row) * 16
      canvas.text(numbers[row], at: Point(left + widest, y), anchor: .end, style: .tiny, paint: .muted)
      canvas.text(names[place], at: Point(left + widest + 7, y), style: .small, tooltip: spots[place].label)
      let right = left + widest + 7 + canvas.measurer.width(names[place], .small)
      corner = Point(max(corner.x, right), max(corner.y, y + 8))
    }
    return corner
  }

  private func places(
    of labels: [String], _ style: TextStyle, for spots: [XYChart.Spot], _ obstacles: [Box], _ measurer: TextMeasurer
  ) -> [LabelPlacement.Found] {
    LabelPlacement.around(
      spots.map { place($0.x, $0.y) },
      sizes: labels.map { label in
        let extent = measurer.extent(label, style)
        return (width: extent.width, height: extent.height)
      }, obstacles: obstacles, within: Box(frame.x + 2, frame.y + 2, frame.width - 4, frame.height - 4))
  }

  private func draw(
    _ labels: [String], _ style: TextStyle, at places: [LabelPlacement.Found], _ names: [String?],
    _ canvas: inout Canvas
  ) -> Point {
    var corner = Point(0, 0)
    for (number, label) in labels.enumerated() {
      let found = places[number]
      if let leader = found.leader { canvas.line(leader.from, leader.to, paint: .muted, width: 0.75) }
      canvas.text(label, at: Point(found.box.x, found.box.midY), style: style, tooltip: names[number])
      corner = Point(max(corner.x, found.box.maxX), max(corner.y, found.box.maxY))
    }
    return corner
  }
}

extension ForestPlot {
  private static let longestLabel = 300.0
  /// Between panels, room for half a tick's label on either side.
  private static let gap = 44.0
  /// Panels beside each other; more go on below.
  private static let panelsInBand = 4

  /// What every band shares.
  private struct Layout {
    let names: [String]
    let left: Double
    let panelWidth: Double
    let valueWidth: Double
    let columnWidths: [Double]
    let rowHeight: Double
    /// Whether every row has room for each series, one below the other.
    let lanes: Int
  }

  /// Adds the marks, from the origin to the right and down; returns the size.
  func draw(_ canvas: inout Canvas) -> Point {
    let layout = layout(canvas.measurer)
    var y = drawKey(&canvas)
    var width = 0.0
    for first in stride(from: 0, to: panels.count, by: Self.panelsInBand) {
      let band = first..<min(first + Self.panelsInBand, panels.count)
      if first > 0 { y += 24 }
      let size = draw(band, top: y, layout, &canvas)
      y = size.y
      width = max(width, size.x)
    }
    let keyWidth = series.count > 1 ? canvas.marks.filter { $0.role == .key }.map(\.box.maxX).max() ?? 0 : 0
    return Point(max(width, keyWidth), y)
  }

  private func layout(_ measurer: TextMeasurer) -> Layout {
    let rows = groups.flatMap(\.rows)
    let names = measurer.labels(rows.map(\.label), .label, width: Self.longestLabel)
    let left = (names.map { measurer.width($0, .label) }.max() ?? 0) + 12
    let lanes = max(1, series.count)
    var valueWidth = 0.0
    if showsValues, lanes == 1 {
      for row in rows {
        for (panel, values) in zip(panels, row.values) {
          for value in values where !value.isSmall {
            valueWidth = max(valueWidth, measurer.width(panel.axis.format.text(value.value), .small))
          }
        }
      }
      valueWidth += 10
    }
    let columnWidths = columns.enumerated().map { column, head in
      (rows.compactMap { column < $0.texts.count ? measurer.width($0.texts[column], .small) : nil }
        + [measurer.width(head, .small)]).max() ?? 0
    }
    let panelWidth = panels.count == 1 ? 400.0 : panels.count == 2 ? 260 : 190
    return Layout(
      names: names, left: left, panelWidth: panelWidth, valueWidth: valueWidth, columnWidths: columnWidths,
      rowHeight: max(20, 8 + 11 * Double(lanes)), lanes: lanes)
  }

  private func draw(_ band: Range<Int>, top: Double, _ layout: Layout, _ canvas: inout Canvas) -> Point {
    let measurer = canvas.measurer
    let rows = groups.flatMap(\.rows)
    let stride = layout.panelWidth + layout.valueWidth + Self.gap
    let boxes = band.map { panel in
      Box(layout.left + Double(panel - band.lowerBound) * stride, 0, layout.panelWidth, 0)
    }
    let scales = band.map { panel in
      Scale(
        panels[panel].axis,
        values: rows.flatMap { row -> [Double] in
          row.values[panel].flatMap {
            [$0.value, $0.interval?.lowerBound ?? $0.value, $0.interval?.upperBound ?? $0.value]
          }
        } + (reference.map { [$0] } ?? []), tickCount: layout.panelWidth > 300 ? 6 : 4)
    }
    // Titles of the panels, on as many lines as the longest needs.
    let titles = band.map { panel in
      panels[panel].title.map { measurer.broken($0, .heading, width: layout.panelWidth + layout.valueWidth) } ?? []
    }
    let titleLines = titles.map(\.count).max() ?? 0
    var y = top
    for (place, lines) in titles.enumerated() {
      for (line, text) in lines.enumerated() {
        canvas.text(text, at: Point(boxes[place].x, y + 8 + Double(line) * 16), style: .heading)
      }
    }
    y += Double(titleLines) * 16 + (titleLines > 0 ? 4 : 0)
    let isTall = Double(rows.count) * layout.rowHeight > 600
    var columnX = layout.left + Double(band.count) * stride - Self.gap + 28
    let columnStarts = layout.columnWidths.map { width -> Double in
      defer { columnX += width + 16 }
      return columnX
    }
    for (column, x) in columnStarts.enumerated() {
      canvas.text(columns[column], at: Point(x, y + 8), style: .small, paint: .muted, role: .axis)
    }
    if isTall {
      for place in band.indices {
        drawTicks(scales[place - band.lowerBound], boxes[place - band.lowerBound], at: y + 8, &canvas)
      }
    }
    if isTall || !columns.isEmpty { y += 20 }

    let gridTop = y
    let right = layout.columnWidths.isEmpty ? (boxes.last?.maxX ?? 0) + layout.valueWidth : columnX - 16
    var tops: [Double] = []
    var number = 0
    for group in groups {
      if let title = group.title {
        canvas.text(title, at: Point(0, y + 14), style: .heading)
        y += 26
      }
      for _ in group.rows {
        if number % 2 == 0 {
          canvas.rectangle(Box(0, y, right, layout.rowHeight), fill: .band)
        }
        tops.append(y)
        number += 1
        y += layout.rowHeight
      }
      if group.title != nil { y += 6 }
    }
    for (scale, box) in zip(scales, boxes) { drawGrid(scale, Box(box.x, gridTop, box.width, y - gridTop), &canvas) }
    for (number, row) in rows.enumerated() {
      let middle = tops[number] + layout.rowHeight / 2
      canvas.text(layout.names[number], at: Point(layout.left - 8, middle), anchor: .end, tooltip: row.label)
      for (place, panel) in band.enumerated() {
        draw(row, panel, scales[place], boxes[place], middle: middle, layout, &canvas)
      }
      for (column, x) in columnStarts.enumerated() where column < row.texts.count {
        canvas.text(row.texts[column], at: Point(x, middle), style: .small)
      }
    }
    var bottom = y
    for (place, panel) in band.enumerated() {
      drawTicks(scales[place], boxes[place], at: y + 10, &canvas)
      let lines = measurer.broken(
        panels[panel].axis.title, .small, width: layout.panelWidth + layout.valueWidth)
      for (line, text) in lines.enumerated() {
        canvas.text(
          text, at: Point(boxes[place].x, y + 27 + Double(line) * 14), style: .small, paint: .muted, role: .axis)
      }
      bottom = max(bottom, y + 20 + Double(lines.count) * 14 + 2)
    }
    return Point(right, bottom)
  }

  private func drawTicks(_ scale: Scale, _ box: Box, at y: Double, _ canvas: inout Canvas) {
    var free = -Double.infinity
    for (tick, label) in zip(scale.ticks, scale.labels) {
      let x = box.x + scale.share(tick) * box.width
      let half = canvas.measurer.width(label, .tiny) / 2
      if x - half < free { continue }
      free = x + half + 6
      canvas.text(label, at: Point(x, y), anchor: .middle, style: .tiny, paint: .muted, role: .axis)
    }
  }

  private func drawGrid(_ scale: Scale, _ box: Box, _ canvas: inout Canvas) {
    for tick in scale.ticks {
      let x = box.x + scale.share(tick) * box.width
      canvas.line(Point(x, box.y), Point(x, box.maxY), paint: .rule)
    }
    if let reference {
      let x = box.x + scale.share(reference) * box.width
      canvas.line(Point(x, box.y), Point(x, box.maxY), paint: .muted, width: 1.5)
    }
  }

  private func draw(
    _ row: Row, _ panel: Int, _ scale: Scale, _ box: Box, middle: Double, _ layout: Layout, _ canvas: inout Canvas
  ) {
    let values = row.values[panel]
    if values.isEmpty {
      canvas.text(
        "–", at: Point(box.x + 6, middle), style: .small, paint: .muted, tooltip: row.absence)
    }
    for value in values {
      let lane = layout.lanes > 1 ? Double(value.series) - Double(layout.lanes - 1) / 2 : 0
      let y = middle + lane * 11
      let x = box.x + scale.share(value.value) * box.width
      if let interval = value.interval {
        canvas.line(
          Point(box.x + scale.share(interval.lowerBound) * box.width, y),
          Point(box.x + scale.share(interval.upperBound) * box.width, y), paint: .series(value.series), width: 2,
          role: .interval, tooltip: value.tooltip)
      }
      canvas.marker(
        Point(x, y), series: value.series, radius: value.isSmall ? 2.2 : layout.lanes > 1 ? 3.4 : 4,
        isHollow: value.isHollow, tooltip: value.tooltip)
      if showsValues, layout.lanes == 1, !value.isSmall {
        canvas.text(
          panels[panel].axis.format.text(value.value), at: Point(box.maxX + layout.valueWidth, middle), anchor: .end,
          style: .small)
      }
    }
  }

  /// The names of the series with their signs, on lines of a width. Returns the height.
  private func drawKey(_ canvas: inout Canvas) -> Double {
    series.count > 1 ? SeriesKey.draw(series, width: 640, &canvas) : 0
  }
}

/// The key of a chart: each series' sign with its name.
enum SeriesKey {
  static func draw(_ names: [String], width: Double, _ canvas: inout Canvas) -> Double {
    let labels = canvas.measurer.labels(names, .small, width: 260)
    var (x, y) = (0.0, 0.0)
    for (number, label) in labels.enumerated() {
      let needed = 14 + canvas.measurer.width(label, .small)
      if x > 0, x + needed > width { (x, y) = (0, y + 18) }
      canvas.marker(Point(x + 5, y + 8), series: number, role: .key)
      canvas.text(label, at: Point(x + 14, y + 8), style: .small, role: .key, tooltip: names[number])
      x += needed + 18
    }
    return y + 28
  }
}

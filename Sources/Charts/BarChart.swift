/// Horizontal bars from zero, a row for each thing and a bar for each series in it, with intervals: shares, counts, sizes.
package struct BarChart: Sendable {
  package struct Bar: Sendable {
    /// Nil where there is no value, which is shown as a dash.
    package var value: Double?
    package var interval: ClosedRange<Double>?
    package var tooltip: String

    package init(_ value: Double, interval: ClosedRange<Double>? = nil, tooltip: String) {
      self.value = value
      self.interval = interval
      self.tooltip = tooltip
    }

    private init(absence: String) {
      value = nil
      interval = nil
      tooltip = absence
    }

    /// A bar that there is not, and why.
    package static func absent(_ reason: String) -> Bar { Bar(absence: reason) }
  }

  package struct Row: Sendable {
    package var label: String
    /// One for each series.
    package var bars: [Bar]

    package init(label: String, bars: [Bar]) {
      self.label = label
      self.bars = bars
    }
  }

  package struct Group: Sendable {
    package var title: String?
    package var rows: [Row]

    package init(title: String? = nil, rows: [Row]) {
      self.title = title
      self.rows = rows
    }
  }

  /// Always holds zero, where the bars begin.
  package var axis: Axis
  package var groups: [Group]
  /// The names of the series; a key is drawn for two or more.
  package var series: [String]

  package init(axis: Axis, groups: [Group], series: [String]) {
    self.axis = axis
    self.axis.includes.append(0)
    self.axis.isLogarithmic = false  // there zero has no place
    self.groups = groups
    self.series = series
  }
}

extension BarChart {
  private static let longestLabel = 300.0
  private static let width = 400.0
  private static let lane = 14.0
  private static let barHeight = 10.0

  /// Adds the marks, from the origin to the right and down; returns the size.
  func draw(_ canvas: inout Canvas) -> Point {
    let measurer = canvas.measurer
    let rows = groups.flatMap(\.rows)
    let bars = rows.flatMap(\.bars)
    let names = measurer.labels(rows.map(\.label), .label, width: Self.longestLabel)
    let left = (names.map { measurer.width($0, .label) }.max() ?? 0) + 12
    let valueWidth = bars.compactMap { $0.value.map { measurer.width(axis.format.text($0), .tiny) } }.max() ?? 0
    let scale = Scale(
      axis,
      values: bars.flatMap { bar in
        [bar.value, bar.interval?.lowerBound, bar.interval?.upperBound].compactMap { $0 }
      }, tickCount: 6)
    func x(_ value: Double) -> Double { left + scale.share(value) * Self.width }
    // Numbers stand in a column of their own, so that no whisker crosses one.
    let right = left + Self.width + 10 + valueWidth
    let lanes = max(1, series.count)
    let rowHeight = max(20, 8 + Self.lane * Double(lanes))

    var y = series.count > 1 ? SeriesKey.draw(series, width: 640, &canvas) : 0
    var tops: [Double] = []
    var top = y
    for group in groups {
      if let title = group.title {
        canvas.text(title, at: Point(0, y + 14), style: .heading)
        y += 26
      }
      if tops.isEmpty { top = y }
      for _ in group.rows {
        if tops.count % 2 == 0 { canvas.rectangle(Box(0, y, right, rowHeight), fill: .band) }
        tops.append(y)
        y += rowHeight
      }
      if group.title != nil { y += 6 }
    }
    for tick in scale.ticks { canvas.line(Point(x(tick), top), Point(x(tick), y), paint: .rule) }
    for (number, row) in rows.enumerated() {
      let middle = tops[number] + rowHeight / 2
      canvas.text(names[number], at: Point(left - 8, middle), anchor: .end, tooltip: row.label)
      for (series, bar) in row.bars.enumerated() {
        let center = middle + (Double(series) - Double(lanes - 1) / 2) * Self.lane
        guard let value = bar.value else {
          canvas.text("–", at: Point(x(0) + 6, center), style: .tiny, paint: .muted, tooltip: bar.tooltip)
          continue
        }
        canvas.rectangle(
          Box(min(x(0), x(value)), center - Self.barHeight / 2, abs(x(value) - x(0)), Self.barHeight),
          fill: .series(series), role: .datum, tooltip: bar.tooltip)
        if let range = bar.interval {
          canvas.line(
            Point(x(range.lowerBound), center), Point(x(range.upperBound), center), paint: .ink, width: 1.5,
            role: .interval, tooltip: bar.tooltip)
        }
        canvas.text(
          axis.format.text(value), at: Point(right, center), anchor: .end, style: .tiny, paint: .muted,
          tooltip: bar.tooltip)
      }
    }
    canvas.line(Point(x(0), top), Point(x(0), y), paint: .muted, width: 1.5)
    var free = -Double.infinity
    for (tick, label) in zip(scale.ticks, scale.labels) {
      let half = measurer.width(label, .tiny) / 2
      if x(tick) - half < free { continue }
      free = x(tick) + half + 6
      canvas.text(label, at: Point(x(tick), y + 10), anchor: .middle, style: .tiny, paint: .muted, role: .axis)
    }
    canvas.text(axis.title, at: Point(left, y + 27), style: .small, paint: .muted, role: .axis)
    let keyWidth = series.count > 1 ? canvas.marks.filter { $0.role == .key }.map(\.box.maxX).max() ?? 0 : 0
    return Point(max(right, keyWidth, left + measurer.width(axis.title, .small)), y + 36)
  }
}

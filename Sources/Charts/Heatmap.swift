/// Rows by columns, each cell coloured by a number and written with it: a heatmap.
package struct Heatmap: Sendable {
  package struct Cell: Sendable {
    /// The number on the colour map, 0 to 1; nil for a cell without colour.
    package var level: Double?
    /// The first line is the number itself, the others are smaller.
    package var lines: [String]
    package var tooltip: String

    package init(level: Double?, lines: [String], tooltip: String) {
      self.level = level
      self.lines = lines
      self.tooltip = tooltip
    }

    /// A cell where there is nothing, and why.
    package static func absent(_ reason: String) -> Cell { Cell(level: nil, lines: ["–"], tooltip: reason) }
  }

  package struct Row: Sendable {
    package var label: String
    /// One a column.
    package var cells: [Cell]

    package init(label: String, cells: [Cell]) {
      self.label = label
      self.cells = cells
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

  /// What the colours mean.
  package struct Key: Sendable {
    package var title: String
    /// Words under the bar of colours, from its left end to its right one, evenly apart.
    package var labels: [String]

    package init(title: String, labels: [String]) {
      self.title = title
      self.labels = labels
    }
  }

  package var columns: [String]
  /// What the columns are, above their names; nil where the names say it.
  package var columnTitle: String?
  package var groups: [Group]
  package var map: ColorMap
  package var key: Key?

  package init(
    columns: [String], columnTitle: String? = nil, groups: [Group], map: ColorMap = .sequential, key: Key? = nil
  ) {
    self.columns = columns
    self.columnTitle = columnTitle
    self.groups = groups
    self.map = map
    self.key = key
  }
}

extension Heatmap {
  private static let lineHeight = 14.0
  private static let longestLabel = 280.0

  /// Adds the marks, from the origin to the right and down; returns the size.
  func draw(_ canvas: inout Canvas) -> Point {
    let measurer = canvas.measurer
    let rows = groups.flatMap(\.rows)
    let cells = rows.flatMap(\.cells)
    let textWidth =
      cells.flatMap { cell in
        cell.lines.enumerated().map { measurer.width($0.element, $0.offset == 0 ? .label : .tiny) }
      }.max() ?? 0
    let lineCount = cells.map(\.lines.count).max() ?? 1
    let names = measurer.labels(columns, .label, width: Self.longestLabel)
    let widestName = names.map { measurer.width($0, .label) }.max() ?? 0
    let cellWidth = max(textWidth + 14, min(96, widestName + 10), 30)
    let cellHeight = Double(lineCount) * Self.lineHeight + 12
    let rowNames = measurer.labels(rows.map(\.label), .label, width: Self.longestLabel)
    let headings = groups.compactMap { $0.title.map { measurer.width($0, .heading) } }
    let left =
      (rowNames.map { measurer.width($0, .label) } + headings.map { $0 - cellWidth }).max().map { $0 + 10 } ?? 0

    var y = 0.0
    if let columnTitle {
      canvas.text(columnTitle, at: Point(left, 8), style: .small, paint: .muted, role: .axis)
      y = 20
    }
    y += drawColumns(names, left: left, top: y, cellWidth: cellWidth, &canvas)
    var number = 0
    for group in groups {
      if let title = group.title {
        canvas.text(title, at: Point(0, y + 14), style: .heading)
        y += 26
      }
      for row in group.rows {
        canvas.text(
          rowNames[number], at: Point(left - 8, y + cellHeight / 2), anchor: .end, tooltip: row.label)
        number += 1
        for (column, cell) in row.cells.enumerated() {
          draw(cell, Box(left + Double(column) * cellWidth, y, cellWidth, cellHeight), &canvas)
        }
        y += cellHeight
      }
      y += group.title == nil ? 0 : 6
    }
    let width = left + Double(columns.count) * cellWidth
    let keySize = drawKey(left: left, top: y + 14, &canvas)
    return Point(max(width, left + keySize.x), y + (keySize.y > 0 ? 14 + keySize.y : 0))
  }

  /// The columns' names, level on up to three lines, or upright where they do not fit. Returns their height.
  private func drawColumns(
    _ names: [String], left: Double, top: Double, cellWidth: Double, _ canvas: inout Canvas
  ) -> Double {
    let measurer = canvas.measurer
    let wrapped = names.map { measurer.wrapped($0, .label, width: cellWidth - 8, lines: 3) }
    if wrapped.allSatisfy({ $0 != nil }) {
      let lines = wrapped.map { $0 ?? [] }
      let height = Double(lines.map(\.count).max() ?? 0) * 15 + 6
      for (column, lines) in lines.enumerated() {
        for (line, text) in lines.enumerated() {
          let y = top + height - 6 - Double(lines.count - line) * 15 + 7.5
          canvas.text(
            text, at: Point(left + (Double(column) + 0.5) * cellWidth, y), anchor: .middle, tooltip: columns[column])
        }
      }
      return height
    }
    let height = (names.map { measurer.width($0, .label) }.max() ?? 0) + 10
    for (column, name) in names.enumerated() {
      canvas.text(
        name, at: Point(left + (Double(column) + 0.5) * cellWidth, top + height - 6), isUpright: true,
        tooltip: columns[column])
    }
    return height
  }

  private func draw(_ cell: Cell, _ box: Box, _ canvas: inout Canvas) {
    let color = cell.level.map { map.color($0) }
    canvas.rectangle(
      box.grown(by: -1), fill: color.map { .fixed($0) } ?? .band, role: .datum, tooltip: cell.tooltip)
    let count = Double(cell.lines.count)
    for (line, text) in cell.lines.enumerated() {
      let y = box.midY + (Double(line) - (count - 1) / 2) * Self.lineHeight
      canvas.text(
        text, at: Point(box.midX, y), anchor: .middle, style: line == 0 ? .label : .tiny,
        paint: color.map { .fixed($0.textColor) } ?? .muted, tooltip: cell.tooltip)
    }
  }

  private func drawKey(left: Double, top: Double, _ canvas: inout Canvas) -> Point {
    guard let key else { return Point(0, 0) }
    let measurer = canvas.measurer
    let widest = key.labels.map { measurer.width($0, .small) }.max() ?? 0
    let width = max(200, Double(max(1, key.labels.count - 1)) * (widest + 12))
    let slices = 50
    canvas.text(key.title, at: Point(left, top + 7), style: .small, paint: .muted, role: .key)
    for slice in 0..<slices {
      let x = left + width * Double(slice) / Double(slices)
      // Slices overlap by a hair, so that no seam shows.
      canvas.rectangle(
        Box(x, top + 18, width / Double(slices) + (slice == slices - 1 ? 0 : 0.5), 12),
        fill: .fixed(map.color((Double(slice) + 0.5) / Double(slices))), role: .key)
    }
    for (place, label) in key.labels.enumerated() {
      let share = key.labels.count > 1 ? Double(place) / Double(key.labels.count - 1) : 0
      canvas.text(
        label, at: Point(left + share * width, top + 40),
        anchor: share == 0 ? .start : share == 1 ? .end : .middle, style: .small, paint: .muted, role: .key)
    }
    return Point(max(width, measurer.width(key.title, .small)), 48)
  }
}

/// A drawing in the making: marks are added with places given by what they mean (anchors), texts are measured.
struct Canvas {
  enum Anchor { case start, middle, end }

  let measurer: TextMeasurer
  private(set) var marks: [Mark] = []

  init(measurer: TextMeasurer) { self.measurer = measurer }

  /// A line of text whose letters' middle is at the height of a point. An upright text reads upwards; its start is below.
  mutating func text(
    _ text: String, at point: Point, anchor: Anchor = .start, style: TextStyle = .label, paint: Paint = .ink,
    role: Mark.Role = .label, isUpright: Bool = false, tooltip: String? = nil
  ) {
    let text = Self.plain(text)
    if text.isEmpty { return }
    let extent = measurer.extent(text, style)
    let back = anchor == .start ? 0 : anchor == .middle ? extent.width / 2 : extent.width
    // Capital letters are about 0.72 of the size high.
    let drop = 0.36 * style.size
    let origin =
      isUpright ? Point(point.x + drop, point.y + back) : Point(point.x - back, point.y + drop)
    let mark = TextMark(text: text, style: style, origin: origin, isUpright: isUpright, extent: extent)
    add(.text(mark), role: role, fill: paint, tooltip: tooltip)
  }

  mutating func rectangle(
    _ box: Box, fill: Paint? = nil, stroke: Paint? = nil, strokeWidth: Double = 1, role: Mark.Role = .decoration,
    tooltip: String? = nil
  ) {
    add(.rectangle(box), role: role, fill: fill, stroke: stroke, strokeWidth: strokeWidth, tooltip: tooltip)
  }

  mutating func line(
    _ from: Point, _ to: Point, paint: Paint, width: Double = 1, isDashed: Bool = false,
    role: Mark.Role = .decoration, tooltip: String? = nil
  ) {
    add(.line(from, to), role: role, stroke: paint, strokeWidth: width, isDashed: isDashed, tooltip: tooltip)
  }

  mutating func path(_ points: [Point], paint: Paint, width: Double, isDashed: Bool = false) {
    if points.count >= 2 {
      add(.path(points), role: .decoration, stroke: paint, strokeWidth: width, isDashed: isDashed)
    }
  }

  /// A series' sign around a point: its colour, and another form for every seven series. A hollow one stands for what is not
  /// certain.
  mutating func marker(
    _ center: Point, series: Int, radius: Double = 4, isHollow: Bool = false, role: Mark.Role = .datum,
    tooltip: String? = nil
  ) {
    let (x, y) = (center.x, center.y)
    let shape: Mark.Shape
    switch series / Paint.seriesCount % 4 {
    case 0: shape = .circle(center, radius: radius)
    case 1:
      let half = radius * 0.89
      shape = .rectangle(Box(x - half, y - half, 2 * half, 2 * half))
    case 2:
      let reach = radius * 1.25
      shape = .polygon([Point(x - reach, y), Point(x, y - reach), Point(x + reach, y), Point(x, y + reach)])
    default:
      let reach = radius * 1.2
      shape = .polygon([
        Point(x - reach, y + reach * 0.75), Point(x, y - reach), Point(x + reach, y + reach * 0.75),
      ])
    }
    add(
      shape, role: role, fill: isHollow ? .surface : .series(series), stroke: .series(series), strokeWidth: 1.5,
      tooltip: tooltip)
  }

  private mutating func add(
    _ shape: Mark.Shape, role: Mark.Role, fill: Paint? = nil, stroke: Paint? = nil, strokeWidth: Double = 0,
    isDashed: Bool = false, tooltip: String? = nil
  ) {
    marks.append(
      Mark(
        role: role, shape: shape, fill: fill, stroke: stroke, strokeWidth: strokeWidth, isDashed: isDashed,
        tooltip: tooltip))
  }

  /// Adds the marks of another canvas, moved.
  mutating func add(_ other: Canvas, right: Double, down: Double) {
    marks += other.marks.map { $0.moved(right, down) }
  }

  /// A text on one line, without what no font draws.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
            || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? " " : scalar
        }))
  }
}

extension Mark {
  fileprivate func moved(_ right: Double, _ down: Double) -> Mark {
    func move(_ point: Point) -> Point { Point(point.x + right, point.y + down) }
    let shape: Shape
    switch self.shape {
    case .rectangle(let box): shape = .rectangle(Box(box.x + right, box.y + down, box.width, box.height))
    case .line(let from, let to): shape = .line(move(from), move(to))
    case .path(let points): shape = .path(points.map(move))
    case .polygon(let points): shape = .polygon(points.map(move))
    case .circle(let center, let radius): shape = .circle(move(center), radius: radius)
    case .text(let text):
      shape = .text(
        TextMark(
          text: text.text, style: text.style, origin: move(text.origin), isUpright: text.isUpright,
          extent: text.extent))
    }
    return Mark(
      role: role, shape: shape, fill: fill, stroke: stroke, strokeWidth: strokeWidth, isDashed: isDashed,
      tooltip: tooltip)
  }
}

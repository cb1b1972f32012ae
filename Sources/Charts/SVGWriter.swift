import Support

extension Drawing {
  /// The drawing as one SVG element, fit to stand in a page of HTML.
  ///
  /// Marks carry their tooltips as titles. Colours that play a part are custom properties with a fallback, and the light colour
  /// stands beside them for programs that know no style sheets; `textLength` keeps every text in the room that was measured.
  package var svg: String { svg(namespace: " xmlns=\"http://www.w3.org/2000/svg\"") }

  /// The same for a page of HTML, which knows the element without its namespace.
  package var inlineSVG: String { svg(namespace: "") }

  private func svg(namespace: String) -> String {
    let (wide, high) = (Self.number(width), Self.number(height))
    var text = """
      <svg\(namespace) width="\(wide)" height="\(high)" viewBox="0 0 \(wide) \(high)" role="img" \
      aria-label="\(Self.escaped(title))" font-family="DejaVu Sans, Verdana, sans-serif">
      <rect width="100%" height="100%"\(Self.paint(fill: .surface))/>

      """
    for mark in marks { text += Self.element(mark) + "\n" }
    return text + "</svg>\n"
  }

  private static func element(_ mark: Mark) -> String {
    var start: String
    var content = mark.tooltip.map { "<title>\(escaped($0))</title>" } ?? ""
    var name = "path"
    switch mark.shape {
    case .rectangle(let box):
      name = "rect"
      start =
        "<rect x=\"\(number(box.x))\" y=\"\(number(box.y))\" width=\"\(number(box.width))\" height=\"\(number(box.height))\""
    case .line(let from, let to):
      name = "line"
      start =
        "<line x1=\"\(number(from.x))\" y1=\"\(number(from.y))\" x2=\"\(number(to.x))\" y2=\"\(number(to.y))\""
    case .path(let points): start = "<path d=\"\(path(points))\""
    case .polygon(let points): start = "<path d=\"\(path(points))Z\""
    case .circle(let center, let radius):
      name = "circle"
      start = "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(number(radius))\""
    case .text(let text):
      name = "text"
      let (x, y) = (number(text.origin.x), number(text.origin.y))
      start = "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(number(text.style.size))\""
      if text.style.isBold { start += " font-weight=\"bold\"" }
      if text.isUpright { start += " transform=\"rotate(-90 \(x) \(y))\"" }
      // One letter has nothing to stretch.
      if text.text.count > 1 {
        start += " textLength=\"\(number(text.extent.width))\" lengthAdjust=\"spacingAndGlyphs\""
      }
      content += escaped(text.text)
    }
    start += paint(fill: mark.fill, stroke: mark.stroke)
    if mark.stroke != nil, mark.strokeWidth != 1 { start += " stroke-width=\"\(number(mark.strokeWidth))\"" }
    if mark.isDashed { start += " stroke-dasharray=\"4 3\"" }
    return content.isEmpty ? start + "/>" : start + ">\(content)</\(name)>"
  }

  /// The attributes of what a mark is painted with: the light colours, and in one style those that a page may set.
  private static func paint(fill: Paint?, stroke: Paint? = nil) -> String {
    var attributes = fill == nil ? " fill=\"none\"" : ""
    var declarations: [String] = []
    for (property, paint) in [("fill", fill), ("stroke", stroke)] {
      guard let paint else { continue }
      let color = paint.color.hexadecimal
      attributes += " \(property)=\"\(color)\""
      if let variable = paint.variable { declarations.append("\(property):var(\(variable),\(color))") }
    }
    return declarations.isEmpty ? attributes : attributes + " style=\"\(declarations.joined(separator: ";"))\""
  }

  private static func path(_ points: [Point]) -> String {
    points.enumerated().map { "\($0 == 0 ? "M" : "L")\(number($1.x)) \(number($1.y))" }.joined()
  }

  /// A number with at most two digits after the point.
  private static func number(_ value: Double) -> String {
    var text = value.fixed(2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A text that XML shows as it is.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in Canvas.plain(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

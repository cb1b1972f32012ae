/// A chart as it is drawn: marks with places and colours. SVG, PNG and PDF are written from it, tests look at it.
package struct Drawing: Sendable, Equatable {
  package let title: String
  /// In units of 1/96 inch.
  package let width: Double
  package let height: Double
  /// Painted in this order.
  package let marks: [Mark]

  /// The texts with their places.
  var texts: [(text: TextMark, box: Box)] {
    marks.compactMap { mark in
      if case .text(let text) = mark.shape { (text, text.box) } else { nil }
    }
  }
}

/// One shape of a drawing.
package struct Mark: Sendable, Equatable {
  package enum Shape: Sendable, Equatable {
    case rectangle(Box)
    case line(Point, Point)
    case path([Point])
    case polygon([Point])
    case circle(Point, radius: Double)
    case text(TextMark)
  }

  /// What the mark is there for.
  package enum Role: Sendable, Equatable { case decoration, axis, label, datum, interval, key }

  package let role: Role
  package let shape: Shape
  package let fill: Paint?
  package let stroke: Paint?
  package let strokeWidth: Double
  package let isDashed: Bool
  /// What a pointer over the mark is told.
  package let tooltip: String?

  /// The smallest box that holds the mark, strokes aside.
  var box: Box {
    switch shape {
    case .rectangle(let box): box
    case .line(let from, let to): Box(around: [from, to])
    case .path(let points), .polygon(let points): Box(around: points)
    case .circle(let center, let radius): Box(center.x - radius, center.y - radius, 2 * radius, 2 * radius)
    case .text(let text): text.box
    }
  }
}

/// One line of text.
package struct TextMark: Sendable, Equatable {
  package let text: String
  package let style: TextStyle
  /// Where the baseline begins.
  package let origin: Point
  /// Whether it reads from below to above.
  package let isUpright: Bool
  package let extent: TextExtent

  /// Where the ink may be.
  var box: Box {
    isUpright
      ? Box(origin.x - extent.ascent, origin.y - extent.width, extent.ascent + extent.descent, extent.width)
      : Box(origin.x, origin.y - extent.ascent, extent.width, extent.ascent + extent.descent)
  }
}

package struct TextStyle: Sendable, Hashable {
  /// Of the letters, in the drawing's units.
  package var size: Double
  package var isBold: Bool

  init(_ size: Double, isBold: Bool = false) {
    self.size = size
    self.isBold = isBold
  }

  static let title = TextStyle(16, isBold: true)
  static let subtitle = TextStyle(12)
  static let heading = TextStyle(12, isBold: true)
  static let label = TextStyle(12)
  static let small = TextStyle(11)
  static let tiny = TextStyle(10)
}

/// How much room a line of text takes, in the drawing's units.
package struct TextExtent: Sendable, Equatable {
  package let width: Double
  /// From the baseline up, and down.
  package let ascent: Double
  package let descent: Double

  var height: Double { ascent + descent }
}

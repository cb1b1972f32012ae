/// A chart as it is drawn: marks with places and colours. SVG, PNG and PDF are written from it, tests look at it.
public struct Drawing: Sendable, Equatable {
  public let title: String
  /// In units of 1/96 inch.
  public let width: Double
  public let height: Double
  /// Painted in this order.
  public let marks: [Mark]

  /// The texts with their places.
  var texts: [(text: TextMark, box: Box)] {
    marks.compactMap { mark in
      if case .text(let text) = mark.shape { (text, text.box) } else { nil }
    }
  }
}

/// One shape of a drawing.
public struct Mark: Sendable, Equatable {
  public enum Shape: Sendable, Equatable {
    case rectangle(Box)
    case line(Point, Point)
    case path([Point])
    case polygon([Point])
    case circle(Point, radius: Double)
    case text(TextMark)
  }

  /// What the mark is there for.
  public enum Role: Sendable, Equatable { case decoration, axis, label, datum, interval, key }

  public let role: Role
  public let shape: Shape
  public let fill: Paint?
  public let stroke: Paint?
  public let strokeWidth: Double
  public let isDashed: Bool
  /// What a pointer over the mark is told.
  public let tooltip: String?

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
public struct TextMark: Sendable, Equatable {
  public let text: String
  public let style: TextStyle
  /// Where the baseline begins.
  public let origin: Point
  /// Whether it reads from below to above.
  public let isUpright: Bool
  public let extent: TextExtent

  /// Where the ink may be.
  var box: Box {
    isUpright
      ? Box(origin.x - extent.ascent, origin.y - extent.width, extent.ascent + extent.descent, extent.width)
      : Box(origin.x, origin.y - extent.ascent, extent.width, extent.ascent + extent.descent)
  }
}

public struct TextStyle: Sendable, Hashable {
  /// Of the letters, in the drawing's units.
  public var size: Double
  public var isBold: Bool

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
public struct TextExtent: Sendable, Equatable {
  public let width: Double
  /// From the baseline up, and down.
  public let ascent: Double
  public let descent: Double

  var height: Double { ascent + descent }
}

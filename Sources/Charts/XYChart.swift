/// Points on two axes, with intervals, lines through them, or bars below: costs, curves, calibration.
package struct XYChart: Sendable {
  package struct Spot: Sendable {
    package var x: Double
    package var y: Double
    package var xInterval: ClosedRange<Double>?
    package var yInterval: ClosedRange<Double>?
    /// Written beside the point; nil for none.
    package var label: String?
    package var isHollow: Bool
    package var tooltip: String

    package init(
      _ x: Double, _ y: Double, xInterval: ClosedRange<Double>? = nil, yInterval: ClosedRange<Double>? = nil,
      label: String? = nil, isHollow: Bool = false, tooltip: String
    ) {
      self.x = x
      self.y = y
      self.xInterval = xInterval
      self.yInterval = yInterval
      self.label = label
      self.isHollow = isHollow
      self.tooltip = tooltip
    }
  }

  package struct Series: Sendable {
    package enum Join: Sendable { case none, lines, steps }

    /// Written at the end of its line; nil for none.
    package var name: String?
    /// Colour and form of the points.
    package var number: Int
    package var spots: [Spot]
    package var join: Join
    package var isDashed: Bool

    package init(name: String? = nil, number: Int = 0, spots: [Spot], join: Join = .none, isDashed: Bool = false) {
      self.name = name
      self.number = number
      self.spots = spots
      self.join = join
      self.isDashed = isDashed
    }
  }

  /// A bar along the lower side: how much there is between two values of x.
  package struct Bar: Sendable {
    package var range: ClosedRange<Double>
    /// Of the highest bar there could be, 0 to 1.
    package var share: Double
    package var tooltip: String

    package init(_ range: ClosedRange<Double>, share: Double, tooltip: String) {
      self.range = range
      self.share = share
      self.tooltip = tooltip
    }
  }

  package struct Panel: Sendable {
    package var title: String?
    package var xAxis: Axis
    package var yAxis: Axis
    package var series: [Series]
    package var bars: [Bar]
    /// Whether the line y = x is drawn.
    package var hasDiagonal: Bool

    package init(
      title: String? = nil, xAxis: Axis, yAxis: Axis, series: [Series], bars: [Bar] = [], hasDiagonal: Bool = false
    ) {
      self.title = title
      self.xAxis = xAxis
      self.yAxis = yAxis
      self.series = series
      self.bars = bars
      self.hasDiagonal = hasDiagonal
    }
  }

  package var panels: [Panel]
  /// Whether panels are small and many, so that four stand beside each other.
  package var isCompact: Bool

  package init(panels: [Panel], isCompact: Bool = false) {
    self.panels = panels
    self.isCompact = isCompact
  }
}

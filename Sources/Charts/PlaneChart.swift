/// Points on two axes, with intervals, lines through them, or bars below: costs, curves, calibration.
public struct PlaneChart: Sendable {
  public struct Spot: Sendable {
    public var x: Double
    public var y: Double
    public var xInterval: ClosedRange<Double>?
    public var yInterval: ClosedRange<Double>?
    /// Written beside the point; nil for none.
    public var label: String?
    public var isHollow: Bool
    public var tooltip: String

    public init(
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

  public struct Series: Sendable {
    public enum Join: Sendable { case none, lines, steps }

    /// Written at the end of its line; nil for none.
    public var name: String?
    /// Colour and form of the points.
    public var number: Int
    public var spots: [Spot]
    public var join: Join
    public var isDashed: Bool

    public init(name: String? = nil, number: Int = 0, spots: [Spot], join: Join = .none, isDashed: Bool = false) {
      self.name = name
      self.number = number
      self.spots = spots
      self.join = join
      self.isDashed = isDashed
    }
  }

  /// A bar along the lower side: how much there is between two values of x.
  public struct Bar: Sendable {
    public var range: ClosedRange<Double>
    /// Of the highest bar there could be, 0 to 1.
    public var share: Double
    public var tooltip: String

    public init(_ range: ClosedRange<Double>, share: Double, tooltip: String) {
      self.range = range
      self.share = share
      self.tooltip = tooltip
    }
  }

  public struct Panel: Sendable {
    public var title: String?
    public var xAxis: Axis
    public var yAxis: Axis
    public var series: [Series]
    public var bars: [Bar]
    /// Whether the line y = x is drawn.
    public var hasDiagonal: Bool

    public init(
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

  public var panels: [Panel]
  /// Whether panels are small and many, so that four stand beside each other.
  public var isCompact: Bool

  public init(panels: [Panel], isCompact: Bool = false) {
    self.panels = panels
    self.isCompact = isCompact
  }
}

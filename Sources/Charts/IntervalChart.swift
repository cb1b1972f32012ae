/// Rows of dots with intervals on one or several axes: scores to compare, subjects, differences, percentiles.
public struct IntervalChart: Sendable {
  public struct Value: Sendable {
    public var value: Double
    public var interval: ClosedRange<Double>?
    /// Its series: colour, form, and the line of the row where there are several.
    public var series: Int
    /// For what is not certain, such as a difference that may be none.
    public var isHollow: Bool
    /// A small dot among others, such as one run of several; no interval, no number beside it.
    public var isSmall: Bool
    public var tooltip: String

    public init(
      _ value: Double, interval: ClosedRange<Double>? = nil, series: Int = 0, isHollow: Bool = false,
      isSmall: Bool = false, tooltip: String
    ) {
      self.value = value
      self.interval = interval
      self.series = series
      self.isHollow = isHollow
      self.isSmall = isSmall
      self.tooltip = tooltip
    }
  }

  public struct Row: Sendable {
    public var label: String
    /// One list a panel; an empty one is shown as a dash.
    public var values: [[Value]]
    /// Texts on the right, one a column.
    public var texts: [String]
    /// What a pointer over the dash of an empty panel is told.
    public var absence: String

    public init(label: String, values: [[Value]], texts: [String] = [], absence: String = "no value") {
      self.label = label
      self.values = values
      self.texts = texts
      self.absence = absence
    }
  }

  public struct Group: Sendable {
    public var title: String?
    public var rows: [Row]

    public init(title: String? = nil, rows: [Row]) {
      self.title = title
      self.rows = rows
    }
  }

  public struct Panel: Sendable {
    public var title: String?
    public var axis: Axis

    public init(title: String? = nil, axis: Axis) {
      self.title = title
      self.axis = axis
    }
  }

  public var panels: [Panel]
  public var groups: [Group]
  /// The names of the series; a key is drawn for two or more.
  public var series: [String]
  /// The heads of the texts on the right.
  public var columns: [String]
  /// A value to compare with, such as no difference.
  public var reference: Double?
  /// Whether the number stands beside each row of a single series.
  public var showsValues: Bool

  public init(
    panels: [Panel], groups: [Group], series: [String] = [], columns: [String] = [], reference: Double? = nil,
    showsValues: Bool = true
  ) {
    self.panels = panels
    self.groups = groups
    self.series = series
    self.columns = columns
    self.reference = reference
    self.showsValues = showsValues
  }
}

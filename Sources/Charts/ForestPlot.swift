/// Rows of dots with intervals on one or several axes: scores to compare, subjects, differences, percentiles.
package struct ForestPlot: Sendable {
  package struct Value: Sendable {
    package var value: Double
    package var interval: ClosedRange<Double>?
    /// Its series: colour, form, and the line of the row where there are several.
    package var series: Int
    /// For what is not certain, such as a difference that may be none.
    package var isHollow: Bool
    /// A small dot among others, such as one run of several; no interval, no number beside it.
    package var isSmall: Bool
    package var tooltip: String

    package init(
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

  package struct Row: Sendable {
    package var label: String
    /// One list a panel; an empty one is shown as a dash.
    package var values: [[Value]]
    /// Texts on the right, one a column.
    package var texts: [String]
    /// What a pointer over the dash of an empty panel is told.
    package var absence: String

    package init(label: String, values: [[Value]], texts: [String] = [], absence: String = "no value") {
      self.label = label
      self.values = values
      self.texts = texts
      self.absence = absence
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

  package struct Panel: Sendable {
    package var title: String?
    package var axis: Axis

    package init(title: String? = nil, axis: Axis) {
      self.title = title
      self.axis = axis
    }
  }

  package var panels: [Panel]
  package var groups: [Group]
  /// The names of the series; a key is drawn for two or more.
  package var series: [String]
  /// The heads of the texts on the right.
  package var columns: [String]
  /// A value to compare with, such as no difference.
  package var reference: Double?
  /// Whether the number stands beside each row of a single series.
  package var showsValues: Bool

  package init(
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

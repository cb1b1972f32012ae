import Support

/// How a metric's values are shown to people: what the JSON of a run, a comparison or a store says of it.
struct ShownMetric {
  let name: String
  let unit: ValueUnit
  let higherIsBetter: Bool

  /// - Parameter object: an object with "metric" or "name", "unit" and "higher_is_better"; a record of an earlier version lacks
  ///   the last two.
  init(_ object: JSONObject) {
    name = object["metric"]?.stringValue ?? object["name"]?.stringValue ?? ""
    unit = object["unit"]?.stringValue.flatMap { ValueUnit(name: $0) } ?? .fraction
    higherIsBetter = object["higher_is_better"]?.boolValue ?? true
  }

  /// The name, with the direction where a reader expects the other.
  var title: String { unit.directionNote(higherIsBetter: higherIsBetter).map { "\(name) (\($0))" } ?? name }

  func text(_ value: Double) -> String { unit.text(value) }

  /// A standard error or half width: of shares in percent, as the scores beside it.
  func spread(_ value: Double) -> String { unit.text(value) }

  /// The interval that an object holds under two keys.
  func interval(_ object: JSONObject, _ lower: String, _ upper: String) -> String {
    guard let lower = object[lower]?.doubleValue, let upper = object[upper]?.doubleValue else { return "no interval" }
    return unit.text(lower, upper)
  }
}

import Evaluation
import Support

extension Metric {
  /// The metrics of a description: `metric` or `metrics`; one called "score" if it has neither.
  static func list(_ object: JSONObject, of place: String) throws(BenchmarkError) -> [Metric] {
    if object["metric"] != nil, object["metrics"] != nil {
      throw BenchmarkError(
        .invalidArgument, "\(place): \"metric\" and \"metrics\" are the same option; give one of them")
    }
    var metrics: [Metric] = []
    switch object["metric"] ?? object["metrics"] ?? "score" {
    case .array(let values) where !values.isEmpty:
      for value in values { metrics.append(try Metric(described: value, at: DocumentPlace(name: place)["metric"])) }
    case let value: metrics = [try Metric(described: value, at: DocumentPlace(name: place)["metric"])]
    }
    for (position, metric) in metrics.enumerated()
    where metrics[..<position].contains(where: { $0.name == metric.name }) {
      throw BenchmarkError(.invalidArgument, "\(place): two metrics have the name \"\(metric.name)\"")
    }
    return metrics
  }

  /// The keys of a metric's description.
  static let describedKeys = ["name", "summary", "binary", "lower", "upper", "higher_is_better", "unit"]

  /// A name, or an object with `describedKeys`. Of 0 and 1 alone unless `binary` is false; of bounds 0 and 1 unless they
  /// are given, where a unit other than a share has no upper one; in percent between those bounds and a plain number between
  /// others, unless `unit` says something else.
  init(described json: JSONValue, at place: DocumentPlace) throws(BenchmarkError) {
    var object = json.objectValue ?? [:]
    if let text = json.stringValue { object["name"] = .string(text) }
    let described = try ObjectDecoder(.object(object), place, known: Self.describedKeys)
    guard let name = described["name"]?.stringValue, NamedTask.isName(name) else {
      throw place.error("a name was expected, or an object with \"name\"")
    }
    let unit = try Self.unit(described)
    let isBinary = try described.flag("binary") ?? true
    let isCount = unit != nil && unit != .fraction && !isBinary
    let lower = try described.number("lower") ?? 0
    let upper = try described.number("upper") ?? (isCount ? .infinity : 1)
    if !(lower < upper) { throw place[name].error("\"lower\" must be below \"upper\"") }
    self.init(
      name: name, summary: try described.text("summary", mayBeEmpty: true) ?? "", lowerBound: lower, upperBound: upper,
      higherIsBetter: try described.flag("higher_is_better") ?? true, isBinary: isBinary, unit: unit)
  }

  /// The unit that a description names; nil if it names none.
  static func unit(_ described: ObjectDecoder) throws(BenchmarkError) -> ValueUnit? {
    guard let value = described["unit"] else { return nil }
    guard let unit = value.stringValue.flatMap({ ValueUnit(name: $0) }) else {
      throw described.place.error(
        "\"unit\" must be fraction, number, seconds, per_second, bytes or a text of one to"
          + " \(ValueUnit.longestOwn) characters such as \"errors\", not \(value.text())")
    }
    return unit
  }

  /// What a specification says of metrics: the name where nothing but the name was said, so that it stays as it was.
  static func specified(_ metrics: [Metric]) -> JSONValue {
    .array(
      metrics.map { metric in
        let plain = metric.higherIsBetter && metric.unit == (metric.isShare ? .fraction : .number)
        // Such metrics are of quality; the key is younger than specifications, which stay as they were.
        var object = metric.json
        object["kind"] = nil
        return plain ? .string(metric.name) : .object(object)
      })
  }
}

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
      for value in values { metrics.append(try Metric(described: value, of: place)) }
    case let value: metrics = [try Metric(described: value, of: place)]
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
  init(described json: JSONValue, of place: String) throws(BenchmarkError) {
    var object = json.objectValue ?? [:]
    if let text = json.stringValue { object["name"] = .string(text) }
    let place = "\(place): metric"
    try NearestName.checkKeys(of: object, known: Self.describedKeys, in: place)
    guard let name = object["name"]?.stringValue, NamedTask.isName(name) else {
      throw BenchmarkError(.invalidArgument, "\(place): a name was expected, or an object with \"name\"")
    }
    let unit = try Self.unit(object, "\(place) \(name)")
    let isCount = unit != nil && unit != .fraction && object["binary"]?.boolValue == false
    let lower = object["lower"]?.doubleValue ?? 0
    let upper = object["upper"]?.doubleValue ?? (isCount ? .infinity : 1)
    for key in ["lower", "upper"] where object[key] != nil && object[key]?.doubleValue == nil {
      throw BenchmarkError(.invalidArgument, "\(place) \(name): \"\(key)\" must be a number")
    }
    for key in ["binary", "higher_is_better"] where object[key] != nil && object[key]?.boolValue == nil {
      throw BenchmarkError(.invalidArgument, "\(place) \(name): \"\(key)\" must be true or false")
    }
    if !(lower < upper) {
      throw BenchmarkError(.invalidArgument, "\(place) \(name): \"lower\" must be below \"upper\"")
    }
    self.init(
      name: name, summary: object["summary"]?.stringValue ?? "", lowerBound: lower, upperBound: upper,
      higherIsBetter: object["higher_is_better"]?.boolValue ?? true, isBinary: object["binary"]?.boolValue ?? true,
      unit: unit)
  }

  /// The unit that a description names; nil if it names none.
  static func unit(_ object: JSONObject, _ place: String) throws(BenchmarkError) -> ValueUnit? {
    guard let value = object["unit"], !value.isNull else { return nil }
    guard let unit = value.stringValue.flatMap({ ValueUnit(name: $0) }) else {
      throw BenchmarkError(
        .invalidArgument,
        "\(place): \"unit\" must be fraction, number, seconds, per_second, bytes or a text of one to"
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

import Evaluation
import Support

/// What a declared task says of its main metric: a name, or an object that also says its direction and its unit.
struct MetricDescription {
  let name: String?
  private let summary: String?
  private let higherIsBetter: Bool?
  private let unit: ValueUnit?

  private static let keys = ["name", "summary", "higher_is_better", "unit"]

  /// - Parameter value: null, a name, or {name, summary, higher_is_better, unit}.
  init(_ value: JSONValue) throws(BenchmarkError) {
    func failure(_ words: String) -> BenchmarkError {
      BenchmarkError(.invalidArgument, "custom: \"metric\" \(words)", key: "metric")
    }
    var object: JSONObject = [:]
    switch value {
    case .null: break
    case .string(let name): object["name"] = .string(name)
    case .object(let given): object = given
    default: throw failure("must be a name or an object with \"name\", not \(value.typeName)")
    }
    do throws(BenchmarkError) {
      try NearestName.checkKeys(of: object, known: Self.keys, in: "custom: metric")
    } catch { throw BenchmarkError(error.kind, error.message, key: "metric") }
    func text(_ key: String) throws(BenchmarkError) -> String? {
      guard let value = object[key], !value.isNull else { return nil }
      guard let text = value.stringValue else { throw failure("\"\(key)\" must be a text, not \(value.text())") }
      return text
    }
    name = try text("name")
    summary = try text("summary")
    let direction = object["higher_is_better"] ?? .null
    if !direction.isNull, direction.boolValue == nil {
      throw failure("\"higher_is_better\" must be true or false, not \(direction.text())")
    }
    higherIsBetter = direction.boolValue
    do throws(BenchmarkError) {
      unit = try Metric.unit(object, "custom: metric")
    } catch { throw BenchmarkError(error.kind, error.message, key: "metric") }
  }

  /// Another metric of the same answers, in the main one's direction: where the right choice is the bad one, it is so for both.
  func directed(_ metric: Metric) -> Metric {
    Metric(
      name: metric.name, summary: metric.summary, harnessName: metric.harnessName, lowerBound: metric.lowerBound,
      upperBound: metric.upperBound, higherIsBetter: higherIsBetter ?? metric.higherIsBetter, isBinary: metric.isBinary,
      aggregate: metric.aggregate, unit: metric.unit, kind: metric.kind)
  }

  /// A metric with what the description says in place of its own.
  func applied(to metric: Metric) -> Metric {
    Metric(
      name: metric.name, summary: summary ?? metric.summary, harnessName: metric.harnessName,
      lowerBound: metric.lowerBound, upperBound: metric.upperBound,
      higherIsBetter: higherIsBetter ?? metric.higherIsBetter, isBinary: metric.isBinary, aggregate: metric.aggregate,
      unit: unit ?? metric.unit, kind: metric.kind)
  }
}

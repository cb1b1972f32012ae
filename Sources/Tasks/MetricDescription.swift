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
  init(_ value: JSONValue, at place: DocumentPlace) throws(BenchmarkError) {
    var object: JSONObject = [:]
    switch value {
    case .null: break
    case .string(let name): object["name"] = .string(name)
    case .object(let given): object = given
    default: throw place.error("a name was expected, or an object with \"name\", not \(value.typeName)")
    }
    let described = try ObjectDecoder(.object(object), place, known: Self.keys)
    name = try described.text("name")
    summary = try described.text("summary", mayBeEmpty: true)
    higherIsBetter = try described.flag("higher_is_better")
    unit = try Metric.unit(described)
  }

  /// Another metric of the same answers, in the main one's direction: where the right choice is the bad one, it is so for both.
  func directed(_ metric: Metric) -> Metric { self.metric(metric, higherIsBetter: higherIsBetter) }

  /// A metric that falls where the main one rises, such as the bits of the right answer.
  func opposed(_ metric: Metric) -> Metric { self.metric(metric, higherIsBetter: higherIsBetter.map { !$0 }) }

  private func metric(_ metric: Metric, higherIsBetter: Bool?) -> Metric {
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

import Support

/// When a cell may end before its last sample, with intervals that hold nevertheless.
///
/// The samples then run in an order that the seed shuffles: without that no interval would hold. Runs after the first may
/// have an order each (`Variation.itemOrder`). The order costs speed where a task's neighbouring prompts share their beginnings.
package struct StopRule: Sendable, Equatable {
  package enum Condition: Sendable, Equatable {
    /// The confidence sequence of the main metric's mean over the planned samples is no wider than twice this, as a share of
    /// the metric's range.
    case halfWidth(Double)
    /// The two models, by name, differ significantly on the main metric: the second of them in the plan stops. Like the tests of
    /// whole runs, this speaks of samples such as these, not of the planned ones alone.
    case decided(String, String)
  }

  package let condition: Condition
  package let seed: Int

  private static let keys = ["half_width", "decided", "seed"]

  /// Reads {"half_width": 0.02} or {"decided": ["a", "b"]}, either with "seed"; the models are those of the plan.
  init(_ value: JSONValue, models: [String], _ place: DocumentPlace) throws(BenchmarkError) {
    let object = try ObjectDecoder(value, place, known: Self.keys).object
    guard let seed = (object["seed"] ?? 1234).integerValue, seed >= 0 else {
      throw BenchmarkError(.invalidArgument, "\(place): seed: a whole number of 0 or more was expected")
    }
    self.seed = seed
    switch (object["half_width"], object["decided"]) {
    case (let width?, nil):
      guard let halfWidth = width.doubleValue, halfWidth >= 0.001, halfWidth < 0.5 else {
        throw BenchmarkError(.invalidArgument, "\(place): half_width: a number from 0.001 to 0.5 was expected")
      }
      condition = .halfWidth(halfWidth)
    case (nil, let pair?):
      let names = pair.arrayValue?.compactMap(\.stringValue) ?? []
      guard names.count == 2, names[0] != names[1], pair.arrayValue?.count == 2 else {
        throw BenchmarkError(.invalidArgument, "\(place): decided: the names of two models were expected")
      }
      for name in names where !models.contains(name) {
        let hint = NearestName.hint(name, among: models)
        throw BenchmarkError(.invalidArgument, "\(place): decided: no such model: \"\(name)\"\(hint)")
      }
      condition = .decided(names[0], names[1])
    default:
      throw BenchmarkError(.invalidArgument, "\(place): either \"half_width\" or \"decided\" was expected")
    }
  }

  /// The rule as the plan has it.
  package var json: JSONValue {
    switch condition {
    case .halfWidth(let width): ["half_width": .number(width), "seed": JSONValue(seed)]
    case .decided(let first, let second):
      ["decided": [.string(first), .string(second)], "seed": JSONValue(seed)]
    }
  }
}

import Statistics

/// What repeated runs differ in, as facets of a grid: one that was varied alone stands alone, what was varied together stands
/// together.
struct RunFacets {
  /// The facet of the items themselves.
  static let items = "items"

  /// In the order given, each with the number of its levels.
  let facets: [(name: String, levels: Int)]
  /// The level of each run on each facet. // [runs][facets]
  let places: [[Int]]

  /// The facets of runs whose levels are named; the same names in the same order for every run.
  ///
  /// Names that change together are one facet. Runs that differ in nothing are the levels of one facet, "runs". Nil if the
  /// runs share levels and are not every combination of them, once each: then nothing tells their parts apart.
  init?(_ runs: [[(name: String, level: String)]]) {
    var found: [(names: [String], levels: [Int])] = []
    for position in runs.first?.indices ?? 0..<0 {
      var seen: [String: Int] = [:]
      let levels = runs.map { run -> Int in
        let next = seen.count
        seen[run[position].level] = seen[run[position].level] ?? next
        return seen[run[position].level] ?? next
      }
      if seen.count < 2 { continue }
      let name = runs[0][position].name
      if let same = found.firstIndex(where: { $0.levels == levels }) {
        found[same].names.append(name)
      } else {
        found.append(([name], levels))
      }
    }
    let places = runs.indices.map { run in found.map { $0.levels[run] } }
    let sizes = found.map { (name: $0.names.joined(separator: " and "), levels: ($0.levels.max() ?? 0) + 1) }
    if found.isEmpty {
      facets = [("runs", runs.count)]
      self.places = runs.indices.map { [$0] }
      return
    }
    guard Set(places).count == runs.count, sizes.reduce(1, { $0 * $1.levels }) == runs.count else { return nil }
    facets = sizes
    self.places = places
  }

  /// The scores of each item in every run, as a grid with the items first; nil unless each run has them all.
  func components(_ scores: [[Double]]) -> VarianceComponents? {
    guard let items = scores.first?.count, scores.allSatisfy({ $0.count == items }), scores.count == places.count else {
      return nil
    }
    let order = places.indices.sorted { places[$0].lexicographicallyPrecedes(places[$1]) }
    let grid = (0..<items).flatMap { item in order.map { scores[$0][item] } }
    return VarianceComponents(facets: [(Self.items, items)] + facets, scores: grid)
  }
}

/// Items that were not drawn one by one: those of one passage, template or subject form one cluster.
package struct Clusters: Sendable, Equatable {
  /// The cluster of each item, numbered from 0 in the order of appearance.
  package let numbers: [Int]
  package let count: Int

  /// Clusters by the items' labels; items of one label are one cluster.
  package init<Label: Hashable>(_ labels: [Label]) {
    var known: [Label: Int] = [:]
    numbers = labels.map { label in
      if let number = known[label] { return number }
      known[label] = known.count
      return known.count - 1
    }
    count = known.count
  }

  /// The sum of the values of each cluster; nil unless there is a value an item.
  package func sums(_ values: [Double]) -> [Double]? {
    guard values.count == numbers.count else { return nil }
    var sums = [Double](repeating: 0, count: count)
    for (number, value) in zip(numbers, values) { sums[number] += value }
    return sums
  }

  /// How many items each cluster has.
  package var sizes: [Int] {
    var sizes = [Int](repeating: 0, count: count)
    for number in numbers { sizes[number] += 1 }
    return sizes
  }

  /// The standard error of the mean of values that may hang together within clusters.
  ///
  /// With e the deviations from the mean and G clusters: sqrt(G / (G - 1) * sum over clusters of (sum of e)^2) / n (K.-Y.
  /// Liang, S. Zeger, Biometrika 73, 1986, with the usual correction for few clusters). One item a cluster gives the
  /// standard error without clusters; clusters of equal means give 0. Nil for fewer than two clusters, or unless there is a
  /// finite value an item.
  package func standardError(_ values: [Double]) -> Double? {
    guard count >= 2, values.count == numbers.count, let mean = Moments.mean(values),
      let sums = sums(values.map { Moments.difference($0, mean) })
    else { return nil }
    let groups = Double(count)
    // Clusters of equal means show no spread: what is left of their sums is rounding.
    let reach = Moments.rounding * (values.map(\.magnitude).max() ?? 0)
    let isFlat = zip(sums, sizes).allSatisfy { $0.magnitude <= reach * Double($1) }
    let variance = isFlat ? 0 : Moments.sum(sums.map { $0 * $0 }) * groups / (groups - 1)
    let result = variance.squareRoot() / Double(values.count)
    return result.isFinite ? result : nil
  }
}

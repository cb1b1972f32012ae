/// Averages of scores that come in groups, such as the subjects of a task.
///
/// Which standard error is right depends on what is asked. `stratified` takes the groups as given: other items of the same
/// groups were possible. `clustered` takes the groups as drawn too: other groups were possible.
package struct GroupAverages: Sendable, Equatable {
  /// One average with its two standard errors and their intervals.
  package struct Average: Sendable, Equatable {
    package let mean: Double
    /// Groups given, items drawn. Nil if a group has fewer than two items: it shows no spread.
    package let stratifiedError: Double?
    /// Normal interval by `stratifiedError`; nil without it, or where it is 0.
    package let stratifiedInterval: ConfidenceInterval?
    /// Groups drawn. Nil for fewer than two groups.
    package let clusteredError: Double?
    /// Student's interval by `clusteredError`, one degree of freedom fewer than groups; nil without it, or where it is 0.
    package let clusteredInterval: ConfidenceInterval?
  }

  package let groupCount: Int
  /// The mean over items: sum of x / n. A large group counts for more.
  package let micro: Average
  /// The mean over groups of the groups' means: each group counts the same.
  package let macro: Average

  /// The averages of each group's scores; groups without scores enter nothing.
  ///
  /// With S groups of n_s scores with means m_s and variances v_s (n_s - 1): micro has the stratified variance
  /// sum (n_s / n)^2 v_s / n_s and the clustered one of `Clusters.standardError`; macro has sum v_s / n_s / S^2, and the
  /// standard error of the m_s among themselves. Source: W. Cochran, "Sampling Techniques", 1977, 5.4 and 9A. Nil if
  /// nothing is scored or a score is not finite.
  package init?(_ groups: [[Double]], level: Double = 0.95) {
    let groups = groups.filter { !$0.isEmpty }
    let all = groups.flatMap { $0 }
    guard all.allSatisfy(\.isFinite), let mean = Moments.mean(all) else { return nil }
    let means = groups.compactMap(Moments.mean)
    guard means.count == groups.count, let macroMean = Moments.mean(means) else { return nil }
    groupCount = groups.count
    let errors = groups.compactMap(Moments.standardError)
    var microError: Double?
    var macroError: Double?
    if errors.count == groups.count {
      let weighted = zip(groups, errors).map { group, error in Double(group.count) / Double(all.count) * error }
      microError = Moments.sum(weighted.map { $0 * $0 }).squareRoot()
      macroError = Moments.sum(errors.map { $0 * $0 }).squareRoot() / Double(groups.count)
    }
    let labels = groups.enumerated().flatMap { number, group in group.map { _ in number } }
    let clustered = Clusters(labels).standardError(all)
    func average(_ mean: Double, _ stratified: Double?, _ clustered: Double?) -> Average {
      Average(
        mean: mean, stratifiedError: stratified,
        stratifiedInterval: stratified.flatMap { .normal(mean: mean, standardError: $0, level: level) },
        clusteredError: clustered,
        clusteredInterval: clustered.flatMap {
          .student(mean: mean, standardError: $0, count: groups.count, level: level)
        })
    }
    micro = average(mean, microError, clustered)
    macro = average(macroMean, macroError, Moments.standardError(means))
  }
}

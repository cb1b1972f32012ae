import Support
import Testing

@testable import Statistics

/// Comparisons against scipy and statsmodels (Tests/Goldens/statistics/README.md).
struct ComparisonTests {
  private func rows(_ part: String) throws -> [[JSONValue]] { try Goldens.rows(part, of: "comparisons") }

  @Test("Micro and macro averages with stratified and clustered errors")
  func groups() throws {
    for row in try rows("groups") {
      let averages = try #require(GroupAverages(row[0].arrayValue?.map(\.numbers) ?? []))
      let found = [
        averages.micro.mean, averages.micro.stratifiedError, averages.micro.clusteredError, averages.macro.mean,
        averages.macro.stratifiedError, averages.macro.clusteredError,
      ]
      for (value, expected) in zip(found, row.dropFirst()) { #expect(Goldens.isClose(value, expected)) }
    }
    #expect(GroupAverages([]) == nil)
    #expect(GroupAverages([[], []]) == nil)
    #expect(GroupAverages([[.nan]]) == nil)
    let single = GroupAverages([[1], [0, 1]])
    #expect(single?.micro.stratifiedError == nil && single?.macro.stratifiedInterval == nil)
    let right = GroupAverages([[1, 1], [1, 1]])
    #expect(right?.micro.stratifiedInterval == nil && right?.macro.clusteredInterval == nil)
  }

  @Test("Variance components of a crossed design")
  func components() throws {
    for row in try rows("components") {
      let sizes = row[0].integers
      let facets = zip(["item", "draw", "order"], sizes).map { (name: $0, levels: $1) }
      let found = try #require(VarianceComponents(facets: facets, scores: row[1].numbers))
      for (component, expected) in zip(found.components, row[2].arrayValue ?? []) {
        #expect(Goldens.isClose(component.meanSquare, expected), "\(component.facets)")
      }
      for (component, expected) in zip(found.components, row[3].arrayValue ?? []) {
        #expect(Goldens.isClose(component.rawVariance, expected), "\(component.facets)")
        #expect(component.variance >= 0)
      }
      #expect(found.components.last?.facets == ["item", "draw", "order"])
    }
  }

  @Test("Known components are found again on average, within four standard errors of the simulation")
  func simulatedComponents() throws {
    let sizes = (items: 20, draws: 3, orders: 2)
    // In the order of the estimates: items, draws, items x draws, orders, items x orders, draws x orders, the rest.
    let truth = [1.0, 0.25, 0.09, 0.16, 0.04, 0.01, 0.49]
    var found = [[Double]](repeating: [], count: truth.count)
    for number in 0..<300 {
      var stream = RandomStream(seed: 61, purpose: .simulation, stream: UInt64(number))
      func effects(_ count: Int, _ variance: Double) -> [Double] {
        (0..<count).map { _ in stream.roughlyNormal() * variance.squareRoot() }
      }
      let (items, draws) = (effects(sizes.items, truth[0]), effects(sizes.draws, truth[1]))
      let (itemDraws, orders) = (effects(sizes.items * sizes.draws, truth[2]), effects(sizes.orders, truth[3]))
      let (itemOrders, drawOrders) = (
        effects(sizes.items * sizes.orders, truth[4]), effects(sizes.draws * sizes.orders, truth[5])
      )
      var scores = effects(sizes.items * sizes.draws * sizes.orders, truth[6])
      for place in scores.indices {
        let (item, draw, order) = (
          place / (sizes.draws * sizes.orders), place / sizes.orders % sizes.draws, place % sizes.orders
        )
        scores[place] += items[item] + draws[draw] + itemDraws[item * sizes.draws + draw] + orders[order]
        scores[place] += itemOrders[item * sizes.orders + order] + drawOrders[draw * sizes.orders + order]
      }
      let components = try #require(
        VarianceComponents(
          facets: [("items", sizes.items), ("draws", sizes.draws), ("orders", sizes.orders)], scores: scores))
      for (place, component) in components.components.enumerated() { found[place].append(component.rawVariance) }
    }
    for (estimates, expected) in zip(found, truth) {
      let (mean, error) = (try #require(Moments.mean(estimates)), try #require(Moments.standardError(estimates)))
      #expect(abs(mean - expected) < 4 * error, "\(mean) ± \(error) for \(expected)")
    }
  }

  @Test("What a facet needs to halve the error")
  func needs() throws {
    // Items only: four times as many halve it.
    let items = try #require(VarianceComponents(facets: [("item", 4), ("order", 1)], scores: [0, 1, 1, 0]))
    #expect(items.needs.map(\.levelsToHalveError) == [16])
    #expect(abs(items.standardError - (Moments.standardError([0, 1, 1, 0]) ?? 0)) < 1e-15)
    // Runs that differ as much as items do: more items alone cannot halve it.
    let both = try #require(
      VarianceComponents(facets: [("item", 3), ("run", 2)], scores: [0, 10, 1, 11.5, 2, 12]))
    #expect(both.needs[0].levelsToHalveError == nil)
    #expect(both.needs[1].levelsToHalveError != nil)
    let one: [(name: String, levels: Int)] = [("item", 1)]
    #expect(VarianceComponents(facets: one, scores: [1]) == nil)
    #expect(VarianceComponents(facets: [("item", 3)], scores: [1, 2]) == nil)
    #expect(VarianceComponents(facets: [("item", -3)], scores: []) == nil)
    #expect(VarianceComponents(facets: [("item", .max), ("run", .max)], scores: [1, 2]) == nil)
    #expect(VarianceComponents(facets: [("item", 2)], scores: [1, .nan]) == nil)
  }

  @Test("Repeated runs; one run says nothing of spread")
  func runs() throws {
    let summary = try #require(RunSummary([0.5, 0.75, 1]))
    #expect(summary.mean == 0.75 && summary.standardDeviation == 0.25)
    #expect(summary.minimum == 0.5 && summary.maximum == 1)
    // scipy.stats.t.interval(0.95, 2, 0.75, 0.25 / sqrt(3))
    #expect(abs((summary.interval?.lower ?? 0) - 0.1289655721) < 1e-10)
    let one = try #require(RunSummary([0.5]))
    #expect(one.mean == 0.5 && one.standardDeviation == nil && one.interval == nil)
    #expect(RunSummary([0.5, 0.5])?.interval == nil)
    #expect(RunSummary([])?.mean == nil)
    #expect(RunSummary([.nan]) == nil)
  }

  @Test("The permutation test is scipy's, counted whole")
  func permutation() throws {
    for row in try rows("permutation") {
      let test = try #require(PermutationTest(differences: row[0].numbers))
      #expect(test.isExact)
      #expect(Goldens.isClose(test.probability, row[1]), "\(row)")
    }
    // Whole differences by convolution are McNemar's exact test, whatever their number.
    let differences = [Double](repeating: 1, count: 340) + [Double](repeating: -1, count: 300) + [0, 0]
    let exact = McNemarTest(onlyFirst: 340, onlySecond: 300)?.exactProbability
    #expect(abs((PermutationTest(differences: differences)?.probability ?? 0) - (exact ?? 1)) < 1e-10)
    #expect(PermutationTest(differences: []) == nil)
    #expect(PermutationTest(differences: [.nan]) == nil)
    #expect(PermutationTest(differences: [1, 2], clusters: Clusters([1])) == nil)
    // Clusters flip whole: of the four choices of two signs, two are as extreme.
    #expect(PermutationTest(differences: [1, 2, 3], clusters: Clusters(["a", "a", "b"]))?.probability == 0.5)
    #expect(PermutationTest(differences: [1, 2, 3.5], clusters: Clusters(["a", "a", "b"]))?.probability == 0.5)
  }

  @Test("Drawn signs come near the whole count: four simulation errors")
  func drawnSigns() throws {
    var stream = RandomStream(seed: 3, purpose: .simulation)
    let short = (0..<16).map { _ in stream.uniform() - 0.35 }
    let exact = try #require(PermutationTest(differences: short)).probability
    // Zeros change no sum; differences of both signs too small to matter make the list too long to count.
    let long = short + (0..<4).flatMap { _ in [1e-9, -1e-9] }
    let drawn = try #require(PermutationTest(differences: long, draws: 4000))
    #expect(!drawn.isExact && drawn.draws == 4000)
    #expect(abs(drawn.probability - exact) < 4 * (exact * (1 - exact) / 4000).squareRoot() + 1.0 / 4000)
  }

  @Test("Paired shares: Tango's interval, Cohen's h, odds ratio, equivalence, Student's interval")
  func paired() throws {
    for row in try rows("paired") {
      let counts = row.prefix(4).compactMap(\.integerValue)
      let table = try #require(
        PairedProportions(bothRight: counts[0], onlyFirst: counts[1], onlySecond: counts[2], bothWrong: counts[3]))
      let odds = table.oddsRatioInterval()
      let difference = try #require(table.difference)
      let differences = zip([0.0, 1, -1, 0], counts).flatMap { [Double](repeating: $0, count: $1) }
      let error = try #require(Moments.standardError(differences))
      let test = try #require(
        EquivalenceTest(difference: difference, standardError: error, count: table.count, margin: 0.07))
      let student = ConfidenceInterval.student(mean: difference, standardError: error, count: table.count)
      let found: [Double?] = [
        table.interval()?.lower, table.interval()?.upper, table.interval(level: 0.8)?.lower,
        table.interval(level: 0.8)?.upper, table.cohenH, odds?.lower, odds?.upper, test.lowerProbability,
        test.upperProbability, student?.lower, student?.upper,
      ]
      for (position, value) in found.enumerated() {
        #expect(Goldens.isClose(value, row[4 + position]), "\(row) \(position) \(String(describing: value))")
      }
    }
  }

  @Test("A comparison of scores; unequal lists and too little are nil")
  func comparison() throws {
    let first = [1.0, 1, 1, 0, 1, 0, 1, 1]
    let second = [1.0, 0, 1, 0, 0, 0, 1, 0]
    let found = try #require(PairedComparison(first, second, options: .init(margin: 0.5, replicates: 500)))
    #expect(found.difference == 0.375 && found.firstMean == 0.75 && found.secondMean == 0.375)
    #expect(found.probabilityMethod == "mcnemar_mid_p" && abs((found.probability ?? 0) - 0.125) < 1e-12)
    #expect(found.permutation?.probability == 0.25)
    #expect(found.interval?.method == .tango && found.bootstrapInterval?.method == .bootstrap)
    #expect(found.equivalence != nil)
    let clustered = try #require(
      PairedComparison(first, second, clusters: Clusters([0, 0, 1, 1, 2, 2, 3, 3]), options: .init(replicates: 500)))
    #expect(clustered.probabilityMethod == "permutation" && clustered.interval?.method == .student)
    #expect(clustered.equivalence == nil && clustered.clusterCount == 4)
    // The same answers: a width, a probability of 1, and nothing that needs a spread.
    let same = try #require(PairedComparison(first, first, options: .init(margin: 0.1, replicates: 500)))
    #expect(same.probability == 1 && (same.interval?.width ?? 0) > 0)
    #expect(same.bootstrapInterval == nil && same.equivalence == nil)
    #expect(PairedComparison([0.5, 0.7], [0.5, 0.7])?.interval == nil)
    #expect(PairedComparison([0.5], [0.7])?.standardError == nil)
    #expect(PairedComparison([], []) == nil)
    #expect(PairedComparison([1], [1, 0]) == nil)
    #expect(PairedComparison([.nan], [1]) == nil)
    #expect(PairedComparison([1, 0], [1, 1], clusters: Clusters([1])) == nil)
    #expect(PairedProportions([1, 0.5], [1, 1]) == nil)
    #expect(PairedProportions(bothRight: 1, onlyFirst: -1, onlySecond: 0, bothWrong: 0) == nil)
    let nothing = PairedProportions([], [])
    #expect(nothing?.difference == nil && nothing?.interval() == nil && nothing?.cohenH == nil)
    #expect(nothing?.oddsRatio == nil && nothing?.oddsRatioInterval() == nil)
    #expect(EquivalenceTest(difference: 0, standardError: 0, count: 9, margin: 0.1) == nil)
    #expect(EquivalenceTest(difference: 0, standardError: 0.1, count: 9, margin: 0) == nil)
  }

  @Test("Contrasts are Welch's test for two groups")
  func contrasts() throws {
    for row in try rows("welch") {
      let found = try #require(StratifiedContrast([(1, row[0].numbers), (-1, row[1].numbers)]))
      let interval = found.interval(level: 0.9)
      let values = [found.degreesOfFreedom, found.probability, interval?.lower, interval?.upper]
      for (position, value) in values.enumerated() { #expect(Goldens.isClose(value, row[2 + position])) }
    }
    #expect(StratifiedContrast([(1, [0, 0]), (1, [0, 0])]) == nil)
    #expect(StratifiedContrast([(1, [1])]) == nil)
    #expect(StratifiedContrast([]) == nil)
  }

  @Test("A group without spread counts as if one more value were 0")
  func constantGroups() throws {
    // By the formula: variance 1 / (3 + 1) of three values of 1, over 3; with two degrees of freedom.
    let found = try #require(StratifiedContrast([(1, [1, 1, 1]), (1, [0, 0])]))
    #expect(found.standardError == (1.0 / 12).squareRoot() && found.degreesOfFreedom == 2)
    // Three of three against none of three is not beyond doubt; three hundred of three hundred are.
    #expect(found.probability > 0.05 && found.probability < 0.1)
    let many = try #require(StratifiedContrast([(1, [Double](repeating: 1, count: 300)), (1, [0, 0])]))
    #expect(many.probability < 1e-10)
  }

  @Test("One task of graded scores is ranked by the test that compares two runs")
  func gradedRanking() throws {
    let scores = [[0.5, 0.75, 1, 0.25, 0.75, 1], [0.25, 0.5, 0.75, 0, 0.5, 0.75]]
    let grid = try #require(ScoreGrid([scores]))
    let pair = try #require(Ranking(grid).pair(0, 1))
    // All six differences have one sign: 2 of 2^6 choices of signs.
    #expect(pair.probability?.raw == 2.0 / 64)
    #expect(pair.probability?.raw == PairedComparison(scores[0], scores[1])?.probability)
  }

  @Test("Strengths: residuals of the two-way table and their tests")
  func strengths() throws {
    for row in try rows("strengths") {
      let grid = try #require(ScoreGrid(row[0].grid))
      let found = try #require(Strength.all(grid))
      let cells = try #require(row[1].arrayValue).compactMap(\.arrayValue)
      #expect(found.count == cells.count)
      for (strength, cell) in zip(found, cells) {
        #expect(Goldens.isClose(strength.residual, cell[0]))
        #expect(Goldens.isClose(strength.standardError, cell[1]))
        #expect(Goldens.isClose(strength.probability?.raw, cell[2]))
        #expect((strength.probability?.holm ?? 0) >= (strength.probability?.raw ?? 1))
      }
      #expect(Strength.all(grid, adjustment: .benjaminiHochberg)?.count == 9)
    }
    #expect(Strength.all(try #require(ScoreGrid([[[1, 0], [0, 0]]]))) == nil)
    #expect(Strength.all(try #require(ScoreGrid([[[1, 0]], [[0, 0]]]))) == nil)
    let even = try #require(ScoreGrid([[[1, 1], [0, 0]], [[0, 0], [1, 1]]]))
    let flat = try #require(Strength.all(even))
    // Two questions a task, all alike: too few for any certainty.
    #expect(flat.allSatisfy { abs($0.residual) == 0.5 && !$0.isSignificant && ($0.probability?.raw ?? 0) > 0.05 })
  }

  @Test("Kendall's tau-b and its probability")
  func kendall() throws {
    for row in try rows("kendall") {
      let found = try #require(KendallTau(row[0].numbers, row[1].numbers))
      #expect(Goldens.isClose(found.tau, row[2]))
      #expect(Goldens.isClose(found.probability, row[3]), "\(row[0].numbers.count)")
    }
    for (first, second) in [([], []), ([1.0], [1.0]), ([1, 1], [1, 2]), ([1, 2], [1]), ([1, .nan], [1, 2])] {
      #expect(KendallTau(first, second) == nil)
    }
  }

  @Test("Rankings: ties are said to be ties")
  func ranking() throws {
    let strong = (0..<40).map { $0 < 36 ? 1.0 : 0 }
    let weak = (0..<40).map { $0 < 8 ? 1.0 : 0 }
    let nearlyStrong = (0..<40).map { $0 < 35 ? 1.0 : 0 }
    let grid = try #require(ScoreGrid([[weak, strong, nearlyStrong, strong]]))
    let ranking = Ranking(grid, replicates: 500)
    #expect(ranking.places.map(\.rank) == [4, 1.5, 3, 1.5])
    #expect(ranking.places.map(\.bestRank) == [4, 1, 1, 1])
    #expect(ranking.places.map(\.worstRank) == [4, 3, 3, 3])
    #expect(ranking.places[0].rankProbabilities == [0, 0, 0, 1])
    #expect(ranking.places[1].rankProbabilities == ranking.places[3].rankProbabilities)
    #expect(ranking.pairs.count == 6)
    #expect(ranking.pairs.filter(\.isTie).allSatisfy { $0.first != 0 })
    let alone = Ranking(try #require(ScoreGrid([[[1, 0]]])), replicates: 100)
    #expect(alone.pairs.isEmpty && alone.places.map(\.rankProbabilities) == [[1]])
    for grid: [[[Double]]] in [[], [[]], [[[]]], [[[1]], [[1], [0]]], [[[1], [1, 0]]], [[[.nan]]]] {
      #expect(ScoreGrid(grid) == nil)
    }
  }

  @Test("Task difficulty with its interval")
  func difficulty() throws {
    let grid = try #require(ScoreGrid([[[1, 0, 1, 1], [0, 0, 1, 1]], [[1, 1], [1, 1]]]))
    let found = grid.difficulties()
    #expect(found[0].difficulty == 0.375 && found[1].difficulty == 0)
    let error = try #require(Moments.standardError([0.5, 0, 1, 1]))
    let student = ConfidenceInterval.student(mean: 0.625, standardError: error, count: 4)
    // Scores are accuracies, so the interval ends where accuracies do.
    #expect(found[0].interval?.lower == max(0, 1 - (student?.upper ?? 0)))
    #expect(found[0].interval?.upper == min(1, 1 - (student?.lower ?? 0)))
    #expect(found[1].interval == nil)
    let single = try #require(ScoreGrid([[[1, 1, 1]]])).difficulties()
    #expect(single[0].interval?.method == .wilson && (single[0].interval?.width ?? 0) > 0)
  }
}

import Evaluation
import Glibc
import Support

/// The metrics of a choice among answers by their log-likelihoods, as `process_results` of lm_eval/api/task.py has them.
struct ChoiceScores {
  let choices: [String]
  /// The right answer: the position, or several; nil where the data name none that there is.
  let gold: [Int?]
  let answers: [LogLikelihood]

  /// The first of the highest values; one that is not a number counts as the highest, as in numpy.
  static func first(of values: [Double]) -> Int {
    if let index = values.firstIndex(where: \.isNaN) { return index }
    return values.max().flatMap { values.firstIndex(of: $0) } ?? 0
  }

  private var sums: [Double] { answers.prefix(choices.count).map(\.value) }

  /// What a metric compares the choices by.
  private func values(_ metric: String) -> [Double] {
    switch metric {
    case "acc_norm": zip(sums, choices).map { $0 / Double($1.unicodeScalars.count) }
    case "acc_bytes": zip(sums, choices).map { $0 / Double($1.utf8.count) }
    case "acc_mutual_info": zip(sums, answers.dropFirst(choices.count)).map { $0 - $1.value }
    default: sums
    }
  }

  /// The answer under a metric: the most likely one, or that for its length.
  func chosen(_ metric: String) -> Int { Self.first(of: values(metric)) }

  func isTied(_ metric: String) -> Bool {
    let values = values(metric)
    return values.count { $0 == values.max() } > 1
  }

  /// The value of a metric; nil where it has none for the sample.
  func value(of metric: String) -> SampleValue? {
    switch metric {
    case "acc", "acc_norm", "acc_bytes", "acc_mutual_info":
      if metric == "acc_mutual_info", answers.count != 2 * choices.count { return nil }
      return .number(gold.contains(chosen(metric)) ? 1 : 0)
    case "exact_match":
      let isGreedy = gold.contains { $0.flatMap { PythonValue.item(answers, $0)?.isGreedy } ?? false }
      return .number(isGreedy ? 1 : 0)
    case "brier_score":
      guard let gold = gold.first ?? nil, let right = PythonValue.item(Array(sums.indices), gold) else { return nil }
      let probabilities = Self.softmax(sums)
      return .number(
        probabilities.enumerated().reduce(0) { sum, choice in
          let difference = choice.element - (choice.offset == right ? 1 : 0)
          return sum + difference * difference
        })
    case "f1", "mcc":
      guard let gold = gold.first ?? nil, sums.indices.contains(gold) else { return nil }
      if metric == "f1", choices.count != 2 { return nil }
      var sums = [Double](repeating: 0, count: choices.count * choices.count)
      sums[gold * choices.count + chosen(metric)] = 1
      return .sums(sums)
    default: return nil
    }
  }

  private static func softmax(_ values: [Double]) -> [Double] {
    let highest = values.max() ?? 0
    let powers = values.map { exp($0 - highest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }
}

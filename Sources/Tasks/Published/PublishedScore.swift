import CatalogueFiles
import Statistics
import Support

/// A score of a model that somebody published: what stands beside a measured one.
package struct PublishedScore: Sendable, Equatable {
  /// Who says it.
  package enum Kind: String, Sendable {
    /// Google's model card, and the card at second hand.
    case card, quoted
    /// Google's technical report, which measured again.
    case report
    /// Somebody else's measurement.
    case other
  }

  /// The model, as Google calls it with its variant, such as `gemma-3-270m-pt`.
  package let model: String
  package let benchmark: String
  /// As the source writes them, such as `10` or `few`; nil where it does not say.
  package let shots: String?
  /// As the source describes it.
  package let metric: String
  /// The value as it is printed, of shares in percent.
  package let text: String
  package let kind: Kind
  package let source: String

  package var value: Double { Double(text) ?? .nan }

  /// Whether it stands on the model's card.
  package var isOfCard: Bool { kind == .card || kind == .quoted }

  /// Whether the model was to think; nil where the source does not say.
  package var thinks: Bool? {
    metric.contains("thinking on") ? true : metric.contains("no thinking") ? false : nil
  }

  /// Whether prompts were put into a chat template; nil where the source does not say.
  package var hasChatTemplate: Bool? {
    metric.contains("no chat template") ? false : metric.contains("chat template") ? true : nil
  }

  /// Half of a step of the last printed digit: the source rounded what it had by at most this.
  var rounding: Double {
    let digits = text.split(separator: ".").dropFirst().first?.count ?? 0
    return (0..<digits).reduce(0.5) { half, _ in half / 10 }
  }

  /// Whether some value that is printed like this one lies in an interval.
  ///
  /// - Parameter scale: what the interval's numbers are multiplied by to be those of the source: 100 for shares.
  package func isCompatible(with interval: ConfidenceInterval, scale: Double) -> Bool {
    // A hair beside the rounding: 40.95 printed with one digit is 40.9 or 41.0, whatever its binary digits.
    let slack = rounding * (1 + 1e-9)
    return value + slack >= interval.lower * scale && value - slack <= interval.upper * scale
  }
}

extension PublishedScore {
  /// All that come with the library, in the order of their tables.
  package static let all = read(String(cString: gbc_published()))

  /// The models that have any, each once.
  package static let models: [String] = {
    var seen: Set<String> = []
    return all.map(\.model).filter { seen.insert($0).inserted }
  }()

  /// The scores of a model, those of its card first.
  package static func of(_ model: String) -> [PublishedScore] {
    let own = all.filter { $0.model == model }
    return own.filter(\.isOfCard) + own.filter { !$0.isOfCard }
  }

  /// Reads tables as published.tsv has them.
  static func read(_ text: String) -> [PublishedScore] {
    var scores: [PublishedScore] = []
    var block: [[String]] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") { continue }
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      block = line.isEmpty ? [] : block + [cells]
      guard block.count > 2, let kind = Kind(rawValue: block[0][0]) else { continue }
      for (model, value) in zip(block[1], cells).dropFirst(3) where !value.isEmpty {
        scores.append(
          PublishedScore(
            model: model, benchmark: cells[0], shots: cells[1] == "-" ? nil : cells[1], metric: cells[2], text: value,
            kind: kind, source: block[0].dropFirst().joined()))
      }
    }
    return scores
  }
}

import CatalogueFiles
import Support

/// A way to measure a published score here: the task, its shots, its metrics; or why there is none.
package struct ScoreProtocol: Sendable, Equatable {
  let benchmark: String
  /// The published shots that it is for; nil: any.
  let publishedShots: String?
  /// The task of the catalogue; nil: none measures it.
  package let task: String?
  /// `=`: the published ones; nil: the task's own.
  private let ownShots: String?
  /// The metrics of one row each, every one by the names that it may have.
  package let metrics: [[String]]
  /// Why no task measures it.
  package let reason: String?

  /// All that come with the library; a benchmark with several is one of which the sources do not say which.
  static let all: [ScoreProtocol] = String(cString: gbc_protocols()).split(separator: "\n").compactMap { line in
    let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    if line.hasPrefix("#") || cells.count < 5 { return nil }
    return ScoreProtocol(
      benchmark: cells[0], publishedShots: cells[1] == "*" ? nil : cells[1], task: cells[2] == "-" ? nil : cells[2],
      ownShots: cells[3] == "-" ? nil : cells[3],
      metrics: cells[4] == "-"
        ? [] : cells[4].split(separator: "+").map { $0.split(separator: "/").map(String.init) },
      reason: cells.count > 5 ? cells[5] : nil)
  }

  /// The shots that the task is given for a score; nil: its own.
  package func shots(for score: PublishedScore) -> Int? {
    (ownShots == "=" ? score.shots : ownShots).flatMap { Int($0) }
  }

  /// Whether a run of a task is one by this protocol.
  package func fits(_ score: PublishedScore, task: String, shots: Int?, hasChatTemplate: Bool) -> Bool {
    if task != self.task || hasChatTemplate != score.hasChatTemplate ?? hasChatTemplate { return false }
    guard let wanted = self.shots(for: score) else { return true }
    // "3-5": any of them.
    let ends = (score.shots ?? "").split(separator: "-").compactMap { Int($0) }
    if let shots, ends.count == 2, ends[0] <= ends[1] { return (ends[0]...ends[1]).contains(shots) }
    return shots == wanted
  }
}

extension PublishedScore {
  /// How it is measured here; several where the source does not say how it did.
  package var protocols: [ScoreProtocol] {
    ScoreProtocol.all.filter { $0.benchmark == benchmark && ($0.publishedShots ?? shots ?? "-") == shots ?? "-" }
  }
}

extension TaskCatalogue {
  /// The name by which the catalogue has what a specification asks for: its type, or the task of that type.
  package static func name(of specification: JSONObject) -> String {
    let type = specification["type"]?.stringValue ?? ""
    return type == harnessType ? specification["task"]?.stringValue ?? type : type
  }

  /// Whether there is a task of a name.
  package static func has(_ name: String) -> Bool { entries.contains { $0.type == name } }
}

import Evaluation
import ModelHub
import Support

/// A split of a data set on the Hub that a task reads.
package struct TaskDataSet: Sendable, Hashable {
  package let reference: DataSetReference
  package let split: String
  /// The same rows in configurations of their own, for a repository that lacks this one.
  var parts: [TaskDataSet] = []

  package init(reference: DataSetReference, split: String) {
    self.reference = reference
    self.split = split
  }
}

extension TaskCatalogue {
  /// The data sets of the Hub that a task reads; none for a type that is not in the catalogue.
  private static func dataSets(_ specification: TaskSpecification) throws(BenchmarkError) -> [TaskDataSet] {
    guard let entry = entries.first(where: { $0.type == specification.type }) else { return [] }
    do throws(BenchmarkError) { return try entry.dataSets(specification) } catch {
      throw specification.located(error)
    }
  }

  /// Brings the data sets of a task into the cache, with progress; `load` does it too, in silence.
  ///
  /// Errors: as of `HubDataSet.fetch`.
  package static func fetchData(
    _ specification: TaskSpecification,
    progress: @escaping (_ dataSet: String, _ bytesDone: Int, _ bytesTotal: Int) -> Bool
  ) throws(BenchmarkError) {
    try forEachDataSet(of: specification) { (reference, splits) throws(BenchmarkError) in
      _ = try HubDataSet.fetch(reference, splits: splits, settings: .current()) {
        progress(reference.description, $0, $1)
      }
    }
  }

  /// Does something with each data set and its splits; with the parts of one that has no such configuration.
  private static func forEachDataSet(
    of specification: TaskSpecification, _ body: (DataSetReference, [String]) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    func visit(_ dataSets: [TaskDataSet]) throws(BenchmarkError) {
      var references: [DataSetReference] = []
      for dataSet in dataSets where !references.contains(dataSet.reference) { references.append(dataSet.reference) }
      for reference in references {
        let own = dataSets.filter { $0.reference == reference }
        do throws(BenchmarkError) { try body(reference, own.map(\.split)) } catch {
          let parts = own.flatMap(\.parts)
          if error.kind != .notFound || parts.isEmpty { throw error }
          try visit(parts)
        }
      }
    }
    let dataSets = try dataSets(specification)
    do throws(BenchmarkError) { try visit(dataSets) } catch {
      throw specification.located(BenchmarkError(error.kind, error.message, key: error.key ?? "data"))
    }
  }

  /// What loading a task would download.
  ///
  /// Errors: as of `HubDataSet.pending`.
  package static func pendingData(_ specification: TaskSpecification) throws(BenchmarkError) -> [HubDataSet.Pending] {
    var found: [HubDataSet.Pending] = []
    try forEachDataSet(of: specification) { (reference, splits) throws(BenchmarkError) in
      if let pending = try HubDataSet.pending(reference, splits: splits, settings: .current()) { found.append(pending) }
    }
    return found
  }

  /// What to say where a branch of a data set means another commit on the Hub than the one that a task was made of; the Hub is
  /// asked, and has some seconds to answer.
  ///
  /// - Parameter isKept: whether a store holds on to the commit, so that a newer one in the cache changes nothing.
  package static func movedData(_ specification: TaskSpecification, task: any BenchmarkTask, isKept: Bool = false)
    -> [String]
  {
    guard let dataSets = try? dataSets(specification), let settings = try? HubSettings.current() else { return [] }
    var told: [String] = []
    for reference in Set(dataSets.map(\.reference)).sorted(by: { $0.description < $1.description }) {
      let prefix = "\(reference.location)@"
      guard
        let used = task.dataFiles.lazy.map(\.path).first(where: { $0.hasPrefix(prefix) })?.dropFirst(prefix.count)
          .prefix(while: { $0 != "/" }),
        let newer = HubDataSet.newerCommit(of: reference, than: String(used), settings: settings)
      else { continue }
      let hint =
        isKept
        ? "the output folder keeps the commit that it began with"
        : "gemmabench data \(reference.repository) fetches the newest"
      told.append(
        "\(task.name): \(reference) is at commit \(newer) on the Hub now; the rows are those of commit \(used)"
          + " (\(hint))")
    }
    return told
  }
}

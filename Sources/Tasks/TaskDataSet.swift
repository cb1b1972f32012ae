import Evaluation
import ModelHub
import Support

/// A split of a data set on the Hub that a task reads.
package struct TaskDataSet: Sendable, Hashable {
  package let reference: DataSetReference
  package let split: String

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
    for dataSet in try dataSets(specification) {
      do throws(BenchmarkError) {
        _ = try HubDataSet.fetch(dataSet.reference, splits: [dataSet.split], settings: .current()) {
          progress(dataSet.reference.description, $0, $1)
        }
      } catch { throw specification.located(BenchmarkError(error.kind, error.message, key: error.key ?? "data")) }
    }
  }

  /// What loading a task would download.
  ///
  /// Errors: as of `HubDataSet.pending`.
  package static func pendingData(_ specification: TaskSpecification) throws(BenchmarkError) -> [HubDataSet.Pending] {
    var splits: [(reference: DataSetReference, names: [String])] = []
    for dataSet in try dataSets(specification) {
      if let index = splits.firstIndex(where: { $0.reference == dataSet.reference }) {
        splits[index].names.append(dataSet.split)
      } else {
        splits.append((dataSet.reference, [dataSet.split]))
      }
    }
    var found: [HubDataSet.Pending] = []
    for (reference, names) in splits {
      do throws(BenchmarkError) {
        if let pending = try HubDataSet.pending(reference, splits: names, settings: .current()) {
          found.append(pending)
        }
      } catch { throw specification.located(BenchmarkError(error.kind, error.message, key: error.key ?? "data")) }
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

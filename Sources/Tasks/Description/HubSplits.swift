import DataSets
import ModelHub
import Support

/// Splits in files of this machine where there are such, and of the Hub's data sets otherwise.
///
/// What the Hub's cache lacks is downloaded, unless HF_HUB_OFFLINE is set; see `HubDataSet.fetch` for which commit it is.
final class HubSplits: SplitSource {
  private let local: LocalSplits
  /// What was read: tasks of a group often share their data.
  private var known: [String: DataSplit] = [:]
  /// The revisions that are asked for, by repository; under "" that of all others.
  private var revisions: [String: String] = [:]
  /// The repositories that have no configuration with the rows of all others.
  private var lacking: Set<String> = []
  /// The commits that were read, by repository.
  private var commits: [String: String] = [:]

  /// - Parameter revisions: `OWNER/NAME@REVISION` each; one alone may be a revision, for all data sets.
  init(_ local: LocalSplits, revisions: [String] = []) throws(BenchmarkError) {
    self.local = local
    for text in revisions {
      if !text.contains("@") {
        self.revisions[""] = text
      } else {
        let reference = try DataSetReference(text)
        self.revisions[reference.repository] = reference.revision
      }
    }
  }

  /// Throws where a revision is of a repository that a task does not read.
  func checkRevisions(of repositories: [String]) throws(BenchmarkError) {
    for name in revisions.keys.sorted() where !name.isEmpty && !repositories.contains(name) {
      throw BenchmarkError(
        .invalidArgument,
        "\(DescribedEntry.revisionKey): the task does not read \"\(name)\"\(NearestName.hint(name, among: repositories))",
        key: DescribedEntry.revisionKey)
    }
  }

  /// The commits of the data sets that were read, as the revisions that give the same rows; null where none was.
  var pinned: JSONValue {
    if commits.count < 2 { return commits.first.map { .string($0.value) } ?? .null }
    return .array(commits.sorted { $0.key < $1.key }.map { .string("\($0.key)@\($0.value)") })
  }

  /// The split on the Hub that a task means; nil where this machine has it as a file, and where the task names files.
  func dataSet(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> TaskDataSet? {
    if local.holds(name, of: reference) { return nil }
    guard let own = try dataSet(reference).map({ TaskDataSet(reference: $0, split: name) }) else { return nil }
    guard let whole = reference.wholeData,
      var found = try dataSet(whole.data).map({ TaskDataSet(reference: $0, split: name) })
    else { return own }
    found.parts = [own]
    return found
  }

  func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    do throws(BenchmarkError) { return try local.split(name, of: reference) } catch {
      guard error.kind == .notFound, let dataSet = try dataSet(reference) else { throw error }
      if let whole = reference.wholeData, !lacking.contains(dataSet.repository) {
        do throws(BenchmarkError) { return whole.part(try split(name, of: whole.data)) } catch {
          // A copy of the data set may have the configurations alone.
          guard error.kind == .notFound, let found = try? read(dataSet, split: name) else { throw error }
          lacking.insert(dataSet.repository)
          return found
        }
      }
      let key = "\(dataSet) \(dataSet.configuration ?? "") \(name)"
      if let split = known[key] { return split }
      let split = try read(dataSet, split: name)
      known[key] = split
      return split
    }
  }

  /// The data set that a task names; nil where it names files.
  private func dataSet(_ reference: DescribedData) throws(BenchmarkError) -> DataSetReference? {
    if LocalSplits.kinds.contains(reference.path) || reference.arguments["data_files"] != nil { return nil }
    do throws(BenchmarkError) {
      return try DataSetReference(
        reference.path, configuration: reference.name,
        revision: revisions[reference.path] ?? revisions[""] ?? reference.arguments["revision"]?.stringValue)
    } catch { throw reference.place.error(error.message, error.kind) }
  }

  private func read(_ dataSet: DataSetReference, split: String) throws(BenchmarkError) -> DataSplit {
    var reader = try HubDataSet.rows(of: dataSet, split: split, settings: .current())
    var rows = try reader.rows().map(\.fields)
    commits[dataSet.repository] = reader.commit
    // As `datasets` reads them, a column of a text file has a type.
    if reader.files.allSatisfy({ $0.location.hasSuffix(".csv") || $0.location.hasSuffix(".tsv") }) {
      rows = ColumnTypes.inferred(rows, rows.first.map { Array($0.keys) } ?? [])
    }
    return DataSplit(
      rows: LocalSplits.completed(rows),
      files: reader.files.map { DataFile(path: $0.location, sha256: $0.sha256) })
  }
}

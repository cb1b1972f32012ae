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

  init(_ local: LocalSplits) { self.local = local }

  func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    do throws(BenchmarkError) { return try local.split(name, of: reference) } catch {
      guard error.kind == .notFound, let dataSet = try Self.dataSet(reference) else { throw error }
      let key = "\(dataSet) \(dataSet.configuration ?? "") \(name)"
      if let split = known[key] { return split }
      let split = try Self.read(dataSet, split: name)
      known[key] = split
      return split
    }
  }

  /// The data set that a task names; nil where it names files.
  private static func dataSet(_ reference: DescribedData) throws(BenchmarkError) -> DataSetReference? {
    if LocalSplits.kinds.contains(reference.path) || reference.arguments["data_files"] != nil { return nil }
    do throws(BenchmarkError) {
      return try DataSetReference(
        reference.path, configuration: reference.name, revision: reference.arguments["revision"]?.stringValue)
    } catch { throw reference.place.error(error.message, error.kind) }
  }

  private static func read(_ dataSet: DataSetReference, split: String) throws(BenchmarkError) -> DataSplit {
    var reader = try HubDataSet.rows(of: dataSet, split: split, settings: .current())
    var rows = try reader.rows().map(\.fields)
    // As `datasets` reads them, a column of a text file has a type.
    if reader.files.allSatisfy({ $0.location.hasSuffix(".csv") || $0.location.hasSuffix(".tsv") }) {
      rows = ColumnTypes.inferred(rows, rows.first.map { Array($0.keys) } ?? [])
    }
    return DataSplit(
      rows: LocalSplits.completed(rows),
      files: reader.files.map { DataFile(path: $0.location, sha256: $0.sha256) })
  }
}

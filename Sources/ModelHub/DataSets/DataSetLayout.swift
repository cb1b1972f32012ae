import DataSets
import Support

/// The configuration that is meant of a data set, and the files of each of its splits.
struct DataSetLayout: Equatable {
  let configuration: String
  let splits: [DataSetCard.Split]

  /// What the files of a commit say.
  enum Finding: Equatable {
    case layout(DataSetLayout)
    /// There are no files that can be read as they are, but the Hub may have a parquet copy; `configuration` is the one that
    /// is meant, where that is known.
    case needsExport(reason: String, configuration: String?)
  }

  /// Finds the files of a configuration.
  ///
  /// As the package `datasets`: by the member `configs` of README.md, else by the names of files and folders; of files of several
  /// forms those of the most common one. A commit of the Hub's parquet copy is recognised by its files.
  /// - Parameters:
  ///   - paths: All files of the commit.
  ///   - readme: The bytes of its README.md, if there is one.
  ///   - name: The configuration; nil: the default one.
  ///
  /// Errors: an unknown configuration; none given where none is the default; a split without files.
  static func find(_ paths: [String], readme: [UInt8]?, configuration name: String?, of repository: String)
    throws(BenchmarkError) -> Finding
  {
    var card = DataSetCard()
    if let readme {
      // An unreadable card does not say which files are data; the Hub's copy does not depend on it.
      do throws(BenchmarkError) {
        card = try DataSetCard(readme: readme, path: "\(repository): README.md")
      } catch { return .needsExport(reason: error.message, configuration: name) }
    }
    if card == DataSetCard() {
      if let export = ParquetExport.splits(paths) {
        return .layout(try ParquetExport.layout(export, configuration: name, of: repository))
      }
      let script = "\(repository.split(separator: "/").last ?? "").py"
      if paths.contains(script) {
        return .needsExport(reason: "its rows are made by a script (\(script))", configuration: name)
      }
      if let name, name != DataSetCard.defaultName {
        return .needsExport(reason: "its README.md lists no configurations", configuration: name)
      }
    }
    let configuration = try card.configuration(named: name, of: repository)
    if !configuration.readerOptions.isEmpty {
      let reason = "its README.md has the options \(configuration.readerOptions.joined(separator: ", "))"
      return .needsExport(reason: reason, configuration: configuration.name)
    }
    let splits: [DataSetCard.Split]
    do throws(BenchmarkError) {
      splits = try configuration.files(among: paths, of: repository)
    } catch {
      if configuration.splits != nil { throw error }
      return .needsExport(reason: "it has no data files", configuration: configuration.name)
    }
    switch DataFileForm.readable(splits.flatMap(\.files)) {
    case .success(let files):
      let kept = Set(files)
      let readable = splits.map { DataSetCard.Split(name: $0.name, files: $0.files.filter(kept.contains)) }
      return .layout(
        DataSetLayout(configuration: configuration.name, splits: readable.filter { !$0.files.isEmpty }))
    case .failure(let unreadable):
      return .needsExport(reason: unreadable.reason, configuration: configuration.name)
    }
  }

  /// The files of a split; an error with the nearest name if there is none.
  func files(of split: String, in repository: String) throws(BenchmarkError) -> [String] {
    if let found = splits.first(where: { $0.name == split }) { return found.files }
    let names = splits.map(\.name)
    throw BenchmarkError(
      .notFound,
      "\(repository): no split \"\(split)\" in configuration \"\(configuration)\"; it has "
        + "\(names.joined(separator: ", "))\(NearestName.hint(split, among: names))")
  }
}

/// Which files of a data set are its data, by the endings of their names.
enum DataFileForm {
  struct Unreadable: Error, Equatable { let reason: String }

  /// Endings by the reader that `datasets` has for them.
  private static let readers: [(endings: Set<String>, rank: Int)] = [
    (["parquet"], 3), (["jsonl", "json", "ndjson"], 2), (["csv", "tsv"], 1),
  ]
  /// Forms that `datasets` reads and `DataReader` does not.
  private static let others: Set<String> = [
    "arrow", "txt", "zip", "tar", "xml", "lance", "vortex", "h5", "hdf5", "eval", "conll", "geoparquet", "gpq", "pdf",
    "jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff", "wav", "mp3", "flac", "ogg", "opus", "m4a", "mp4", "mkv",
    "avi", "mov", "webm",
  ]

  /// The files of the most common form, if it is one that can be read here.
  static func readable(_ paths: [String]) -> Result<[String], Unreadable> {
    func endings(_ path: String) -> [String] {
      let name = path.split(separator: "/").last ?? ""
      return name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().map { $0.lowercased() }
    }
    var counts: [String: Int] = [:]
    for ending in paths.flatMap(endings) { counts[ending, default: 0] += 1 }
    func rank(_ ending: String) -> Int { readers.first { $0.endings.contains(ending) }?.rank ?? 0 }
    let common = counts.filter { rank($0.key) > 0 || others.contains($0.key) }
      .max { ($0.value, rank($0.key), $0.key) < ($1.value, rank($1.key), $1.key) }?.key
    guard let common else { return .failure(Unreadable(reason: "no file of it has a form that can be read")) }
    guard let reader = readers.first(where: { $0.endings.contains(common) }) else {
      return .failure(Unreadable(reason: "its files are .\(common), which cannot be read"))
    }
    let chosen = paths.filter { !reader.endings.isDisjoint(with: endings($0)) }
    if let packed = chosen.first(where: { !reader.endings.contains(endings($0).last ?? "") }) {
      return .failure(Unreadable(reason: "\(packed) is compressed, which cannot be read"))
    }
    return .success(chosen)
  }
}

/// The copy of a data set in parquet files that the Hub makes of `main`: `CONFIGURATION/SPLIT/0000.parquet`.
enum ParquetExport {
  static let revision = "refs/convert/parquet"

  /// Its files by configuration, each with its splits; nil if the files are not laid out like that.
  static func splits(_ paths: [String]) -> [(configuration: String, splits: [DataSetCard.Split])]? {
    var found: [(configuration: String, splits: [DataSetCard.Split])] = []
    for path in paths.sorted() where path != ".gitattributes" && path != "README.md" {
      let parts = path.split(separator: "/").map(String.init)
      guard parts.count == 3, parts[2].hasSuffix(".parquet"), parts[2].utf8.count == "0000.parquet".utf8.count,
        parts[2].utf8.prefix(4).allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
      else { return nil }
      var splits = found.last?.configuration == parts[0] ? found.removeLast().splits : []
      if let last = splits.last, last.name == parts[1] {
        splits[splits.count - 1] = DataSetCard.Split(name: last.name, files: last.files + [path])
      } else {
        splits.append(DataSetCard.Split(name: parts[1], files: [path]))
      }
      found.append((parts[0], splits))
    }
    return found.isEmpty ? nil : found
  }

  /// The layout of a configuration; nil: the only one, or the one called default.
  ///
  /// Errors: an unknown configuration, or several of which none is the default; a copy of only the first gigabytes.
  static func layout(
    _ export: [(configuration: String, splits: [DataSetCard.Split])], configuration name: String?,
    of repository: String
  ) throws(BenchmarkError) -> DataSetLayout {
    let card = DataSetCard(
      configurations: export.map {
        DataSetCard.Configuration(name: $0.configuration, folder: nil, splits: $0.splits, isDefault: false)
      })
    let configuration = try card.configuration(named: name, of: repository)
    let splits = configuration.splits ?? []
    if let partial = splits.first(where: { $0.name.hasPrefix("partial-") }) {
      throw BenchmarkError(
        .unsupported,
        "\(repository): the Hub's parquet copy has only a part of \"\(partial.name.dropFirst("partial-".count))\" of "
          + "\"\(configuration.name)\"; download the data set yourself and name its files")
    }
    return DataSetLayout(configuration: configuration.name, splits: splits)
  }
}

import DataSets
import Support

/// The data of a described task: a data set of the Hub by its name, or files.
package struct DescribedData: Sendable {
  /// `dataset_path`: OWNER/NAME, or `json`, `csv` or `parquet`.
  package let path: String
  /// `dataset_name`: the configuration.
  package let name: String?
  /// `dataset_kwargs`.
  package let arguments: JSONObject
  /// The folder of the task's file.
  package let folder: String?
  /// Where the arguments stand.
  package let place: DocumentPlace
  /// Where its rows are too, in place of a configuration of their own.
  let whole: Whole?

  /// A configuration that holds the rows of all others: one download in place of many.
  struct Whole: Sendable {
    let name: String
    /// The field with the name of the other configuration.
    let field: String
  }

  /// The data set's configuration with the rows of all others, and how to take this one's; nil if there is none.
  var wholeData: (data: DescribedData, part: @Sendable (DataSplit) -> DataSplit)? {
    guard let whole, let name else { return nil }
    let data = DescribedData(
      path: path, name: whole.name, arguments: arguments, folder: folder, place: place, whole: nil)
    return (data, { DataSplit(rows: $0.rows.filter { $0[whole.field] == .string(name) }, files: $0.files) })
  }
}

/// Rows of a split, with the files that they were read from.
package struct DataSplit: Sendable {
  package let rows: [JSONObject]
  package let files: [DataFile]

  package init(rows: [JSONObject], files: [DataFile]) {
    self.rows = rows
    self.files = files
  }
}

/// Where the rows of described tasks come from.
package protocol SplitSource {
  /// The rows of a split.
  ///
  /// Errors: `.notFound` for a data set or a split that is not there, with what there is; what reading them says.
  func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit
}

/// Splits in files of this machine.
///
/// A folder holds a data set as the Hub does: OWNER/NAME/CONFIGURATION/SPLIT.parquet, where the leading parts may be missing
/// and the file may also be `.jsonl`, `.json`, `.csv` or `.tsv`, or several: `SPLIT-00000-of-00002.parquet`.
package final class LocalSplits: SplitSource {
  /// The folders that data sets are looked for in, the first first.
  private let folders: [String]
  /// What was read: tasks of a group often share their data.
  private var known: [String: DataSplit] = [:]

  package init(folders: [String]) { self.folders = folders }

  private static let endings = [".parquet", ".jsonl", ".json", ".csv", ".tsv"]
  static let kinds = ["json", "csv", "parquet", TextFiles.kind]
  private static let keys = [
    "data_files", "data_dir", "column_names", "header", "sep", "delimiter", "field", "features", "trust_remote_code",
    "verification_mode", "streaming", "revision", "sample_by",
  ]

  package func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    if let whole = reference.wholeData, holds(name, of: whole.data) {
      return whole.part(try split(name, of: whole.data))
    }
    let decoder = try ObjectDecoder(.object(reference.arguments), reference.place, known: Self.keys)
    var options = DataOptions()
    options.field = try decoder.text("field")
    if decoder["column_names"] != nil {
      options.header = try TaskFile.texts(decoder["column_names"], reference.place["column_names"])
    }
    let separator = try decoder.text("sep")
    let delimiter = try decoder.text("delimiter") ?? separator
    if reference.path == TextFiles.kind, decoder["data_files"] == nil {
      return try TextFiles.split(in: folders, of: reference)
    }
    let isLoader = Self.kinds.contains(reference.path)
    if reference.path == "json", options.field != nil { options.format = .json }
    if reference.path == "csv" {
      guard delimiter == nil || delimiter == "," || delimiter == "\t" else {
        throw reference.place.error("the delimiter must be a comma or a tab", .unsupported)
      }
      options.format = delimiter == "\t" ? .tsv : .csv
    }
    let paths: [String]
    if let files = decoder["data_files"] {
      paths = try self.files(files, split: name, reference)
    } else if isLoader {
      throw reference.place.error("the data \"\(reference.path)\" need \"data_files\": the files of each split")
    } else {
      paths = try self.paths(name, of: reference)
    }
    let key = paths.joined(separator: "\n") + (options.header?.joined(separator: ",") ?? "")
    if let split = known[key] { return split }
    let split = try Self.read(paths, options)
    known[key] = split
    return split
  }

  /// Whether a folder has a split of a data set.
  func holds(_ name: String, of reference: DescribedData) -> Bool {
    (try? paths(name, of: reference)) != nil || reference.wholeData.map { holds(name, of: $0.data) } ?? false
  }

  /// The files that `data_files` names for a split.
  private func files(_ value: JSONValue, split: String, _ reference: DescribedData) throws(BenchmarkError)
    -> [String]
  {
    let place = reference.place["data_files"]
    var named: JSONValue = value
    if let object = value.objectValue {
      guard let files = object[split] else {
        throw place.error(
          "no files of the split \"\(split)\"\(NearestName.hint(split, among: object.keys))", .notFound)
      }
      named = files
    } else if split != "train" {
      throw place.error("files without a split are of \"train\", and the task asks for \"\(split)\"", .notFound)
    }
    var paths: [String] = []
    for text in try TaskFile.texts(named, place) { paths.append(try path(text, reference, place)) }
    return paths
  }

  private func path(_ text: String, _ reference: DescribedData, _ place: DocumentPlace) throws(BenchmarkError)
    -> String
  {
    let hub = "hf://datasets/"
    var candidates: [String]
    if text.hasPrefix(hub) {
      candidates = folders.map { $0 + "/" + text.dropFirst(hub.count) }
    } else {
      let text = Paths.expanded(text)
      let directory = reference.arguments["data_dir"]?.stringValue.map(Paths.expanded)
      candidates = directory.map { [Paths.joined($0, text)] } ?? []
      candidates += [Paths.joined(reference.folder, text), text] + folders.map { Paths.joined($0, text) }
      if !Self.kinds.contains(reference.path) {
        candidates += folders.map { Paths.joined($0 + "/" + reference.path, text) }
      }
    }
    guard let found = candidates.first(where: FileSystem.isFile) else {
      throw place.error(
        "no such file: \(text); give \"data\": a folder that holds it"
          + (candidates.isEmpty ? "" : " (looked for \(candidates.joined(separator: ", ")))"), .notFound)
    }
    return found
  }

  /// The files of a split of a data set.
  private func paths(_ split: String, of reference: DescribedData) throws(BenchmarkError) -> [String] {
    let configuration = reference.name ?? "default"
    let short = reference.path.split(separator: "/").last.map(String.init) ?? reference.path
    var looked: [String] = []
    for folder in folders {
      var places: [String] = []
      for part in [reference.path, short] where !places.contains(folder + "/" + part) {
        places += [folder + "/" + part + "/" + configuration]
        if reference.name == nil { places.append(folder + "/" + part) }
      }
      places += [folder + "/" + configuration]
      // A folder that was given for one data set without configurations.
      places.append(folder)
      for place in places {
        for place in [place, place + "/data"] {
          let found = Self.files(of: split, in: place)
          if !found.isEmpty { return found }
        }
        looked.append(place)
      }
    }
    throw BenchmarkError(
      .notFound,
      "no split \"\(split)\" of \(reference.path)\(reference.name.map { " (\($0))" } ?? ""); give \"data\": a folder with "
        + "\(reference.path)/\(configuration)/\(split).parquet (or .jsonl, .json, .csv)"
        + (folders.isEmpty ? ", or set GEMMABENCH_DATA to one" : "; looked in \(folders.joined(separator: ", "))"))
  }

  private static func files(of split: String, in folder: String) -> [String] {
    guard let names = try? FileSystem.list(folder) else { return [] }
    for ending in endings {
      if names.contains(split + ending) { return [folder + "/" + split + ending] }
      let parts = names.filter { $0.hasPrefix(split + "-") && $0.contains("-of-") && $0.hasSuffix(ending) }
      if !parts.isEmpty { return parts.map { folder + "/" + $0 } }
    }
    return []
  }

  private static func read(_ paths: [String], _ options: DataOptions) throws(BenchmarkError) -> DataSplit {
    var rows: [JSONObject] = []
    var files: [DataFile] = []
    for path in paths {
      var reader = try DataReader(path, options)
      let fields = try reader.rows().map(\.fields)
      let isDelimited = reader.format == .csv || reader.format == .tsv
      rows += isDelimited ? ColumnTypes.inferred(fields, reader.columns ?? []) : fields
      files.append(DataFile(path: path, sha256: SHA256.hexadecimal(try FileSystem.read(path))))
    }
    return DataSplit(rows: completed(rows), files: files)
  }

  /// The rows with every column in each, as `datasets` has them; a JSON file need not.
  static func completed(_ rows: [JSONObject]) -> [JSONObject] {
    var columns: [String] = []
    var seen = Set<String>()
    for row in rows { for key in row.keys where seen.insert(key).inserted { columns.append(key) } }
    return rows.map { row in
      if row.members.count == columns.count { return row }
      var row = row
      for column in columns where row[column] == nil { row[column] = .null }
      return row
    }
  }
}

/// The types of the columns of a CSV file, as `datasets` (pandas) guesses them.
enum ColumnTypes {
  /// What pandas takes for a missing value.
  private static let missing: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
  ]

  static func inferred(_ rows: [JSONObject], _ columns: [String]) -> [JSONObject] {
    var rows = rows
    for column in columns {
      let texts = rows.map { $0[column]?.stringValue ?? "" }
      let present = texts.filter { !missing.contains($0) }
      let values: (String) -> JSONValue?
      if present.isEmpty {
        values = { _ in nil }
      } else if present.count == texts.count, present.allSatisfy({ Int64($0) != nil }) {
        values = { Int64($0).map { .integer($0) } }
      } else if present.allSatisfy({ number($0) != nil }) {
        values = { number($0).map { .number($0) } }
      } else if present.count == texts.count,
        present.allSatisfy({ ["True", "False", "TRUE", "FALSE", "true", "false"].contains($0) })
      {
        values = { .bool($0.lowercased() == "true") }
      } else {
        values = { missing.contains($0) ? nil : .string($0) }
      }
      for index in rows.indices { rows[index][column] = values(texts[index]) ?? .null }
    }
    return rows
  }

  private static func number(_ text: String) -> Double? {
    let text = PythonText.stripped(text)
    guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first), !text.lowercased().contains("x") else {
      return nil
    }
    return Double(text)
  }
}

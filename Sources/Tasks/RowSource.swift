import DataSets
import ModelHub
import Support

/// Where the rows of a declared task are: a file, or a split of a data set on the Hub.
enum RowSource {
  case file(String, format: DataFormat?, columns: [String]?)
  case dataSet(DataSetReference, split: String)

  /// What was read.
  struct Rows {
    let rows: [DataRow]
    let files: [DataFile]
    /// The commit of a data set.
    let commit: String?
    /// The options of a specification that name the data set, at the commit that was read; empty for a file.
    let pinned: JSONObject
  }

  private static let dataSetOptions = ["data_config", "data_revision", "split", "examples_split"]

  /// The source of the option `data`.
  ///
  /// Errors: options of data sets beside a file, and options of files beside a data set.
  static func data(_ given: TaskSpecification) throws(BenchmarkError) -> RowSource {
    let text = try given.text("data")
    guard DataSetReference.isReference(text) else {
      let ofExamples = try given.optionalText("examples").map(DataSetReference.isReference) ?? false
      for name in dataSetOptions where given.given(name) != nil && !(ofExamples && name == "examples_split") {
        throw given.failure(
          name, "is for data sets on the Hub, but \"data\" is a file; write \(DataSetReference.scheme)OWNER/NAME")
      }
      return try file(text, given)
    }
    for name in ["format", "columns"] where given.given(name) != nil {
      throw given.failure(name, "is for files, but \"data\" is a data set on the Hub; leave it out")
    }
    return .dataSet(try reference(given), split: try given.optionalText("split") ?? "test")
  }

  /// The source of the few-shot examples; nil if none is named.
  static func examples(_ given: TaskSpecification) throws(BenchmarkError) -> RowSource? {
    let split = try given.optionalText("examples_split")
    guard let text = try given.optionalText("examples") else {
      return try split.map { split throws(BenchmarkError) in .dataSet(try reference(given), split: split) }
    }
    guard DataSetReference.isReference(text) else {
      if split != nil {
        throw given.failure("examples_split", "is for data sets on the Hub, but \"examples\" is a file; leave one out")
      }
      return try file(text, given)
    }
    let other = try given.about("examples") { () throws(BenchmarkError) in try DataSetReference(text) }
    return .dataSet(other, split: split ?? "train")
  }

  private static func file(_ path: String, _ given: TaskSpecification) throws(BenchmarkError) -> RowSource {
    .file(
      Paths.expanded(path), format: try given.optionalText("format").flatMap(DataFormat.init(rawValue:)),
      columns: try given.optionalTexts("columns"))
  }

  private static func reference(_ given: TaskSpecification) throws(BenchmarkError) -> DataSetReference {
    let revision = try given.optionalText("data_revision")
    return try given.about(revision == nil ? "data" : "data_revision") { () throws(BenchmarkError) in
      try DataSetReference(
        given.text("data"), configuration: given.optionalText("data_config"), revision: revision)
    }
  }

  /// The data sets that a declared task reads.
  static func dataSets(_ given: TaskSpecification) throws(BenchmarkError) -> [TaskDataSet] {
    var found: [TaskDataSet] = []
    if case .dataSet(let reference, let split) = try data(given) {
      found.append(TaskDataSet(reference: reference, split: split))
    }
    if try given.integer("shots") > 0, case .dataSet(let reference, let split)? = try examples(given) {
      found.append(TaskDataSet(reference: reference, split: split))
    }
    return found
  }

  /// What reports call a task of these rows that has no name.
  var name: String {
    switch self {
    case .file(let path, _, _):
      let file = path.split(separator: "/").last.map(String.init) ?? path
      guard let point = file.lastIndex(of: "."), point > file.startIndex else { return file }
      return String(file[..<point])
    case .dataSet(let reference, _):
      let name = reference.repository.split(separator: "/").last.map(String.init) ?? reference.repository
      return name + (reference.configuration.map { "_\($0)" } ?? "")
    }
  }

  func isSame(as other: RowSource) -> Bool {
    switch (self, other) {
    case (.file(let path, _, _), .file(let otherPath, _, _)): path == otherPath
    case (.dataSet(let reference, let split), .dataSet(let otherReference, let otherSplit)):
      reference == otherReference && split == otherSplit
    default: false
    }
  }

  /// Reads all rows; no rows at all is an error.
  ///
  /// - Parameter place: stands in front of the message of an error of a file.
  func read(_ place: String) throws(BenchmarkError) -> Rows {
    switch self {
    case .file(let path, let format, let columns):
      let (rows, file) = try DataRows.read(path, format: format, columns: columns, place)
      return Rows(rows: rows, files: [file], commit: nil, pinned: [:])
    case .dataSet(let reference, let split):
      var reader = try HubDataSet.rows(of: reference, split: split, settings: .current())
      let rows = try reader.rows()
      if rows.isEmpty { throw BenchmarkError(.invalidFile, "\(reference): the split \"\(split)\" has no rows") }
      var pinned: JSONObject = ["data": .string(reference.location)]
      if let configuration = reference.configuration { pinned["data_config"] = .string(configuration) }
      pinned["data_revision"] = .string(reader.commit)
      pinned["split"] = .string(split)
      return Rows(
        rows: rows, files: reader.files.map { DataFile(path: $0.location, sha256: $0.sha256) },
        commit: reader.commit, pinned: pinned)
    }
  }
}

/// Files of rows, of any form that `DataReader` reads.
enum DataRows {
  static let formats = DataFormat.allCases.map(\.rawValue)

  /// The rows of a file; no rows at all is an error.
  ///
  /// - Parameter format: nil: by the name's ending or, for parquet, the first bytes; JSON Lines where neither says another.
  static func read(_ path: String, format: DataFormat?, columns: [String]?, _ place: String) throws(BenchmarkError)
    -> (rows: [DataRow], file: DataFile)
  {
    let bytes: [UInt8]
    do throws(BenchmarkError) {
      bytes = try FileSystem.read(path)
    } catch { throw BenchmarkError(error.kind, "\(place): \(error.message)") }
    let form = format ?? guess(path, bytes)
    if columns != nil, form != .csv, form != .tsv {
      throw BenchmarkError(
        .invalidArgument,
        "\(place): \"columns\" is only for CSV and TSV files, but \(path) is read as "
          + (form == .jsonLines ? "JSON Lines" : form.rawValue))
    }
    let rows: [DataRow]
    switch form {
    case .csv: rows = try DelimitedRows.rows(of: bytes, path: path, names: columns)
    case .jsonLines: rows = try LineDelimitedJSON.rows(of: bytes, path: path)
    case .parquet, .json, .tsv:
      var reader = try DataReader(path, DataOptions(format: form, header: columns))
      rows = try reader.rows()
    }
    if rows.isEmpty { throw BenchmarkError(.invalidFile, "\(path): no rows") }
    var digest = SHA256()
    digest.update(bytes)
    return (rows, DataFile(path: path, sha256: digest.finish()))
  }

  private static func guess(_ path: String, _ bytes: [UInt8]) -> DataFormat {
    if bytes.starts(with: "PAR1".utf8) { return .parquet }
    switch DataFormat.named(path) {
    // Files called .json often hold JSON Lines: only a list is sure to be a document.
    case .json?:
      return bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[") ? .json : .jsonLines
    case let named?: return named
    case nil: return .jsonLines
    }
  }
}

import DataSets
import Support

/// The rows of one split of a data set of the Hub, in the order of its files; read as they are asked for.
package struct DataSetRows {
  /// `OWNER/NAME`.
  package let repository: String
  /// The configuration that was meant.
  package let configuration: String
  package let split: String
  /// The commit that has the files: what to name for the same rows again.
  package let commit: String
  /// What is to be said of the fetch.
  package let notices: [String]
  /// The files: where they are on the Hub, and the SHA-256 of their bytes.
  package let files: [(location: String, sha256: String)]

  private let paths: [String]
  private let options: DataOptions
  private var next = 0
  private var reader: DataReader?

  /// Opens the one split of a fetch. Every file is checked against its digest.
  ///
  /// Errors: a file that is damaged.
  init(_ fetched: HubDataSet.Fetched, options: DataOptions = DataOptions()) throws(BenchmarkError) {
    guard fetched.splits.count == 1, let split = fetched.splits.first else {
      throw BenchmarkError(.internalError, "\(fetched.reference): rows are of one split")
    }
    var files: [(location: String, sha256: String)] = []
    for file in split.files { files.append((file.location, try file.checkedSHA256())) }
    repository = fetched.reference.repository
    configuration = fetched.configuration
    self.split = split.name
    commit = fetched.commit
    notices = fetched.notices
    self.files = files
    paths = split.files.map(\.path)
    self.options = options
  }

  /// The next row; nil at the end. Errors name the file in the cache and the place in it.
  package mutating func nextRow() throws(BenchmarkError) -> DataRow? {
    while true {
      // Taken out, so that what it holds is not copied when it changes.
      if var open = reader {
        reader = nil
        if let row = try open.next() {
          reader = open
          return row
        }
      }
      guard next < paths.count else { return nil }
      reader = try DataReader(paths[next], options)
      next += 1
    }
  }

  /// The rows that are left, or the first `limit` of them.
  package mutating func rows(atMost limit: Int? = nil) throws(BenchmarkError) -> [DataRow] {
    var rows: [DataRow] = []
    while rows.count < limit ?? .max, let row = try nextRow() { rows.append(row) }
    return rows
  }
}

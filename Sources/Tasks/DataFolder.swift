import Glibc
import Support

/// The folder with the files of one benchmark as its authors publish them. gemmabench does not ship them.
struct DataFolder {
  /// The environment variable that names the folder of all benchmark data.
  static let environmentVariable = "GEMMABENCH_DATA"

  let path: String
  /// The benchmark's folder in `GEMMABENCH_DATA`.
  let name: String
  /// Where the files come from.
  let source: String

  /// The folder given as the option `data`, else the benchmark's own folder in `GEMMABENCH_DATA`, where it holds the authors'
  /// files; nil: the data are in the Hub's layout, or on the Hub. A folder that is given and holds neither is one of theirs, so
  /// that the error names the file that is missing.
  ///
  /// - Parameters:
  ///   - name: The benchmark's folder in `GEMMABENCH_DATA`, such as `mmlu`.
  ///   - source: Where the files come from, for the message of a missing one.
  ///   - dataSet: What the Hub's layout has.
  static func given(
    _ given: TaskSpecification, name: String, source: String, dataSet: DescribedData, split: String,
    holdsFiles: (DataFolder) -> Bool
  ) throws(BenchmarkError) -> DataFolder? {
    let revisions = try DescribedEntry.revisions(given)
    if let data = try given.optionalText("data") {
      let folder = DataFolder(path: Paths.expanded(data), name: name, source: source)
      let isOfHub = !holdsFiles(folder) && LocalSplits(folders: [folder.path]).holds(split, of: dataSet)
      return isOfHub ? nil : folder
    }
    guard revisions.isEmpty, let root = getenv(environmentVariable), root[0] != 0 else { return nil }
    let folder = DataFolder(path: Paths.expanded(String(cString: root)) + "/" + name, name: name, source: source)
    return holdsFiles(folder) ? folder : nil
  }

  /// The bytes of a file in the folder and its record; a missing file is an error that says where to get it.
  func read(_ name: String) throws(BenchmarkError) -> (bytes: [UInt8], file: DataFile) {
    let path = self.path + "/" + name
    do {
      let bytes = try FileSystem.read(path)
      return (bytes, DataFile(path: path, sha256: SHA256.hexadecimal(bytes)))
    } catch {
      if error.kind == .notFound {
        throw BenchmarkError(
          .notFound,
          "\(error.message); \(source); set \"data\" in the task, or \(Self.environmentVariable) to the folder that contains "
            + "\(self.name)/")
      }
      throw error
    }
  }

  /// What stands before an ending in the names of a folder's files, sorted; none if there is no such folder.
  func stems(in folder: String, ending: String) -> [String] {
    let names = (try? FileSystem.list(path + "/" + folder)) ?? []
    return names.filter { $0.hasSuffix(ending) && $0 != ending }.map { String($0.dropLast(ending.count)) }
  }
}

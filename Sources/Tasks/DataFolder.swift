import Glibc
import Support

/// The folder with the files of one benchmark. gemmabench neither ships nor downloads them.
struct DataFolder {
  /// The environment variable that names the folder of all benchmark data.
  static let environmentVariable = "GEMMABENCH_DATA"

  let path: String
  private let name: String
  private let source: String

  /// The folder given as the option `data`, else the benchmark's own folder in `GEMMABENCH_DATA`.
  ///
  /// - Parameters:
  ///   - name: The benchmark's folder in `GEMMABENCH_DATA`, such as `mmlu`.
  ///   - source: Where the files come from, for the message of a missing one.
  init(option: String?, name: String, source: String) throws(BenchmarkError) {
    self.name = name
    self.source = source
    if let option {
      path = Paths.expanded(option)
    } else if let root = getenv(Self.environmentVariable), root[0] != 0 {
      path = Paths.expanded(String(cString: root)) + "/" + name
    } else {
      throw BenchmarkError(
        .notFound,
        "\(name): no data folder; give \"data\" in the task, or set \(Self.environmentVariable) to a folder that has "
          + "\(name)/; \(source)")
    }
  }

  /// The bytes of a file in the folder and its record; a missing file is an error that says where to get it.
  func read(_ name: String) throws(BenchmarkError) -> (bytes: [UInt8], file: DataFile) {
    let path = self.path + "/" + name
    do {
      let bytes = try FileSystem.read(path)
      var hash = SHA256()
      hash.update(bytes)
      return (bytes, DataFile(path: path, sha256: hash.finish()))
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

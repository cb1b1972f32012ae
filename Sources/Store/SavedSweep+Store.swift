import Records
import Support

extension SavedSweep {
  /// A run wherever it is kept: the latest sweep of an output folder, `FOLDER#2` for its second; a saved report where there
  /// is no store.
  package static func readRun(_ path: String) throws(BenchmarkError) -> (record: SweepRecord, libraryVersion: String) {
    if RunStore.exists(in: path) { return try RunStore(reading: path).sweep(nil) }
    // The store itself, named by its file.
    if FileSystem.isFile(path), path.split(separator: "/").last.map(String.init) == RunStore.fileName {
      let folder = folder(of: path)
      if RunStore.exists(in: folder) { return try RunStore(reading: folder).sweep(nil) }
    }
    if let mark = path.lastIndex(of: "#"), let number = Int(path[path.index(after: mark)...]),
      RunStore.exists(in: String(path[..<mark]))
    {
      return try RunStore(reading: String(path[..<mark])).sweep(number)
    }
    return try read(path)
  }
}

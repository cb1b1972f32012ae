import Plan
import Records
import Support

/// The sweeps of many stores.
package enum StoreHistory {
  /// How far below a folder stores are looked for: results/ABOUT/ONE is as deep as people lay them.
  private static let depth = 2

  /// The sweeps in the store of a folder and of those in it, oldest first.
  ///
  /// Errors: a folder that is not there; a store that is damaged or of a newer version.
  package static func sweeps(below folder: String) throws(BenchmarkError) -> [JSONValue] {
    if !FileSystem.isFolder(folder) { throw BenchmarkError(.notFound, "\(folder): no such folder") }
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    var found: [JSONValue] = []
    for folder in stores(below: folder, depth: depth) {
      found += try RunStore(reading: folder).history()
    }
    func date(_ sweep: JSONValue) -> String { sweep.objectValue?["started_at"]?.stringValue ?? "" }
    return found.enumerated().sorted { (date($0.element), $0.offset) < (date($1.element), $1.offset) }.map(\.element)
  }

  private static func stores(below folder: String, depth: Int) -> [String] {
    let own = RunStore.exists(in: folder) ? [folder] : []
    // A folder that cannot be listed has no store that could be read.
    guard depth > 0, let names = try? FileSystem.list(folder) else { return own }
    let below = names.filter { !$0.hasPrefix(".") }.map { folder == "." ? $0 : "\(folder)/\($0)" }
    return own + below.filter(FileSystem.isFolder).flatMap { stores(below: $0, depth: depth - 1) }
  }
}

@preconcurrency import Glibc

/// The file beside a path that is written first and then takes its place.
///
/// Its name holds the process, so that two of them never write the same one; what a killed process left is known by that.
package enum TemporarySibling {
  private static let ending = ".tmp"

  /// The sibling's path for this process, after those of dead processes have been removed.
  package static func make(for path: String) -> String {
    removeAbandoned(beside: path)
    return "\(path).\(getpid())\(ending)"
  }

  /// Removes the siblings whose process is no more: nobody will put them in place, and some are as large as a model.
  private static func removeAbandoned(beside path: String) {
    let cut = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let folder = path[..<cut]
    let start = path[cut...] + "."
    guard let names = try? FileSystem.list(folder.isEmpty ? "." : String(folder)) else { return }
    for name in names where name.hasPrefix(start) && name.hasSuffix(ending) {
      guard let process = pid_t(name.dropFirst(start.count).dropLast(ending.count)), process > 0 else { continue }
      if kill(process, 0) != 0, errno == ESRCH { unlink(String(folder) + name) }
    }
  }
}

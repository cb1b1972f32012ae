@preconcurrency import Glibc

/// Paths as texts: nothing here looks at what is there.
package enum Paths {
  /// The path with `~` in front replaced by the user's home.
  package static func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/") else { return path }
    if let home = getenv("HOME"), home[0] != 0 { return String(cString: home) + path.dropFirst(1) }
    guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return path }
    return String(cString: home) + path.dropFirst(1)
  }

  /// The folder that a file of this path lies in; nil for one of the current folder.
  package static func folder(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Resolves a path against a folder; an absolute path stays.
  package static func joined(_ folder: String?, _ path: String) -> String {
    guard let folder, !path.hasPrefix("/") else { return path }
    return simplified(folder + "/" + path)
  }

  /// The path from a folder to another path, both from the current folder or from the root.
  package static func relative(_ path: String, to folder: String) -> String {
    let target = parts(absolute(path))
    let base = parts(absolute(folder))
    let shared = zip(target, base).prefix { $0 == $1 }.count
    let up = Array(repeating: "..", count: base.count - shared)
    let steps = up + target[shared...]
    return steps.isEmpty ? "." : steps.joined(separator: "/")
  }

  /// The path from the root, without `.` and `..`.
  package static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? simplified(path) : simplified((current ?? "") + "/" + path)
  }

  private static var current: String? {
    guard let text = getcwd(nil, 0) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }

  /// Without `.`, and without `..` behind a name.
  private static func simplified(_ path: String) -> String {
    var kept: [String] = []
    for part in parts(path) where part != "." {
      if part == "..", let last = kept.last, last != ".." {
        kept.removeLast()
      } else if part != ".." || !path.hasPrefix("/") {
        kept.append(part)
      }
    }
    let text = kept.joined(separator: "/")
    return path.hasPrefix("/") ? "/" + text : text.isEmpty ? "." : text
  }
}

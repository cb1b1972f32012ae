import Glibc
import Support

/// The task files of an lm-evaluation-harness on this machine, found by the names of tasks, groups and tags.
///
/// The folder is that of `LM_EVAL_TASKS`, else the `tasks` of the lm_eval that Python (`PythonProgram`) would import. Rules of names are those
/// of lm_eval/tasks/_index.py: files that end in .yaml in the order of their paths, the first of a name counting.
final class HarnessLibrary {
  /// The environment variable that names the folder of task files.
  static let environmentVariable = "LM_EVAL_TASKS"

  /// What a name stands for.
  enum Entry: Sendable {
    case task(TaskFile)
    case group(TaskFile)
    /// The files of the tasks that have a tag.
    case tag([TaskFile])
  }

  let folder: String
  /// The files, read once, each with a zero at its end.
  private lazy var contents: [(path: String, bytes: [UInt8], includes: [String])] = files().compactMap { path in
    guard let bytes = try? FileSystem.read(path) + [0] else { return nil }
    return (path, bytes, Self.includes(bytes, of: path))
  }

  init(folder: String) { self.folder = folder }

  /// The library of this machine; nil if there is none.
  ///
  /// Errors: `LM_EVAL_TASKS` names no folder.
  static func found() throws(BenchmarkError) -> HarnessLibrary? {
    if let value = getenv(environmentVariable), value[0] != 0 {
      let folder = Paths.expanded(String(cString: value))
      if !FileSystem.isFolder(folder) {
        throw BenchmarkError(.notFound, "\(environmentVariable): not a directory: \(folder)")
      }
      return HarnessLibrary(folder: folder)
    }
    return installed.map { HarnessLibrary(folder: $0) }
  }

  /// The folder of the lm_eval that python3 would import; asked once.
  private static let installed: String? = {
    let code =
      "import importlib.util as u; s = u.find_spec('lm_eval'); print(list(s.submodule_search_locations)[0] if s else '')"
    return ProgramOutput.of([PythonProgram.path, "-c", code]).map { $0 + "/tasks" }.flatMap {
      FileSystem.isFolder($0) ? $0 : nil
    }
  }()

  private static let ignored: Set<String> = ["__pycache__", ".ipynb_checkpoints"]

  /// All files under the folder, by path.
  private func files() -> [String] {
    var found: [String] = []
    var open = [folder]
    while let folder = open.popLast() {
      guard let names = try? FileSystem.list(folder) else { continue }
      for name in names where !Self.ignored.contains(name) {
        let path = folder + "/" + name
        // Task files and their parts have no other endings; folders rarely have any.
        if name.hasSuffix(".py") || name.hasSuffix(".md") || name.hasSuffix(".json") || name.hasSuffix(".jsonl") {
          continue
        }
        if name.hasSuffix(".yaml") || FileSystem.isFile(path) {
          found.append(path)
        } else if FileSystem.isFolder(path) {
          open.append(path)
        }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What a name stands for; nil if nothing has it.
  ///
  /// Errors: those of a file that says it has the name.
  func find(_ name: String) throws(BenchmarkError) -> Entry? { try find([name])[name] }

  /// What names stand for, found in one go.
  func find(_ names: [String]) throws(BenchmarkError) -> [String: Entry] {
    let wanted = Set(names)
    var entries: [String: Entry] = [:]
    var tags: [String: [TaskFile]] = [:]
    // Files that hold one of the names, and those that include one of them: a tag may stand in a part that many share.
    let marks = names.map { Array($0.utf8) + [0] }
    let scanned = contents.map { file in
      (path: file.path, holds: marks.contains { Self.contains(file.bytes, $0) }, includes: file.includes)
    }
    var holding = Set(scanned.lazy.filter(\.holds).map(\.path))
    for _ in 0..<4 {
      let more = scanned.lazy.filter { !holding.contains($0.path) && $0.includes.contains(where: holding.contains) }
        .map(\.path)
      let before = holding.count
      holding.formUnion(Array(more))
      if holding.count == before { break }
    }
    for (path, holds, _) in scanned where holding.contains(path) && path.hasSuffix(".yaml") {
      let file: TaskFile
      do throws(BenchmarkError) { file = try TaskFile(path) } catch {
        // As the harness skips files that it cannot read; one that names the task is looked at, so that its error is seen.
        if holds, Self.saysName(path, wanted) { throw error }
        continue
      }
      if let group = file["group"]?.value.stringValue {
        if wanted.contains(group), entries[group] == nil { entries[group] = .group(file) }
        continue
      }
      guard let task = file["task"]?.value.stringValue else { continue }
      if wanted.contains(task), entries[task] == nil { entries[task] = .task(file) }
      for tag in (try? TaskFile.texts(file["tag"]?.value, DocumentPlace(name: path))) ?? [] where wanted.contains(tag) {
        tags[tag, default: []].append(file)
      }
    }
    for (tag, files) in tags where entries[tag] == nil { entries[tag] = .tag(files) }
    return entries
  }

  private static func saysName(_ path: String, _ names: Set<String>) -> Bool {
    guard let text = try? FileSystem.readText(path) else { return false }
    return text.split(separator: "\n").contains { line in
      guard line.hasPrefix("task:") || line.hasPrefix("group:"), let value = line.split(separator: ":").last else {
        return false
      }
      return names.contains(String(value.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }))
    }
  }

  /// Whether a text holds another; both end with a zero.
  private static func contains(_ bytes: [UInt8], _ mark: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      mark.withUnsafeBytes { mark in
        guard let start = bytes.baseAddress, let wanted = mark.baseAddress else { return false }
        return strstr(start.assumingMemoryBound(to: CChar.self), wanted.assumingMemoryBound(to: CChar.self)) != nil
      }
    }
  }

  /// The paths behind `include:` and in the list below it.
  private static func includes(_ bytes: [UInt8], of path: String) -> [String] {
    guard contains(bytes, Array("include:".utf8) + [0]) else { return [] }
    var found: [String] = []
    var isInList = false
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      var value = Substring()
      if line.hasPrefix("include:") {
        value = line.dropFirst(8)
        isInList = true
      } else if isInList, line.drop(while: { $0 == " " }).hasPrefix("- ") {
        value = line.drop { $0 == " " || $0 == "-" }
      } else {
        isInList = false
      }
      let name = value.prefix { $0 != "#" }.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
      if !name.isEmpty { found.append(Paths.joined(Paths.folder(of: path), name)) }
    }
    return found
  }
}

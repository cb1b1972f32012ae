@preconcurrency import Glibc
import Support

/// One revision of a model in the cache.
package struct CachedModel: Sendable {
  /// `OWNER/NAME`.
  package let repository: String
  package let commit: String
  /// Branches and tags that meant this commit when it was downloaded.
  package let references: [String]
  /// Bytes of its files on disk.
  package let sizeBytes: Int
  /// `model_type` of its config.json, `gguf`, or nil if neither is there.
  package let type: String?
  /// What is missing to load it; nil if it is whole.
  package let missing: String?
  package let path: String

  /// - Parameter modelTypes: those of the families that this library runs. A GGUF file is taken for one of them: its
  ///   family is known once it is opened.
  package func json(supporting modelTypes: [String]) -> JSONValue {
    let isSupported = type.map { $0 == "gguf" || modelTypes.contains($0) } ?? false
    return [
      "id": .string(repository), "revision": .string(commit), "refs": .array(references.map { .string($0) }),
      "size_bytes": JSONValue(sizeBytes), "type": type.map { .string($0) } ?? .null, "supported": .bool(isSupported),
      "missing": missing.map { .string($0) } ?? .null, "path": .string(path),
    ]
  }
}

extension HubCache {
  /// Every model in the cache, by name; an empty list if there is no cache. Folders that are none of ours are skipped.
  func models() throws(BenchmarkError) -> [CachedModel] {
    guard FileSystem.isFolder(folder) else { return [] }
    var models: [CachedModel] = []
    for name in try FileSystem.list(folder) where name.hasPrefix("models--") {
      let repository = String(name.dropFirst("models--".count)).replacing("--", with: "/")
      let snapshots = "\(folder)/\(name)/snapshots"
      guard FileSystem.isFolder(snapshots) else { continue }
      let references = try references(in: "\(folder)/\(name)/refs")
      for commit in try FileSystem.list(snapshots) where FileSystem.isFolder("\(snapshots)/\(commit)") {
        models.append(
          try model(repository, commit, references.filter { $0.commit == commit }.map(\.name).sorted()))
      }
    }
    return models
  }

  private func model(_ repository: String, _ commit: String, _ references: [String]) throws(BenchmarkError)
    -> CachedModel
  {
    let snapshot = snapshot(repository, commit)
    let paths = try Self.files(in: snapshot)
    var type: String?
    if paths.contains("config.json"),
      let config = try? JSONReader.parse(
        try FileSystem.read("\(snapshot)/config.json"), name: "config.json", reading: .asPython)
    {
      type = config.objectValue?["model_type"]?.stringValue
    } else if paths.contains(where: { $0.lowercased().hasSuffix(".gguf") }) {
      type = "gguf"
    }
    var missing: String?
    if HubReference.isCommit(commit) {
      do {
        if case .incomplete(let what, _) = try find(HubReference(repository: repository, revision: commit)) {
          missing = what
        }
      } catch { missing = nil }  // several GGUF files: each is whole
    }
    var size = 0
    var seen: Set<String> = []
    for path in paths {
      var status = stat()
      guard stat("\(snapshot)/\(path)", &status) == 0 else { continue }
      if seen.insert("\(status.st_dev) \(status.st_ino)").inserted { size += Int(status.st_size) }
    }
    return CachedModel(
      repository: repository, commit: commit, references: references, sizeBytes: size, type: type, missing: missing,
      path: snapshot)
  }

  func references(in folder: String) throws(BenchmarkError) -> [(name: String, commit: String)] {
    guard FileSystem.isFolder(folder) else { return [] }
    var references: [(name: String, commit: String)] = []
    for name in try Self.files(in: folder) {
      guard let text = try? FileSystem.readText("\(folder)/\(name)") else { continue }
      references.append((name, String(text.filter { !$0.isWhitespace })))
    }
    return references
  }
}

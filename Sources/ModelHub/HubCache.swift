@preconcurrency import Glibc
import Support

/// The cache folder of huggingface_hub, in its own layout, so that both tools share what either downloaded:
///
///     models--OWNER--NAME/refs/main                    the commit that a branch or tag meant last
///     models--OWNER--NAME/blobs/ETAG                   a file's bytes: SHA-256 for large files, git's SHA-1 for others
///     models--OWNER--NAME/snapshots/COMMIT/config.json a link to its blob
///     .locks/models--OWNER--NAME/ETAG.lock             held while a blob is written
///
/// Data sets are in `datasets--OWNER--NAME` folders of the same layout.
struct HubCache {
  let folder: String
  var kind = HubRepositoryKind.model

  /// What the cache has of a reference.
  enum Finding: Equatable {
    /// The path to load: the snapshot's folder, or the GGUF file in it.
    case complete(path: String, commit: String)
    /// There is a snapshot, without this file.
    case incomplete(missing: String, commit: String)
    case absent
  }

  func repositoryFolder(_ repository: String) -> String {
    "\(folder)/\(folderName(repository))"
  }

  private func folderName(_ repository: String) -> String {
    "\(kind.pluralName)--\(repository.split(separator: "/").joined(separator: "--"))"
  }

  func lockFolder(_ repository: String) -> String {
    "\(folder)/.locks/\(folderName(repository))"
  }

  func snapshot(_ repository: String, _ commit: String) -> String {
    "\(repositoryFolder(repository))/snapshots/\(commit)"
  }

  /// The commit that a revision means in the cache; nil if it is not known here.
  func commit(_ reference: HubReference) -> String? {
    let revision = reference.revisionName
    if HubReference.isCommit(revision) { return revision }
    let path = "\(repositoryFolder(reference.repository))/refs/\(revision)"
    guard FileSystem.isFile(path), let text = try? FileSystem.readText(path) else { return nil }
    let commit = String(text.filter { !$0.isWhitespace })
    return HubReference.isCommit(commit) ? commit : nil
  }

  /// What the cache has of a reference, without the network.
  func find(_ reference: HubReference) throws(BenchmarkError) -> Finding {
    guard let commit = commit(reference) else { return .absent }
    let snapshot = snapshot(reference.repository, commit)
    guard FileSystem.isFolder(snapshot) else { return .absent }
    let paths = try Self.files(in: snapshot)
    let isSafetensors = reference.file == nil && paths.contains { FileSelection.isWeights($0) }
    if !isSafetensors {
      guard paths.contains(where: { $0.lowercased().hasSuffix(".gguf") }) else {
        return .incomplete(missing: "the weights", commit: commit)
      }
      do {
        let parts = try FileSelection.chooseGGUF(paths, reference: reference)
        if let missing = Self.missingPart(of: parts) { return .incomplete(missing: missing, commit: commit) }
        return .complete(path: "\(snapshot)/\(parts[0])", commit: commit)
      } catch {
        // Another file of the repository may be the one meant.
        if reference.file != nil { return .incomplete(missing: reference.file ?? "", commit: commit) }
        throw error
      }
    }
    if !paths.contains("config.json") { return .incomplete(missing: "config.json", commit: commit) }
    if !paths.contains("tokenizer.json"), !paths.contains("tokenizer.model") {
      return .incomplete(missing: "tokenizer.model or tokenizer.json", commit: commit)
    }
    if let missing = try Self.missingShard(in: snapshot, paths) { return .incomplete(missing: missing, commit: commit) }
    return .complete(path: snapshot, commit: commit)
  }

  /// The paths of the files below a folder, those only whose link leads to a file.
  static func files(in folder: String) throws(BenchmarkError) -> [String] {
    var found: [String] = []
    var folders = [""]
    while let prefix = folders.popLast() {
      for name in try FileSystem.list(prefix.isEmpty ? folder : "\(folder)/\(prefix)") {
        let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
        if FileSystem.isFolder("\(folder)/\(path)") {
          if path.split(separator: "/").count < 8 { folders.append(path) }
        } else if FileSystem.isFile("\(folder)/\(path)") {
          found.append(path)
        }
      }
    }
    return found.sorted()
  }

  /// A shard that the index names and the snapshot lacks.
  private static func missingShard(in snapshot: String, _ paths: [String]) throws(BenchmarkError) -> String? {
    if paths.contains(FileSelection.singleName) { return nil }
    guard paths.contains(FileSelection.indexName) else { return FileSelection.indexName }
    let path = "\(snapshot)/\(FileSelection.indexName)"
    let document = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython)
    let shards = document.objectValue?["weight_map"]?.objectValue?.members.compactMap(\.value.stringValue) ?? []
    return Set(shards).sorted().first { !paths.contains($0) }
  }

  /// A part that the names of a split file promise and the list lacks.
  private static func missingPart(of parts: [String]) -> String? {
    guard let first = parts.first, first.lowercased().hasSuffix(".gguf") else { return nil }
    let stem = first.dropLast(".gguf".count)
    guard let count = Int(stem.suffix(5)), stem.dropLast(5).hasSuffix("-of-"), count != parts.count else { return nil }
    return "all \(count) parts of \(first)"
  }
}

@preconcurrency import Glibc
import Support

/// Data sets in the cache of huggingface_hub, in `datasets--OWNER--NAME` folders.
///
/// Beside what huggingface_hub has there, `.gemmabench/COMMIT.json` has the list of all files of a commit: a snapshot holds only
/// what was fetched, and a pattern such as `data/test-*` is resolved only among all files.
struct DataSetCache {
  let hub: HubCache

  init(_ settings: HubSettings) { hub = HubCache(folder: settings.cacheFolder, kind: .dataSet) }

  func path(of file: HubClient.File, _ tree: DataSetTree) -> String {
    "\(hub.snapshot(tree.reference.repository, tree.commit))/\(file.path)"
  }

  private func listingPath(_ repository: String, _ commit: String) -> String {
    "\(hub.repositoryFolder(repository))/.gemmabench/\(commit).json"
  }

  /// The list of a commit's files; nil if it is not here, or not readable.
  func listing(_ repository: String, _ commit: String) throws(BenchmarkError) -> [HubClient.File]? {
    let path = listingPath(repository, commit)
    guard FileSystem.isFile(path), let document = try? JSONReader.parse(try FileSystem.read(path), name: path),
      let entries = document.arrayValue
    else { return nil }
    var files: [HubClient.File] = []
    for entry in entries {
      guard let entry = entry.objectValue, let path = entry["path"]?.stringValue, HubReference.isRelativePath(path),
        let size = entry["size"]?.integerValue, size >= 0, let digest = entry["digest"]?.stringValue,
        let isLarge = entry["large"]?.boolValue
      else { return nil }
      files.append(HubClient.File(path: path, size: size, etag: digest, isLarge: isLarge))
    }
    return files
  }

  func write(_ files: [HubClient.File], _ repository: String, _ commit: String) throws(BenchmarkError) {
    let path = listingPath(repository, commit)
    let entries = files.map { file -> JSONValue in
      [
        "path": .string(file.path), "size": JSONValue(file.size), "digest": .string(file.etag),
        "large": .bool(file.isLarge),
      ]
    }
    do throws(BenchmarkError) {
      try FileSystem.makeFolder("\(hub.repositoryFolder(repository))/.gemmabench")
      try FileSystem.makeFolder("\(hub.repositoryFolder(repository))/snapshots")
      try FileSystem.write(JSONValue.array(entries).text(), to: path)
    } catch {
      throw BenchmarkError(
        error.kind, "\(error.message); the cache must be a writable folder (--cache-dir, HF_HUB_CACHE)")
    }
  }

  /// The files of a snapshot that huggingface_hub made: those that it fetched, with the digests that the links name.
  private func snapshotFiles(_ repository: String, _ commit: String) throws(BenchmarkError) -> [HubClient.File]? {
    let snapshot = hub.snapshot(repository, commit)
    guard FileSystem.isFolder(snapshot) else { return nil }
    var files: [HubClient.File] = []
    for path in try HubCache.files(in: snapshot) {
      var status = stat()
      guard stat("\(snapshot)/\(path)", &status) == 0 else { continue }
      var buffer = [CChar](repeating: 0, count: 4096)
      let length = readlink("\(snapshot)/\(path)", &buffer, buffer.count)
      let target = length > 0 ? String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
      let name = target.split(separator: "/").last.map(String.init) ?? ""
      let digest = [40, 64].contains(name.utf8.count) ? name : ""
      files.append(
        HubClient.File(path: path, size: Int(status.st_size), etag: digest, isLarge: digest.utf8.count == 64))
    }
    return files
  }

  /// What the cache knows of a revision.
  private func tree(_ reference: HubReference) throws(BenchmarkError) -> DataSetTree? {
    guard let commit = hub.commit(reference) else { return nil }
    let listed = try listing(reference.repository, commit)
    let files = if let listed { listed } else { try snapshotFiles(reference.repository, commit) }
    return files.map { DataSetTree(reference: reference, commit: commit, files: $0) }
  }

  /// The splits of a data set, if all their files are here; never uses the network.
  ///
  /// Errors: what the files that are known say against the configuration or a split, if all files are known.
  func find(_ reference: DataSetReference, splits names: [String]?) throws(BenchmarkError) -> CachedSplits? {
    var isWhole = true
    do throws(BenchmarkError) {
      let found = try FoundDataSet.find(reference) { (part) throws(BenchmarkError) in
        guard let tree = try tree(part) else { return nil }
        if try listing(part.repository, tree.commit) == nil { isWhole = false }
        return tree
      } readme: { (tree) throws(BenchmarkError) in
        guard let file = tree.readme, FileSystem.isFile(path(of: file, tree)) else { return nil }
        return try FileSystem.read(path(of: file, tree))
      }
      guard let found else { return nil }
      let splits = try found.splits(names)
      let files = splits.flatMap(\.files)
      if !files.allSatisfy({ FileSystem.isFile(path(of: $0, found.tree)) }) { return nil }
      if !isWhole, Self.lacksShard(files.map(\.path)) { return nil }
      return CachedSplits(found: found, splits: splits, cache: self)
    } catch {
      // Where only a part of the files is known, another may be the one that is meant.
      if isWhole { throw error }
      return nil
    }
  }

  /// Whether names such as `test-00000-of-00002.parquet` promise more files than there are.
  private static func lacksShard(_ paths: [String]) -> Bool {
    var counts: [String: (found: Int, promised: Int)] = [:]
    for path in paths {
      let parts = path.split(separator: "-", omittingEmptySubsequences: false)
      guard let of = parts.lastIndex(of: "of"), of > 0, of + 1 < parts.count,
        let promised = Int(parts[of + 1].prefix(5))
      else { continue }
      counts[parts[..<(of - 1)].joined(separator: "-"), default: (0, promised)].found += 1
    }
    return counts.values.contains { $0.found < $0.promised }
  }

  /// The error of splits that are not here.
  func absence(of reference: DataSetReference, splits: [String]?, _ reason: String) -> BenchmarkError {
    let part = splits.map { " (\($0.joined(separator: ", ")))" } ?? ""
    return BenchmarkError(
      .notFound, "\(reference)\(part): not in the cache \(hub.folder), and the network is not to be used: \(reason)")
  }

  /// Every data set in the cache, by name; an empty list if there is no cache.
  func dataSets() throws(BenchmarkError) -> [CachedDataSet] {
    let prefix = "\(HubRepositoryKind.dataSet.pluralName)--"
    guard FileSystem.isFolder(hub.folder) else { return [] }
    var found: [CachedDataSet] = []
    for name in try FileSystem.list(hub.folder) where name.hasPrefix(prefix) {
      let repository = String(name.dropFirst(prefix.count)).replacing("--", with: "/")
      let snapshots = "\(hub.folder)/\(name)/snapshots"
      guard FileSystem.isFolder(snapshots) else { continue }
      let references = try hub.references(in: "\(hub.folder)/\(name)/refs")
      for commit in try FileSystem.list(snapshots) where HubReference.isCommit(commit) {
        let files = try snapshotFiles(repository, commit) ?? []
        // A commit whose README.md alone was looked at is no data set that is here.
        let data = files.filter { $0.path != "README.md" }
        if data.isEmpty { continue }
        found.append(
          CachedDataSet(
            repository: repository, commit: commit,
            references: references.filter { $0.commit == commit }.map(\.name).sorted(),
            sizeBytes: files.reduce(0) { $0 + $1.size }, splits: try splits(repository, commit, Set(data.map(\.path))),
            path: hub.snapshot(repository, commit)))
      }
    }
    return found
  }

  /// `CONFIG/SPLIT` of every configuration of a commit whose files are all here.
  private func splits(_ repository: String, _ commit: String, _ present: Set<String>) throws(BenchmarkError) -> [String]
  {
    let pinned = HubReference(repository: repository, revision: commit, kind: .dataSet)
    guard let tree = try tree(pinned) else { return [] }
    let readmePath = "\(hub.snapshot(repository, commit))/README.md"
    let readme = FileSystem.isFile(readmePath) ? try FileSystem.read(readmePath) : nil
    var names: [String] = []
    let card = readme.flatMap { try? DataSetCard(readme: $0, path: "README.md") } ?? DataSetCard()
    let export = ParquetExport.splits(tree.paths)
    let configurations =
      card == DataSetCard()
      ? export?.map(\.configuration) ?? [DataSetCard.defaultName] : card.configurations.map(\.name)
    for configuration in configurations {
      // One that cannot be read is not listed; fetching it says why.
      guard
        case .layout(let layout)? = try? DataSetLayout.find(
          tree.paths, readme: readme, configuration: configuration, of: repository)
      else { continue }
      for split in layout.splits where split.files.allSatisfy(present.contains) {
        names.append(configurations == [DataSetCard.defaultName] ? split.name : "\(configuration)/\(split.name)")
      }
    }
    return names
  }
}

/// One commit of a data set in the cache.
package struct CachedDataSet: Sendable {
  /// `OWNER/NAME`.
  package let repository: String
  package let commit: String
  /// Branches and tags that meant this commit when it was fetched.
  package let references: [String]
  /// Bytes of its files on disk.
  package let sizeBytes: Int
  /// Splits that are here whole: `test`, or `CONFIG/test`.
  package let splits: [String]
  package let path: String

  package var json: JSONValue {
    [
      "id": .string(repository), "revision": .string(commit), "refs": .array(references.map { .string($0) }),
      "size_bytes": JSONValue(sizeBytes), "splits": .array(splits.map { .string($0) }), "path": .string(path),
    ]
  }
}

/// Splits whose files are all in the cache.
struct CachedSplits {
  let found: FoundDataSet
  let splits: [(name: String, files: [HubClient.File])]
  let cache: DataSetCache

  var commit: String { found.tree.commit }
  var isExport: Bool { found.isExport }

  func fetched(receivedBytes: Int = 0, notices: [String] = []) throws(BenchmarkError) -> HubDataSet.Fetched {
    let base = "\(found.reference.location)@\(commit)"
    return HubDataSet.Fetched(
      reference: found.reference, commit: commit, configuration: found.layout.configuration,
      splits: splits.map { split in
        HubDataSet.FetchedSplit(
          name: split.name,
          files: split.files.map {
            HubDataSet.FetchedFile(
              path: cache.path(of: $0, found.tree), location: "\(base)/\($0.path)", sizeBytes: $0.size, digest: $0.etag,
              isLarge: $0.isLarge)
          })
      }, isExport: isExport, receivedBytes: receivedBytes, notices: notices)
  }

  /// Throws if a file is not what the Hub has.
  func checked() throws(BenchmarkError) -> CachedSplits {
    for split in try fetched().splits { for file in split.files { _ = try file.checkedSHA256() } }
    return self
  }
}

/// Digests of a file's bytes, read in parts.
enum FileDigests {
  /// SHA-256 and, if it is wanted, the SHA-1 that git has for the file.
  static func of(_ path: String, wantsGit: Bool) throws(BenchmarkError) -> (sha256: String, git: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileSystem.failure("cannot open", path, errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileSystem.failure("cannot read", path, errno) }
    var sha256 = SHA256()
    var git = SHA1()
    if wantsGit { git.update(Array("blob \(status.st_size)\u{0}".utf8)) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let amount = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if amount < 0, errno == EINTR { continue }
      if amount < 0 { throw FileSystem.failure("cannot read", path, errno) }
      if amount == 0 { break }
      let part = UnsafeRawBufferPointer(rebasing: buffer[..<amount])
      sha256.update(part)
      if wantsGit { git.update(part) }
    }
    return (sha256.finish(), wantsGit ? git.finish() : "")
  }
}

extension HubDataSet {
  /// The data sets in the cache, by name.
  package static func cached(settings: HubSettings) throws(BenchmarkError) -> [CachedDataSet] {
    try DataSetCache(settings).dataSets()
  }
}

@preconcurrency import Glibc
import Support

/// Data sets of the Hub: which files a split has, and bringing them here.
package enum HubDataSet {
  /// Told the bytes that are here and those in all; false cancels.
  package typealias ProgressHandler = Hub.ProgressHandler

  /// Whether the Hub is asked what a branch or tag means now.
  package enum Freshness: Sendable {
    /// Only if the cache does not know; a commit that is in the cache stays the one that is meant.
    case cached
    /// Always, and files that are here are checked against their digests.
    case newest
  }

  /// Splits of a data set that are in the cache now.
  package struct Fetched: Sendable {
    package let reference: DataSetReference
    /// The commit that has the files.
    package let commit: String
    package let configuration: String
    package let splits: [FetchedSplit]
    /// Whether the files are the Hub's parquet copy.
    package let isExport: Bool
    /// Bytes that came over the network; 0 if all was there.
    package let receivedBytes: Int
    /// What is to be said of the fetch: the network was gone, a damaged file was replaced, a branch means another commit now.
    package let notices: [String]

    package var sizeBytes: Int { splits.reduce(0) { $0 + $1.files.reduce(0) { $0 + $1.sizeBytes } } }

    package var json: JSONValue {
      [
        "id": .string(reference.repository), "config": .string(configuration), "revision": .string(commit),
        "parquet_copy": .bool(isExport), "size_bytes": JSONValue(sizeBytes),
        "received_bytes": JSONValue(receivedBytes), "splits": .array(splits.map(\.json)),
        "notices": .array(notices.map { .string($0) }),
      ]
    }
  }

  package struct FetchedSplit: Sendable {
    package let name: String
    package let files: [FetchedFile]

    var json: JSONValue {
      [
        "name": .string(name), "size_bytes": JSONValue(files.reduce(0) { $0 + $1.sizeBytes }),
        "files": .array(
          files.map {
            [
              "path": .string($0.path), "location": .string($0.location), "size_bytes": JSONValue($0.sizeBytes),
              "digest": .string($0.digest),
            ]
          }),
      ]
    }
  }

  package struct FetchedFile: Sendable, Equatable {
    /// Where it lies in the cache.
    package let path: String
    /// `hf://datasets/OWNER/NAME@COMMIT/FILE`, which is the same on every machine.
    package let location: String
    package let sizeBytes: Int
    /// SHA-256 if it is large, else git's SHA-1, as the Hub states it.
    package let digest: String
    let isLarge: Bool

    /// Throws if the bytes are not those that the Hub has. Returns their SHA-256.
    package func checkedSHA256() throws(BenchmarkError) -> String {
      let (sha256, git) = try FileDigests.of(path, wantsGit: !isLarge)
      // Where a cache has no links, huggingface_hub keeps no digest.
      if digest.isEmpty || (isLarge ? sha256 : git) == digest { return sha256 }
      let name = location.dropFirst(DataSetReference.scheme.count).prefix { $0 != "@" }
      throw BenchmarkError(
        .invalidFile,
        "\(path): damaged: its digest is not \(digest), which the Hub states; to fetch it again, run: gemmabench data \(name)"
      )
    }
  }

  /// What a fetch would download.
  package struct Pending: Sendable, Equatable {
    package let reference: DataSetReference
    package let commit: String
    package let files: Int
    package let bytes: Int

    package var json: JSONValue {
      [
        "data_set": .string(reference.repository), "config": reference.configuration.map { .string($0) } ?? .null,
        "revision": .string(commit), "files": JSONValue(files), "bytes": JSONValue(bytes),
      ]
    }
  }

  /// The rows of a split, in the order of its files; they are read as they are asked for.
  ///
  /// What the cache lacks is downloaded, unless HF_HUB_OFFLINE is set. See `fetch` for which commit it is.
  /// - Parameters:
  ///   - split: Such as `test`.
  ///
  /// Errors: those of `fetch`; a file of the cache that is damaged.
  package static func rows(
    of reference: DataSetReference, split: String, settings: HubSettings,
    progress: @escaping ProgressHandler = { _, _ in true }
  ) throws(BenchmarkError) -> DataSetRows {
    try DataSetRows(try fetch(reference, splits: [split], settings: settings, progress: progress))
  }

  /// Brings splits of a data set into the cache.
  ///
  /// Without a network by choice (HF_HUB_OFFLINE) or by chance, what is in the cache is taken. A branch means the commit that the
  /// cache has for it, if `freshness` is `.cached`: data do not change from one run to the next unless somebody fetches them.
  /// - Parameters:
  ///   - splits: nil: all.
  ///   - progress: told the bytes as they come; cancels by false. Received bytes are kept, and resumed.
  ///
  /// Errors: an unknown data set, revision, configuration or split; one that is gated; files that cannot be read and of which the
  /// Hub has no parquet copy; what a download can meet.
  package static func fetch(
    _ reference: DataSetReference, splits: [String]?, freshness: Freshness = .cached, settings: HubSettings,
    progress: @escaping ProgressHandler
  ) throws(BenchmarkError) -> Fetched {
    let cache = DataSetCache(settings)
    let cached: CachedSplits?
    do throws(BenchmarkError) { cached = try cache.find(reference, splits: splits) } catch {
      // What an older commit lacks, the newest may have.
      if freshness == .cached || settings.isOffline { throw error }
      cached = nil
    }
    if let cached, freshness == .cached { return try cached.fetched() }
    if settings.isOffline {
      guard let cached else {
        throw cache.absence(of: reference, splits: splits, "HF_HUB_OFFLINE is set; unset it first")
      }
      return try cached.checked().fetched()
    }
    do throws(BenchmarkError) {
      return try SignalGuard.run { () throws(BenchmarkError) in
        let download = try DataSetDownload(
          reference, splits: splits, freshness: freshness, cache: cache, settings: settings, progress: progress)
        return try download.run()
      }
    } catch {
      guard error.kind == .network, let cached else { throw error }
      return try cached.checked().fetched(
        notices: ["\(reference): commit \(cached.commit) of the cache is used: \(error.message)"])
    }
  }

  /// What a fetch would download; nil if nothing. Only README.md and the list of files are fetched.
  ///
  /// Errors: as of `fetch`.
  package static func pending(_ reference: DataSetReference, splits: [String]?, settings: HubSettings)
    throws(BenchmarkError) -> Pending?
  {
    let cache = DataSetCache(settings)
    if try cache.find(reference, splits: splits) != nil { return nil }
    if settings.isOffline {
      throw cache.absence(of: reference, splits: splits, "HF_HUB_OFFLINE is set; unset it first")
    }
    return try SignalGuard.run { () throws(BenchmarkError) in
      let download = try DataSetDownload(
        reference, splits: splits, freshness: .cached, cache: cache, settings: settings, progress: { _, _ in true })
      let missing = try download.missing()
      return missing.isEmpty
        ? nil
        : Pending(
          reference: reference, commit: download.found.tree.commit, files: missing.count,
          bytes: missing.reduce(0) { $0 + $1.size })
    }
  }

  /// The commit that a branch or tag means on the Hub now, where that is another one than the commit whose files are used; nil where
  /// it is the same, for a commit, and where the Hub does not say so within some seconds.
  package static func newerCommit(
    of reference: DataSetReference, than used: String, settings: HubSettings, seconds: Double = 4
  ) -> String? {
    guard !reference.isPinned, !settings.isOffline else { return nil }
    let deadline = Clock.seconds() + seconds
    return try? SignalGuard.run { () throws(BenchmarkError) -> String? in
      let hub = try HubClient(settings) { () throws(BenchmarkError) in
        if Clock.seconds() > deadline { throw BenchmarkError(.network, "no response in time") }
      }
      let newest = try hub.commit(reference.hubReference)
      if newest == used { return nil }
      // The parquet copy has commits of its own.
      let isCopy = reference.mayHaveExport && (try? hub.commit(reference.exportReference)) == used
      return isCopy ? nil : newest
    }
  }
}

/// The files of one commit, as the Hub lists them or the cache has them.
struct DataSetTree {
  let reference: HubReference
  let commit: String
  let files: [HubClient.File]

  var paths: [String] { files.map(\.path) }
  var readme: HubClient.File? { files.first { $0.path == "README.md" } }
}

/// The commit that has the files of a configuration, and which files these are.
struct FoundDataSet {
  let reference: DataSetReference
  /// The revision that is meant.
  let main: DataSetTree
  /// The commit that has the files: `main`, or the Hub's parquet copy.
  let tree: DataSetTree
  let layout: DataSetLayout
  let isExport: Bool

  /// Finds the files of a configuration at its revision, or in the Hub's parquet copy.
  ///
  /// - Parameters:
  ///   - tree: the files of a revision; nil where they are not known.
  ///   - readme: the bytes of a tree's README.md; nil where they are not here.
  ///
  /// Returns nil where something is not known.
  static func find(
    _ reference: DataSetReference, tree: (HubReference) throws(BenchmarkError) -> DataSetTree?,
    readme: (DataSetTree) throws(BenchmarkError) -> [UInt8]?
  ) throws(BenchmarkError) -> FoundDataSet? {
    guard let main = try tree(reference.hubReference) else { return nil }
    var text: [UInt8]?
    if main.readme != nil {
      text = try readme(main)
      if text == nil { return nil }
    }
    let finding = try DataSetLayout.find(
      main.paths, readme: text, configuration: reference.configuration, of: reference.repository)
    switch finding {
    case .layout(let layout):
      return FoundDataSet(reference: reference, main: main, tree: main, layout: layout, isExport: false)
    case .needsExport(let reason, let configuration):
      guard reference.mayHaveExport else {
        throw BenchmarkError(
          .unsupported,
          "\(reference): \(reason), and the Hub's parquet copy is only of \(HubReference.defaultRevision); leave the "
            + "revision out, or name a commit of the copy (\(ParquetExport.revision))")
      }
      let copy: DataSetTree?
      do throws(BenchmarkError) { copy = try tree(reference.exportReference) } catch {
        if error.kind != .notFound { throw error }
        throw BenchmarkError(
          .unsupported,
          "\(reference): \(reason), and the Hub has no parquet copy of it (\(ParquetExport.revision)); download the data"
            + " set yourself and name its files")
      }
      guard let copy else { return nil }
      guard let export = ParquetExport.splits(copy.paths) else {
        throw BenchmarkError(
          .unsupported,
          "\(reference): \(reason), and the Hub's parquet copy is not laid out as CONFIG/SPLIT/0000.parquet")
      }
      let layout = try ParquetExport.layout(export, configuration: configuration, of: reference.repository)
      return FoundDataSet(reference: reference, main: main, tree: copy, layout: layout, isExport: true)
    }
  }

  /// The splits that are meant, each with its files.
  func splits(_ names: [String]?) throws(BenchmarkError) -> [(name: String, files: [HubClient.File])] {
    let files = Dictionary(tree.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    var result: [(name: String, files: [HubClient.File])] = []
    for name in names ?? layout.splits.map(\.name) {
      let paths = try layout.files(of: name, in: reference.repository)
      result.append((name, paths.compactMap { files[$0] }))
    }
    return result
  }
}

/// A download of splits, from the lists of files to the links in the snapshot.
final class DataSetDownload {
  private let reference: DataSetReference
  private let names: [String]?
  private let cache: DataSetCache
  private let hub: HubClient
  private let tick: () throws(BenchmarkError) -> Void
  private let state: State
  private let freshness: HubDataSet.Freshness
  let found: FoundDataSet

  private final class State {
    var latest = (done: 0, total: 0)
    var receivedBytes = 0
    var notices: [String] = []
  }

  /// Asks the Hub which files there are.
  init(
    _ reference: DataSetReference, splits: [String]?, freshness: HubDataSet.Freshness, cache: DataSetCache,
    settings: HubSettings, progress: @escaping HubDataSet.ProgressHandler
  ) throws(BenchmarkError) {
    let state = State()
    let tick = { () throws(BenchmarkError) in
      if !progress(state.latest.done, state.latest.total) {
        throw BenchmarkError(
          .cancelled, "\(reference): the download was cancelled; run the same command again to resume")
      }
    }
    let hub = try HubClient(settings, tick: tick)
    self.reference = reference
    names = splits
    self.cache = cache
    self.state = state
    self.tick = tick
    self.hub = hub
    self.freshness = freshness
    let found = try FoundDataSet.find(reference) { (part) throws(BenchmarkError) in
      let known = cache.hub.commit(part)
      let commit: String
      if freshness == .cached, let known { commit = known } else { commit = try hub.commit(part) }
      if let known, known != commit {
        state.notices.append("\(part): moved from commit \(known) to \(commit)")
      }
      if let files = try cache.listing(part.repository, commit) {
        return DataSetTree(reference: part, commit: commit, files: files)
      }
      let files = try hub.files(part, commit: commit)
      try cache.write(files, part.repository, commit)
      return DataSetTree(reference: part, commit: commit, files: files)
    } readme: { (tree) throws(BenchmarkError) in
      guard let readme = tree.readme else { return nil }
      let downloader = Downloader(
        hub, cache: cache.hub, reference: tree.reference, commit: tree.commit, files: [readme]
      ) { (_, _) throws(BenchmarkError) in try tick() }
      try downloader.run()
      state.receivedBytes += downloader.receivedBytes
      return try FileSystem.read(cache.path(of: readme, tree))
    }
    guard let found else { throw BenchmarkError(.internalError, "\(reference): no list of its files") }
    self.found = found
  }

  /// The files of the splits that the cache lacks.
  func missing() throws(BenchmarkError) -> [HubClient.File] {
    let wanted = Dictionary(
      try found.splits(names).flatMap(\.files).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    return wanted.values.filter { !FileSystem.isFile(cache.path(of: $0, found.tree)) }.sorted { $0.path < $1.path }
  }

  /// Downloads what is missing, and notes what the branch means.
  func run() throws(BenchmarkError) -> HubDataSet.Fetched {
    if freshness == .newest { try dropDamaged() }
    let missing = try missing()
    if !missing.isEmpty {
      let downloader = Downloader(
        hub, cache: cache.hub, reference: found.tree.reference, commit: found.tree.commit, files: missing
      ) { [state, tick] (done, total) throws(BenchmarkError) in
        state.latest = (done, total)
        try tick()
      }
      try downloader.run()
      state.receivedBytes += downloader.receivedBytes
    }
    try Hub.writeReference(found.tree.reference, found.tree.commit, cache.hub)
    if found.isExport { try Hub.writeReference(found.main.reference, found.main.commit, cache.hub) }
    let cached = CachedSplits(found: found, splits: try found.splits(names), cache: cache)
    return try cached.fetched(receivedBytes: state.receivedBytes, notices: state.notices)
  }

  /// Removes files of the cache whose bytes are not those that the Hub has, so that they are fetched anew.
  private func dropDamaged() throws(BenchmarkError) {
    for file in try found.splits(names).flatMap(\.files) {
      let path = cache.path(of: file, found.tree)
      guard FileSystem.isFile(path) else { continue }
      try tick()
      let (sha256, git) = try FileDigests.of(path, wantsGit: !file.isLarge)
      if (file.isLarge ? sha256 : git) == file.etag { continue }
      state.notices.append("\(reference): \(file.path) was damaged in the cache and is downloaded again")
      unlink("\(cache.hub.repositoryFolder(reference.repository))/blobs/\(file.etag)")
      unlink(path)
    }
  }
}

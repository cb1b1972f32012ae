@preconcurrency import Glibc
import Support

/// The Hugging Face Hub and its cache on this machine: what a model's name means, and bringing it here.
package enum Hub {
  /// Told the bytes that are here and those in all; false cancels.
  package typealias ProgressHandler = (_ bytesDone: Int, _ bytesTotal: Int) -> Bool

  /// A model that is in the cache now.
  package struct PulledModel: Sendable {
    /// What to load: the snapshot's folder, or a GGUF file in it.
    package let path: String
    package let repository: String
    package let commit: String
    package let fileCount: Int
    /// Bytes that came over the network; 0 if all was there.
    package let receivedBytes: Int

    package var json: JSONValue {
      [
        "path": .string(path), "id": .string(repository), "revision": .string(commit),
        "files": JSONValue(fileCount), "received_bytes": JSONValue(receivedBytes),
      ]
    }
  }

  /// Whose the token is, as the Hub says.
  package struct Identity: Sendable {
    package let name: String
    package let fullName: String?
    /// What the token is called on the Hub, and what it may do: `read`, `write` or `fineGrained`.
    package let tokenName: String?
    package let tokenRole: String?
    /// The variable or file that the token came from.
    package let tokenSource: String

    package var json: JSONValue {
      [
        "name": .string(name), "full_name": fullName.map { .string($0) } ?? .null,
        "token_name": tokenName.map { .string($0) } ?? .null, "token_role": tokenRole.map { .string($0) } ?? .null,
        "token_source": .string(tokenSource),
      ]
    }
  }

  /// Downloads what the cache lacks of a model, and asks the Hub what its revision is now.
  ///
  /// Without a network by choice (HF_HUB_OFFLINE), a model that is here whole is as good as pulled.
  /// - Parameters:
  ///   - globs: which files to fetch; none: those that a Gemma needs.
  ///   - progress: told the bytes as they come; cancels by false. Received bytes are kept, and resumed.
  package static func pull(
    _ reference: HubReference, settings: HubSettings, globs: [String] = [], progress: @escaping ProgressHandler
  ) throws(BenchmarkError) -> PulledModel {
    let cache = HubCache(folder: settings.cacheFolder)
    if settings.isOffline, globs.isEmpty, case .complete(let path, let commit) = try cache.find(reference) {
      return PulledModel(
        path: path, repository: reference.repository, commit: commit, fileCount: 0, receivedBytes: 0)
    }
    return try SignalGuard.run { () throws(BenchmarkError) in
      var latest = (done: 0, total: 0)
      let tick = { () throws(BenchmarkError) in
        if !progress(latest.done, latest.total) {
          throw BenchmarkError(
            .cancelled, "\(reference): the download was cancelled; run the same command again to resume")
        }
      }
      let hub = try HubClient(settings, tick: tick)
      let commit = try hub.commit(reference)
      let files = try hub.files(reference, commit: commit)
      let chosen = Set(try FileSelection.choose(files.map(\.path), reference: reference, globs: globs))
      let wanted = files.filter { chosen.contains($0.path) }
      let downloader = Downloader(hub, cache: cache, reference: reference, commit: commit, files: wanted) {
        (done, total) throws(BenchmarkError) in
        latest = (done, total)
        try tick()
      }
      try downloader.run()
      try writeReference(reference, commit, cache)
      var path = cache.snapshot(reference.repository, commit)
      if globs.isEmpty {
        let pinned = HubReference(repository: reference.repository, revision: commit, file: reference.file)
        switch try cache.find(pinned) {
        case .complete(let found, _): path = found
        case .incomplete(let missing, _):
          throw BenchmarkError(
            .invalidFile, "\(reference): the model cannot be loaded; missing in the repository: \(missing)")
        case .absent:
          throw BenchmarkError(
            .internalError, "\(reference): the snapshot disappeared from the cache; pull the model again")
        }
      }
      return PulledModel(
        path: path, repository: reference.repository, commit: commit, fileCount: wanted.count,
        receivedBytes: downloader.receivedBytes)
    }
  }

  /// The path of a model that is on this machine; never uses the network. A path of a file or folder is returned as it is.
  ///
  /// - Throws: a model that is not in the cache, or not whole, with the command that brings it.
  package static func localPath(of model: String, settings: HubSettings) throws(BenchmarkError) -> String {
    guard let reference = HubReference.ofPath(model) else {
      if FileSystem.isFolder(model) || FileSystem.isFile(model) { return model }
      throw BenchmarkError(
        .notFound,
        "\(model): no such file or folder; a model is a folder with config.json, *.safetensors and a tokenizer,"
          + " or a name on the Hub such as google/gemma-3-1b-it")
    }
    switch try HubCache(folder: settings.cacheFolder).find(reference) {
    case .complete(let path, _): return path
    case .incomplete(let missing, _):
      throw BenchmarkError(
        .notFound,
        "\(reference): missing in the cache \(settings.cacheFolder): \(missing); run: gemmabench pull"
          + " \(reference)")
    case .absent:
      throw BenchmarkError(
        .notFound,
        "\(model): no such file or folder, and no model of this name in the cache \(settings.cacheFolder); if the Hub has"
          + " it, run: gemmabench pull \(reference)")
    }
  }

  /// An error of the Hub about a model that the text could also name as a path: says first that nothing is there.
  ///
  /// Google's own names and `hf://` can mean nothing but the Hub.
  private static func explained(_ error: BenchmarkError, _ model: String, _ reference: HubReference) -> BenchmarkError {
    let isMeant = model.hasPrefix("hf://") || reference.repository.hasPrefix("google/") || error.kind == .cancelled
    if isMeant || error.message.hasPrefix("\(model): no such file or folder") { return error }
    return BenchmarkError(
      error.kind, "\(model): no such file or folder; looked up as a model on the Hub: \(error.message)",
      key: error.key)
  }

  /// The path of a model, downloaded if it is on the Hub and not here, unless HF_HUB_OFFLINE is set.
  package static func path(
    of model: String, settings: HubSettings, progress: @escaping ProgressHandler
  ) throws(BenchmarkError) -> String {
    guard let reference = HubReference.ofPath(model) else { return model }
    if case .complete(let path, _) = try HubCache(folder: settings.cacheFolder).find(reference) { return path }
    if settings.isOffline { return try offlinePath(of: model, settings: settings) }
    do throws(BenchmarkError) {
      return try pull(reference, settings: settings, progress: progress).path
    } catch { throw explained(error, model, reference) }
  }

  /// The path of a model on this machine, where HF_HUB_OFFLINE forbids to look further.
  private static func offlinePath(of model: String, settings: HubSettings) throws(BenchmarkError) -> String {
    do throws(BenchmarkError) {
      return try localPath(of: model, settings: settings)
    } catch { throw BenchmarkError(error.kind, "\(error.message) (HF_HUB_OFFLINE is set; unset it first)") }
  }

  /// Throws if a model that is not here cannot be had of the Hub, so that it is known before hours are spent.
  ///
  /// A model that is here, or is no name of the Hub, needs no asking. A Hub that does not know the question refuses nothing.
  ///
  /// - Parameter isNeeded: whether the model is to be downloaded now; then a Hub that cannot be reached is an error too.
  package static func checkAccess(to model: String, isNeeded: Bool, settings: HubSettings) throws(BenchmarkError) {
    guard let reference = HubReference.ofPath(model) else { return }
    if case .complete = try HubCache(folder: settings.cacheFolder).find(reference) { return }
    if settings.isOffline {
      if isNeeded { _ = try offlinePath(of: model, settings: settings) }
      return
    }
    do throws(BenchmarkError) {
      try SignalGuard.run { () throws(BenchmarkError) in
        try HubClient(settings, tick: { () throws(BenchmarkError) in }).checkAccess(reference)
      }
    } catch {
      if error.kind == .accessDenied || (isNeeded && error.kind == .network) {
        throw explained(error, model, reference)
      }
    }
  }

  /// Asks the Hub whose the token is.
  package static func identity(settings: HubSettings) throws(BenchmarkError) -> Identity {
    try SignalGuard.run { () throws(BenchmarkError) in
      let hub = try HubClient(settings, tick: { () throws(BenchmarkError) in })
      let answer = try hub.identity()
      let token = answer["auth"]?.objectValue?["accessToken"]?.objectValue
      return Identity(
        name: HubErrors.printable(answer["name"]?.stringValue ?? ""),
        fullName: answer["fullname"]?.stringValue.map(HubErrors.printable),
        tokenName: token?["displayName"]?.stringValue.map(HubErrors.printable),
        tokenRole: token?["role"]?.stringValue.map(HubErrors.printable), tokenSource: settings.tokenSource ?? "")
    }
  }

  /// The models in the cache, by name.
  package static func cachedModels(settings: HubSettings) throws(BenchmarkError) -> [CachedModel] {
    try HubCache(folder: settings.cacheFolder).models()
  }

  /// Notes what a branch or tag means now, once the snapshot is whole.
  static func writeReference(_ reference: HubReference, _ commit: String, _ cache: HubCache)
    throws(BenchmarkError)
  {
    let revision = reference.revisionName
    if revision == commit || cache.commit(reference) == commit { return }
    let folder = "\(cache.repositoryFolder(reference.repository))/refs"
    let parents = revision.split(separator: "/").dropLast()
    if !parents.isEmpty { try FileSystem.makeFolder("\(folder)/\(parents.joined(separator: "/"))") }
    try FileSystem.write(commit, to: "\(folder)/\(revision)")
  }
}

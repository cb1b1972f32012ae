import CCurl
@preconcurrency import Glibc
import Support

/// Brings the files of one commit into the cache, several at once; interrupted downloads are resumed.
final class Downloader {
  /// Files under way at once.
  static let parallelLimit = 4
  /// Bytes that an attempt must bring not to count as a failed one: a file that grows by a few at a time never ends.
  private static let growth = 256 << 10

  private let hub: HubClient
  private let cache: HubCache
  private let reference: HubReference
  private let commit: String
  private let progress: (_ bytesDone: Int, _ bytesTotal: Int) throws(BenchmarkError) -> Void
  private let totalBytes: Int
  private var doneBytes = 0
  /// Bytes that came over the network.
  private(set) var receivedBytes = 0
  private var waiting: [Job]
  private var active: [Job] = []

  /// One file on its way.
  private final class Job {
    let file: HubClient.File
    var writer: BlobWriter?
    var transfer: HTTPTransfer?
    var redirects = 0
    /// Attempts that failed since the file last grew by `growth`.
    var attempts = 0
    var mostBytes = 0
    var notBefore = 0.0
    var hasStartedAnew = false
    var problem: BenchmarkError?
    init(_ file: HubClient.File) { self.file = file }
  }

  init(
    _ hub: HubClient, cache: HubCache, reference: HubReference, commit: String, files: [HubClient.File],
    progress: @escaping (_ bytesDone: Int, _ bytesTotal: Int) throws(BenchmarkError) -> Void
  ) {
    self.hub = hub
    self.cache = cache
    self.reference = reference
    self.commit = commit
    self.progress = progress
    totalBytes = files.reduce(0) { $0 + $1.size }
    // The small ones first: a configuration that is refused is known before gigabytes have come.
    waiting = files.sorted { ($0.size, $0.path) < ($1.size, $1.path) }.map(Job.init)
  }

  /// Downloads what is missing and links it into the snapshot.
  ///
  /// Errors: a refusal, a broken connection after repeated attempts, a disk that is full or read-only, wrong bytes; or
  /// what `progress` throws. Whatever was received is kept for the next time.
  func run() throws(BenchmarkError) {
    try makeFolders()
    try checkSpace()
    defer {
      for job in active {
        if let transfer = job.transfer { hub.http.cancel(transfer) }
        (job.transfer, job.writer) = (nil, nil)
      }
    }
    while !waiting.isEmpty || !active.isEmpty {
      try startWaiting()
      let isIdle = active.allSatisfy { $0.transfer == nil }
      for (transfer, failure) in hub.http.poll(milliseconds: 100) {
        guard let job = active.first(where: { $0.transfer === transfer }) else { continue }
        job.transfer = nil
        try handle(job, transfer, failure)
      }
      try report()
      if isIdle && !(waiting.isEmpty && active.isEmpty) { try hub.wait(0.05) }
    }
  }

  private func report() throws(BenchmarkError) {
    try progress(doneBytes + active.reduce(0) { $0 + ($1.writer?.count ?? 0) }, totalBytes)
  }

  private func startWaiting() throws(BenchmarkError) {
    let now = Clock.seconds()
    for job in active where job.transfer == nil && job.notBefore <= now { try begin(job) }
    while active.count < Self.parallelLimit, let index = waiting.firstIndex(where: { $0.notBefore <= now }) {
      let job = waiting.remove(at: index)
      if try !isThere(job.file) {
        guard let writer = try BlobWriter.open(job.file, repository: reference.repository, cache: cache) else {
          // Another process downloads this very file; it will be there, or to be resumed.
          job.notBefore = now + 0.25
          waiting.append(job)
          continue
        }
        if !writer.isFinished {
          job.writer = writer
          active.append(job)
          try writer.prepare(hub.tick)
          job.mostBytes = writer.count
          try begin(job)
          continue
        }
      }
      try link(job.file)
      doneBytes += job.file.size
    }
  }

  /// Whether the blob of a file is in the cache, or the file itself in the snapshot.
  private func isThere(_ file: HubClient.File) throws(BenchmarkError) -> Bool {
    FileSystem.isFile(linkPath(file)) || FileSystem.isFile(blobPath(file))
  }

  /// Asks the Hub for the part of a file that is missing.
  private func begin(_ job: Job) throws(BenchmarkError) {
    guard let writer = job.writer else { return }
    if writer.count == job.file.size { return try finish(job) }
    let path = WebAddress.escaped(job.file.path, keepingSlashes: true)
    let url =
      "\(hub.settings.endpoint)/\(reference.kind.addressPrefix)\(reference.repository)/resolve/\(commit)/\(path)"
    job.redirects = 0
    try send(HTTPRequest(url: url, firstByte: writer.count), for: job)
  }

  private func send(_ request: HTTPRequest, for job: Job) throws(BenchmarkError) {
    var isFirst = true
    job.problem = nil
    job.transfer = try hub.http.start(request) { [unowned self, unowned job] head, bytes in
      guard head.status == 200 || head.status == 206, let writer = job.writer else { return true }
      if isFirst {
        isFirst = false
        guard self.accept(head, request, job, writer) else { return false }
      }
      self.receivedBytes += bytes.count
      if !writer.append(bytes) { job.problem = writer.failure }
      return job.problem == nil
    }
  }

  /// Checks that a body is the part asked for, before its first byte is written.
  private func accept(_ head: HTTPHead, _ request: HTTPRequest, _ job: Job, _ writer: BlobWriter) -> Bool {
    do throws(BenchmarkError) {
      try checkIdentity(head, job)
      if head.status == 200, writer.count > 0 {
        try writer.restart()  // the server knows no parts
      } else if head.status == 206 {
        let start = head["content-range"].flatMap { range in
          range.hasPrefix("bytes ") ? Int(range.dropFirst(6).prefix { $0 != "-" }) : nil
        }
        if start != writer.count {
          throw BenchmarkError(
            .network,
            "\(reference): \(job.file.path): requested bytes from \(writer.count), but the server sent"
              + " \(HubErrors.printable(head["content-range"] ?? "another part")); check for a proxy")
        }
      }
      return true
    } catch {
      job.problem = error
      return false
    }
  }

  /// Checks that a response, of the Hub itself, is about the commit and the bytes its list told of.
  private func checkIdentity(_ head: HTTPHead, _ job: Job) throws(BenchmarkError) {
    if let told = head["x-repo-commit"], told != commit {
      throw BenchmarkError(
        .network,
        "\(reference): \(job.file.path): requested commit \(commit), but the Hub returned"
          + " \(HubErrors.printable(told))")
    }
    guard let told = head["x-linked-etag"] ?? (head["x-repo-commit"] == nil ? nil : head["etag"]) else { return }
    var etag = told.hasPrefix("W/") ? String(told.dropFirst(2)) : told
    etag = etag.filter { $0 != "\"" }
    if etag != job.file.etag {
      throw BenchmarkError(
        .network,
        "\(reference): \(job.file.path): the Hub's list says \(job.file.etag), but its response says \(HubErrors.printable(etag));"
          + " run the same command again, and report it to the Hub if it persists")
    }
  }

  private func handle(_ job: Job, _ transfer: HTTPTransfer, _ failure: HTTPFailure?) throws(BenchmarkError) {
    guard let writer = job.writer else { return }
    if let problem = job.problem { throw problem }
    let head = transfer.head
    if writer.count >= job.mostBytes + Self.growth { (job.mostBytes, job.attempts) = (writer.count, 0) }
    let errors = hub.errors(reference)
    if failure == nil {
      if head.isRedirect {
        try checkIdentity(head, job)
        job.redirects += 1
        if job.redirects > 10 {
          throw BenchmarkError(.network, "\(reference): \(job.file.path): the Hub redirects too often")
        }
        return try send(try hub.redirected(transfer.request, head), for: job)
      }
      if head.status == 200 || head.status == 206, writer.count == job.file.size { return try finish(job) }
      // A part file that is as long as the file or longer: begin at its start.
      if head.status == 416, writer.count > 0 {
        try writer.restart()
        return retry(job, after: 0)
      }
      // Signed addresses of the store expire: then the Hub is asked for a new one.
      let isExpired = head.status == 403 && job.redirects > 0 && head["x-error-code"] == nil
      let isShort = head.status == 200 || head.status == 206
      guard isShort || isExpired || HubErrors.isTransient(head.status) else {
        throw errors.refusal(head, file: job.file.path)
      }
    }
    job.attempts += 1
    let delay = hub.retryDelay(attempts: job.attempts, failure == nil ? head : nil)
    guard job.attempts < HubClient.attemptLimit, failure.map({ HubErrors.isTransient($0.code) }) ?? true, let delay
    else {
      if let failure { throw errors.broken(failure, url: transfer.request.url) }
      if head.status == 200 || head.status == 206 {
        throw BenchmarkError(
          .network,
          "\(reference): \(job.file.path): received \(writer.count) of \(job.file.size) bytes;"
            + " run the same command again to resume")
      }
      throw errors.refusal(head, file: job.file.path)
    }
    retry(job, after: delay)
  }

  private func retry(_ job: Job, after seconds: Double) { job.notBefore = Clock.seconds() + seconds }

  /// Checks and links a file that is all there. Wrong bytes after a resumed download are fetched once more from the start.
  private func finish(_ job: Job) throws(BenchmarkError) {
    guard let writer = job.writer else { return }
    let isResumed = writer.resumedCount > 0
    if try writer.finish() {
      doneBytes += job.file.size
      job.writer = nil
      active.removeAll { $0 === job }
      return try link(job.file)
    }
    if isResumed, !job.hasStartedAnew {
      job.hasStartedAnew = true
      return retry(job, after: 0)
    }
    let name = job.file.isLarge ? "SHA-256" : "git digest"
    throw BenchmarkError(
      .network,
      "\(reference): \(job.file.path): checksum mismatch (expected \(name) \(job.file.etag)); the download was"
        + " discarded; run the same command again, and check for a proxy that alters downloads if it persists")
  }
}

// MARK: - The cache's folders and links

extension Downloader {
  private func blobPath(_ file: HubClient.File) -> String {
    "\(cache.repositoryFolder(reference.repository))/blobs/\(file.etag)"
  }

  private func linkPath(_ file: HubClient.File) -> String {
    "\(cache.snapshot(reference.repository, commit))/\(file.path)"
  }

  private func makeFolders() throws(BenchmarkError) {
    let base = cache.repositoryFolder(reference.repository)
    let isNew = !FileSystem.isFolder(cache.folder)
    do {
      for folder in [
        "\(base)/blobs", "\(base)/refs", cache.snapshot(reference.repository, commit),
        cache.lockFolder(reference.repository),
      ] { try FileSystem.makeFolder(folder) }
    } catch {
      throw BenchmarkError(
        error.kind, "\(error.message); the cache must be a writable folder (--cache-dir, HF_HUB_CACHE)")
    }
    // Tells backup tools that the folder can be left out; a courtesy.
    if isNew {
      try? FileSystem.write(
        "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of huggingface_hub and gemmabench.\n",
        to: "\(cache.folder)/CACHEDIR.TAG")
    }
  }

  /// Throws if the disk has not the room for what is missing.
  private func checkSpace() throws(BenchmarkError) {
    var needed = 0
    for file in waiting.map(\.file) where try !isThere(file) {
      var status = stat()
      let part = stat("\(blobPath(file)).incomplete", &status) == 0 ? Int(status.st_size) : 0
      needed += max(0, file.size - part)
    }
    var space = statvfs()
    guard needed > 0, statvfs(cache.folder, &space) == 0 else { return }
    let (bytes, overflow) = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize))
    let free = overflow ? Int.max : Int(clamping: bytes)
    if needed > free {
      throw BenchmarkError(
        .inputOutput,
        "\(reference): \(needed.megabytes) still to download, but \(cache.folder) has only"
          + " \(free.megabytes) free; make room, or give another folder (--cache-dir, HF_HUB_CACHE)")
    }
  }

  /// Links a file's blob into the snapshot.
  private func link(_ file: HubClient.File) throws(BenchmarkError) {
    let path = linkPath(file)
    if FileSystem.isFile(path) { return }
    let parts = file.path.split(separator: "/")
    if parts.count > 1 {
      let folder = parts.dropLast().joined(separator: "/")
      try FileSystem.makeFolder("\(cache.snapshot(reference.repository, commit))/\(folder)")
    }
    unlink(path)  // a link to a blob that is gone
    let up = String(repeating: "../", count: parts.count + 1)
    if symlink("\(up)blobs/\(file.etag)", path) == 0 || errno == EEXIST { return }
    let reason = errno
    // A file system without links: the file itself goes into the snapshot, as huggingface_hub does it.
    if reason == EPERM || reason == EOPNOTSUPP, rename(blobPath(file), path) == 0 { return }
    throw HubErrors.cannotWrite(path, reason, folder: cache.folder)
  }
}

extension Int {
  /// A count of bytes as megabytes or gigabytes (powers of ten), for messages.
  var megabytes: String {
    let size = Double(self)
    return size >= 1e9 ? "\((size / 1e9).fixed(2)) GB" : "\((size / 1e6).fixed(size >= 1e7 ? 0 : 1)) MB"
  }
}

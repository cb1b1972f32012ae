@preconcurrency import Glibc
import Support

/// Writes the bytes of one blob of the cache: beside it as `ETAG.incomplete`, hashed as they come, renamed when they are
/// all there and right. An interrupted download is resumed.
final class BlobWriter {
  let file: HubClient.File
  /// Bytes on disk.
  private(set) var count = 0
  /// Bytes that were there at the start.
  private(set) var resumedCount = 0
  /// Why a byte could not be written.
  private(set) var failure: BenchmarkError?

  private let path: String
  private let partPath: String
  private let cacheFolder: String
  private let lock: Int32
  private var descriptor: Int32 = -1
  private var digest: Digest

  private enum Digest {
    case sha256(SHA256)
    case git(SHA1)
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      switch self {
      case .sha256(var hash):
        self = .sha256(SHA256())  // so that the state is not copied while two hold it
        hash.update(bytes)
        self = .sha256(hash)
      case .git(var hash):
        self = .git(SHA1())
        hash.update(bytes)
        self = .git(hash)
      }
    }
    mutating func finish() -> String {
      switch self {
      case .sha256(var hash): hash.finish()
      case .git(var hash): hash.finish()
      }
    }
  }

  /// Opens a blob for writing, with its lock; nil if another process holds the lock.
  ///
  /// huggingface_hub takes the same lock. Where a file system's locks do nothing, two writers may spoil the part file:
  /// the digest then tells, and it is downloaded anew.
  static func open(_ file: HubClient.File, repository: String, cache: HubCache) throws(BenchmarkError) -> BlobWriter? {
    let lockPath = "\(cache.lockFolder(repository))/\(file.etag).lock"
    let lock = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if lock < 0 { throw HubErrors.cannotWrite(lockPath, errno, folder: cache.folder) }
    if flock(lock, LOCK_EX | LOCK_NB) != 0 {
      let reason = errno
      close(lock)
      if reason == EWOULDBLOCK || reason == EINTR { return nil }
      throw HubErrors.cannotWrite(lockPath, reason, folder: cache.folder)
    }
    return BlobWriter(file, "\(cache.repositoryFolder(repository))/blobs/\(file.etag)", cache.folder, lock)
  }

  private init(_ file: HubClient.File, _ path: String, _ cacheFolder: String, _ lock: Int32) {
    self.file = file
    self.path = path
    self.cacheFolder = cacheFolder
    self.lock = lock
    partPath = "\(path).incomplete"
    digest = Self.emptyDigest(of: file)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    close(lock)
  }

  private static func emptyDigest(of file: HubClient.File) -> Digest {
    if file.isLarge { return .sha256(SHA256()) }
    var hash = SHA1()
    hash.update(Array("blob \(file.size)\u{0}".utf8))
    return .git(hash)
  }

  /// Whether the blob was finished meanwhile, by whoever held the lock before.
  var isFinished: Bool { FileSystem.isFile(path) }

  /// Opens the part file and hashes what it has.
  func prepare(_ tick: () throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    descriptor = Glibc.open(partPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw HubErrors.cannotWrite(partPath, errno, folder: cacheFolder) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileSystem.failure("cannot read", partPath, errno) }
    if Int(status.st_size) > file.size { return try restart() }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while count < Int(status.st_size) {
      let amount = pread(descriptor, buffer.baseAddress, buffer.count, off_t(count))
      if amount < 0, errno == EINTR { continue }
      if amount <= 0 { throw FileSystem.failure("cannot read", partPath, amount < 0 ? errno : EIO) }
      digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<amount]))
      count += amount
      try tick()
    }
    resumedCount = count
  }

  /// Drops what is there, to begin at the first byte.
  func restart() throws(BenchmarkError) {
    if ftruncate(descriptor, 0) != 0 { throw HubErrors.cannotWrite(partPath, errno, folder: cacheFolder) }
    count = 0
    resumedCount = 0
    digest = Self.emptyDigest(of: file)
  }

  /// Appends bytes; false if they cannot be written or are more than there should be, with `failure` set.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if count + bytes.count > file.size {
      failure = BenchmarkError(
        .network, "\(file.path): received more than the \(file.size) bytes that the Hub announced")
      return false
    }
    var written = 0
    while written < bytes.count, let start = bytes.baseAddress {
      let amount = pwrite(descriptor, start + written, bytes.count - written, off_t(count + written))
      if amount < 0, errno == EINTR { continue }
      if amount <= 0 {
        failure = HubErrors.cannotWrite(partPath, amount < 0 ? errno : EIO, folder: cacheFolder)
        // What was written in part is hashed with its size, so that the part file and the digest agree.
        digest.update(UnsafeRawBufferPointer(rebasing: bytes[..<written]))
        count += written
        return false
      }
      written += amount
    }
    digest.update(bytes)
    count += bytes.count
    return true
  }

  /// Puts the blob in its place if its bytes have the digest they should have; false if not, and they are dropped.
  func finish() throws(BenchmarkError) -> Bool {
    guard digest.finish() == file.etag else {
      try restart()
      return false
    }
    if fsync(descriptor) != 0, errno != EINVAL, errno != EROFS {
      throw HubErrors.cannotWrite(partPath, errno, folder: cacheFolder)
    }
    if rename(partPath, path) != 0 { throw HubErrors.cannotWrite(path, errno, folder: cacheFolder) }
    return true
  }
}

@preconcurrency import Glibc
import Support

/// A folder that one process at a time works in; released when the lock is let go or the process ends, however it ends.
///
/// The lock is the system's (flock) on a file in the folder that holds the process's number, so that whoever is refused can
/// say by whom. After a process that was killed the file stays, and holds nobody back.
package final class FolderLock {
  private let path: String
  private let descriptor: Int32

  /// Errors: another process, or another part of this one, works in the folder; a folder that cannot be written to.
  package init(folder: String, name: String) throws(BenchmarkError) {
    path = folder + "/" + name
    while true {
      let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      if opened < 0 { throw FileSystem.failure("cannot write", path, errno, missing: .inputOutput) }
      if flock(opened, LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        let holder = Self.holder(of: opened)
        close(opened)
        if code != EWOULDBLOCK { throw FileSystem.failure("cannot lock", path, code) }
        throw BenchmarkError(
          .inputOutput,
          "\(folder): \(holder) is using this folder; wait for it to end, or give another folder")
      }
      // The one before may have taken the file away between the opening and the lock.
      var ours = stat()
      var there = stat()
      if fstat(opened, &ours) == 0, stat(path, &there) == 0, ours.st_ino == there.st_ino, ours.st_dev == there.st_dev {
        descriptor = opened
        break
      }
      close(opened)
    }
    _ = ftruncate(descriptor, 0)
    let text = "\(getpid())\n"
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit {
    unlink(path)
    close(descriptor)
  }

  private static func holder(of descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { $0 >= 48 && $0 <= 57 }
    return digits.isEmpty ? "another process" : "process " + String(decoding: digits, as: UTF8.self)
  }
}

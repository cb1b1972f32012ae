@preconcurrency import Glibc

/// What the system says of a file: enough to know whether it was written to, truncated or replaced.
///
/// The time of change (ctime) is part of it: tools can set a file's time of modification back, but not this one.
package struct FileState: Sendable, Equatable {
  package let size: Int
  /// Device, inode, size, and the times of modification and change.
  package let text: String

  /// The state of an open file; nil if the system does not say.
  package init?(descriptor: Int32) {
    var status = stat()
    if fstat(descriptor, &status) != 0 { return nil }
    self.init(status)
  }

  /// The state of the file at a path, links followed; nil if there is none.
  package init?(path: String) {
    var status = stat()
    if stat(path, &status) != 0 { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    size = Int(status.st_size)
    text =
      "\(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
      + " \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
  }
}

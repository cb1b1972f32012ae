@preconcurrency import Glibc

/// The few file operations the library needs, each an error that names the path and the system's reason.
package enum FileSystem {
  /// The bytes of a whole file; a Git LFS pointer in its place is an error.
  package static func read(_ path: String) throws(BenchmarkError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw failure("cannot open", path, errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw failure("cannot read", path, errno) }
    if status.st_mode & S_IFMT == S_IFDIR { throw failure("cannot read", path, EISDIR) }
    var failed: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      while count < buffer.count {
        let amount = Glibc.read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        if amount < 0, errno == EINTR { continue }
        if amount < 0 { failed = errno }
        if amount <= 0 { break }
        count += amount
      }
    }
    if failed != 0 { throw failure("cannot read", path, failed) }
    if let error = bytes.withUnsafeBytes({ GitPointer.refusal(of: $0, path: path) }) { throw error }
    return bytes
  }

  /// The text at the start of a file of the system, whose own size says nothing (such as those of /proc).
  static func readText(_ path: String, size: Int) throws(BenchmarkError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw failure("cannot open", path, errno) }
    defer { close(descriptor) }
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The text of a whole UTF-8 file, without a byte order mark in front.
  package static func readText(_ path: String) throws(BenchmarkError) -> String {
    let bytes = try read(path)
    guard let text = String(validating: bytes.dropFirst(ByteOrderMark.length(bytes)), as: UTF8.self) else {
      throw BenchmarkError(.invalidFile, "\(path): not valid UTF-8")
    }
    return text
  }

  /// Writes a file whole: into a sibling first, then renamed, so that a reader never sees half of it.
  package static func write(_ text: String, to path: String) throws(BenchmarkError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes a file of bytes, as `write(_:to:)` does of a text.
  package static func write(_ bytes: [UInt8], to path: String) throws(BenchmarkError) {
    let temporary = TemporarySibling.make(for: path)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    if descriptor < 0 { throw failure("cannot write", path, errno, missing: .inputOutput) }
    let failed: Int32 = bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let amount = Glibc.write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
        if amount < 0, errno == EINTR { continue }
        if amount < 0 { return errno }
        offset += amount
      }
      return 0
    }
    let closed = close(descriptor)
    if failed != 0 || closed != 0 {
      let reason = failed != 0 ? failed : errno
      unlink(temporary)
      throw failure("cannot write", path, reason, missing: .inputOutput)
    }
    if rename(temporary, path) != 0 {
      let reason = errno
      unlink(temporary)
      throw failure("cannot write", path, reason, missing: .inputOutput)
    }
  }

  /// Throws if something is at a path, a link included: what is there is not replaced unasked.
  package static func checkFree(_ path: String) throws(BenchmarkError) {
    var status = stat()
    if lstat(path, &status) != 0 { return }
    throw BenchmarkError(
      .invalidArgument, "\(path) already exists; give another path, or use --force (force = true) to replace it")
  }

  /// Makes a folder and its parents, with the rights that the process gives by default; one that exists is no error.
  package static func makeFolder(_ path: String) throws(BenchmarkError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(part) : "/" + part
      if mkdir(prefix, 0o777) != 0, !(errno == EEXIST && isFolder(prefix)) {
        throw failure("cannot make the folder", prefix, errno, missing: .inputOutput)
      }
    }
  }

  /// The names in a folder, sorted, without `.` and `..`.
  package static func list(_ path: String) throws(BenchmarkError) -> [String] {
    guard let folder = opendir(path) else { throw failure("cannot list", path, errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package static func isFile(_ path: String) -> Bool { mode(path) == S_IFREG }
  package static func isFolder(_ path: String) -> Bool { mode(path) == S_IFDIR }

  private static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// An error of the operating system as one of ours; `missing` is the kind if the path is not there.
  package static func failure(
    _ action: String, _ path: String, _ code: Int32, missing: BenchmarkError.Kind = .notFound
  ) -> BenchmarkError {
    let isMissing = code == ENOENT || code == ENOTDIR
    return BenchmarkError(isMissing ? missing : .inputOutput, "\(action) \(path): \(String(cString: strerror(code)))")
  }
}

import Checkpoints
@preconcurrency import Glibc
import Support

/// What the files of a model hold, by SHA-256 of their bytes.
///
/// A file is read whole, once: its digest is kept in the user's cache under its path, size, inode and times of change, and a
/// file of the Hub's cache, which is named by its digest (and was checked against it when it came), is not read at all.
public struct ModelFingerprint: Sendable, Equatable {
  public struct File: Sendable, Equatable {
    public let name: String
    public let size: Int
    public let sha256: String
  }

  /// Of safetensors and their index, or of the GGUF files, which hold everything else too.
  public let weights: [File]
  public let tokenizer: [File]
  public let configuration: [File]

  private static let tokenizerNames = [
    "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json",
  ]
  private static let configurationNames = ["config.json", "generation_config.json"]

  /// Reads what is not known yet; `progress` receives bytes done and bytes in all.
  init(path: String, cache: AnswerCache?, progress: (Int, Int) throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    var weights: [String]
    var tokenizer: [String] = []
    var configuration: [String] = []
    if let file = try GGUFModel.path(for: path) {
      weights = try GGUFModel.files(of: file)
    } else {
      let names = try FileSystem.list(path)
      func paths(_ belongs: (String) -> Bool) -> [String] { names.filter(belongs).map { "\(path)/\($0)" } }
      weights = paths { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }
      tokenizer = paths(Self.tokenizerNames.contains)
      configuration = paths(Self.configurationNames.contains)
    }
    let total = (weights + tokenizer + configuration).reduce(0) { $0 + (FileState($1)?.size ?? 0) }
    var done = 0
    func read(_ paths: [String]) throws(BenchmarkError) -> [File] {
      var files: [File] = []
      for path in paths {
        files.append(
          try Self.file(path, cache) { bytes throws(BenchmarkError) in
            done += bytes
            try progress(done, total)
          })
      }
      return files
    }
    self.weights = try read(weights)
    self.tokenizer = try read(tokenizer)
    self.configuration = try read(configuration)
  }

  private static func file(
    _ path: String, _ cache: AnswerCache?, _ progress: (Int) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> File {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let state = FileState(path) else { throw FileSystem.failure("cannot read", path, errno) }
    func found(_ digest: String) -> File { File(name: name, size: state.size, sha256: digest) }
    if let digest = state.digestInName ?? cache?.digest(of: state.path, state: state.text) { return found(digest) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileSystem.failure("cannot open", path, errno) }
    defer { close(descriptor) }
    var hash = SHA256()
    var bytes = [UInt8](repeating: 0, count: 1 << 22)
    while true {
      let count = read(descriptor, &bytes, bytes.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw FileSystem.failure("cannot read", path, errno) }
      if count == 0 { break }
      bytes.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
      try progress(count)
    }
    let digest = hash.finish()
    // A file that was written to meanwhile has a digest of nothing.
    if FileState(path)?.text == state.text { cache?.keep(digest: digest, of: state.path, state: state.text) }
    return found(digest)
  }

  /// One digest of many files, by name.
  static func digest(_ files: [File]) -> String {
    SHA256.hexadecimal(files.map { "\($0.sha256)  \($0.name)\n" }.joined())
  }

  /// The digests, as records keep them.
  var json: JSONValue {
    func entries(_ files: [File]) -> JSONValue {
      .array(
        files.map { ["name": .string($0.name), "bytes": JSONValue($0.size), "sha256": .string($0.sha256)] })
    }
    return [
      "weights_sha256": .string(Self.digest(weights)), "tokenizer_sha256": .string(Self.digest(tokenizer)),
      "configuration_sha256": .string(Self.digest(configuration)), "weights": entries(weights),
      "tokenizer": entries(tokenizer), "configuration": entries(configuration),
    ]
  }
}

/// What the system says of a file: enough to know whether it changed.
private struct FileState {
  /// Without links.
  let path: String
  let size: Int
  let text: String

  init?(_ given: String) {
    guard let resolved = realpath(given, nil) else { return nil }
    defer { free(resolved) }
    path = String(cString: resolved)
    var status = stat()
    if stat(path, &status) != 0 { return nil }
    size = Int(status.st_size)
    text =
      "\(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
      + " \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
  }

  /// The SHA-256 that the Hub's cache names a large file by.
  var digestInName: String? {
    let parts = path.split(separator: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "blobs", let name = parts.last, name.utf8.count == 64,
      name.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    return String(name)
  }
}

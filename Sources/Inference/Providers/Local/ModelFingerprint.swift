import Checkpoints
@preconcurrency import Glibc
import Support

/// What the files of a model hold, by SHA-256 of their bytes.
///
/// A file is read whole, once: its digest is kept in the user's cache under its path, size, inode and times of change. A file of
/// the Hub's cache is named by its digest, and must have it.
package struct ModelFingerprint: Sendable, Equatable {
  package struct File: Sendable, Equatable {
    package let name: String
    package let size: Int
    package let sha256: String
  }

  /// Of safetensors and their index, or of the GGUF files, which hold everything else too.
  package let weights: [File]
  package let tokenizer: [File]
  package let configuration: [File]
  /// What the system said of each file before it was read.
  let states: [(path: String, file: File, state: FileState)]

  private static let tokenizerNames = [
    "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja", "chat_template.json",
  ]
  private static let configurationNames = ["config.json", "generation_config.json"]

  /// Reads what is not known yet; `progress` receives bytes done and bytes in all.
  init(path: String, cache: (any DigestKeeping)?, progress: (Int, Int) throws(BenchmarkError) -> Void)
    throws(BenchmarkError)
  {
    var weights: [String]
    var tokenizer: [String] = []
    var configuration: [String] = []
    if let file = try GGUFModel.path(for: path) {
      weights = try GGUFModel.files(of: file)
    } else {
      let names = try FileSystem.list(path)
      func paths(_ belongs: (String) -> Bool) -> [String] { names.filter(belongs).map { "\(path)/\($0)" } }
      weights = paths { $0.hasSuffix(".safetensors") || $0.hasSuffix(".safetensors.index.json") }
      let template = "\(path)/additional_chat_templates/default.jinja"
      tokenizer = paths(Self.tokenizerNames.contains) + (FileSystem.isFile(template) ? [template] : [])
      configuration = paths(Self.configurationNames.contains)
    }
    let total = (weights + tokenizer + configuration).reduce(0) { $0 + (FileState(path: $1)?.size ?? 0) }
    var done = 0
    var states: [(path: String, file: File, state: FileState)] = []
    func read(_ paths: [String]) throws(BenchmarkError) -> [File] {
      var files: [File] = []
      for path in paths {
        let (file, state) = try Self.file(path, cache) { bytes throws(BenchmarkError) in
          done += bytes
          try progress(done, total)
        }
        files.append(file)
        states.append((path, file, state))
      }
      return files
    }
    self.weights = try read(weights)
    self.tokenizer = try read(tokenizer)
    self.configuration = try read(configuration)
    self.states = states
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.weights == right.weights && left.tokenizer == right.tokenizer && left.configuration == right.configuration
  }

  /// The digest of a file, and its state before it was read.
  private static func file(
    _ path: String, _ cache: (any DigestKeeping)?, _ progress: (Int) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> (file: File, state: FileState) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let resolved = realpath(path, nil) else { throw FileSystem.failure("cannot read", path, errno) }
    defer { free(resolved) }
    let place = String(cString: resolved)
    guard let state = FileState(path: place) else { throw FileSystem.failure("cannot read", path, errno) }
    func found(_ digest: String) -> (File, FileState) { (File(name: name, size: state.size, sha256: digest), state) }
    if let digest = cache?.digest(of: place, state: state.text) { return found(digest) }
    let digest = try sha256(of: path, progress)
    if let named = FileState.digest(inNameOf: place), named != digest {
      throw BenchmarkError(
        .invalidFile,
        "\(place): its SHA-256, \(digest), does not match its name; remove the file and pull the model again")
    }
    // A file that was written to meanwhile has a digest of nothing.
    if FileState(path: place) == state { cache?.keep(digest: digest, of: place, state: state.text) }
    return found(digest)
  }

  static func sha256(of path: String, _ progress: (Int) throws(BenchmarkError) -> Void = { _ in })
    throws(BenchmarkError) -> String
  {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileSystem.failure("cannot open", path, errno) }
    defer { close(descriptor) }
    var hash = SHA256()
    var bytes = [UInt8](repeating: 0, count: 1 << 22)
    while true {
      let count = read(descriptor, &bytes, bytes.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw FileSystem.failure("cannot read", path, errno) }
      if count == 0 { return hash.finish() }
      bytes.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
      try progress(count)
    }
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

extension FileState {
  /// The SHA-256 that the Hub's cache names a large file by, of a path without links.
  static func digest(inNameOf path: String) -> String? {
    let parts = path.split(separator: "/")
    guard parts.count >= 2, parts[parts.count - 2] == "blobs", let name = parts.last, name.utf8.count == 64,
      name.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    return String(name)
  }
}

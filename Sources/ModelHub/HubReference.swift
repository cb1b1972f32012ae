import Support

/// What a repository of the Hub holds; the Hub and its cache keep each kind apart.
package enum HubRepositoryKind: Sendable {
  case model, dataSet

  /// The kind in addresses of the Hub's programming interface, and in front of folders of the cache.
  var pluralName: String { self == .model ? "models" : "datasets" }
  /// What stands before `OWNER/NAME` in the address of a page or a file.
  var addressPrefix: String { self == .model ? "" : "datasets/" }
  /// The kind in messages.
  var word: String { self == .model ? "model" : "data set" }
  /// The command that downloads one, for messages.
  var command: String { self == .model ? "gemmabench pull" : "gemmabench data" }
}

/// A model on the Hub as a person names it: `OWNER/NAME`, then maybe `:FILE` and `@REVISION`.
///
/// `FILE` chooses a GGUF file of a repository that has several: its path, or a part that only one of them has, such as
/// `q4_0`. `REVISION` is a branch, a tag or a commit. `hf://` in front is allowed. The name of a Gemma repository of
/// Google's may stand alone: `gemma-3-1b-it` is `google/gemma-3-1b-it`.
package struct HubReference: Sendable, Equatable, CustomStringConvertible {
  /// `OWNER/NAME`.
  package let repository: String
  /// A branch, a tag or a commit; nil: `main`.
  package let revision: String?
  /// What chooses one of several GGUF files.
  package let file: String?
  let kind: HubRepositoryKind

  static let defaultRevision = "main"
  var revisionName: String { revision ?? Self.defaultRevision }

  package init(repository: String, revision: String? = nil, file: String? = nil, kind: HubRepositoryKind = .model) {
    self.kind = kind
    self.repository = repository
    self.revision = revision
    self.file = file
  }

  package var description: String {
    repository + (file.map { ":\($0)" } ?? "") + (revision.map { "@\($0)" } ?? "")
  }

  /// Reads a reference; nil if the text has not the form of one.
  package init?(_ text: String) {
    var rest = text[...]
    let hasScheme = rest.hasPrefix("hf://")
    if hasScheme { rest = rest.dropFirst(5) }
    var revision: String?
    if let at = rest.firstIndex(of: "@") {
      revision = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    var file: String?
    if let colon = rest.firstIndex(of: ":") {
      file = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let repository: String
    if parts.count == 2, parts.allSatisfy(Self.isName) {
      repository = parts.joined(separator: "/")
    } else if parts.count == 1, let known = GemmaNames.repository(named: parts[0]) {
      repository = known
    } else {
      return nil
    }
    if let revision, !Self.isRevision(revision) { return nil }
    if let file, !Self.isRelativePath(file) { return nil }
    self.init(repository: repository, revision: revision, file: file)
  }

  /// A reference that must be one; `revision` overrides none in the text.
  ///
  /// Errors: a text that names no repository; two revisions.
  package init(named text: String, revision: String?) throws(BenchmarkError) {
    guard let reference = HubReference(text) else {
      throw BenchmarkError(
        .invalidArgument,
        "\"\(text)\": not the name of a model on the Hub; write OWNER/NAME, such as"
          + " google/gemma-3-1b-it, or the name of a Google model without its owner, such as gemma-3-1b-it"
          + (NearestName.find(text, among: GemmaNames.names).map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    guard let revision else {
      self = reference
      return
    }
    if let other = reference.revision, other != revision {
      throw BenchmarkError(.invalidArgument, "\"\(text)\" and revision \"\(revision)\" contradict each other")
    }
    guard Self.isRevision(revision) else {
      throw BenchmarkError(.invalidArgument, "revision \"\(revision)\": a branch, a tag or a commit was expected")
    }
    self.init(repository: reference.repository, revision: revision, file: reference.file)
  }

  /// What a model path means on this machine: nil for a file or folder that is there, or a path that can be nothing
  /// else; a reference otherwise.
  ///
  /// `models/gemma` where the folder `models` exists is a misspelt path, not the repository of an owner "models".
  package static func ofPath(_ path: String) -> HubReference? {
    if path.hasPrefix("hf://") { return HubReference(path) }
    if path.hasPrefix("/") || path.hasPrefix(".") || path.hasPrefix("~") { return nil }
    if FileSystem.isFolder(path) || FileSystem.isFile(path) { return nil }
    let owner = path.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    if path.contains("/"), FileSystem.isFolder(owner) { return nil }
    return HubReference(path)
  }

  /// The owner's or repository's part of a name, by the Hub's rules.
  static func isName(_ name: String) -> Bool {
    let isAllowed = name.utf8.allSatisfy {
      $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x41 && $0 <= 0x5A || $0 >= 0x61 && $0 <= 0x7A || $0 == 0x2D || $0 == 0x2E
        || $0 == 0x5F
    }
    return isAllowed && !name.isEmpty && name.utf8.count <= 96 && !has(name, "--") && !has(name, "..")
      && !name.hasPrefix("-") && !name.hasPrefix(".") && !name.hasSuffix("-") && !name.hasSuffix(".")
  }

  static func isRevision(_ text: String) -> Bool { isRelativePath(text) && !text.hasSuffix(".lock") }

  /// Whether a text can be a path below a folder without leaving it.
  static func isRelativePath(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 1024 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x5C }
      && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  private static func has(_ text: String, _ part: String) -> Bool { text.contains(part) }

  /// Whether a revision is a commit's full name, which never changes its meaning.
  static func isCommit(_ revision: String) -> Bool {
    revision.utf8.count == 40 && revision.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }
  }
}

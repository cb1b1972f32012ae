import Support

/// A data set on the Hub as a person names it: `OWNER/NAME` or `OWNER/NAME@REVISION`, with `hf://datasets/` in front where a
/// file could be meant too; and one of its configurations.
///
/// `REVISION` is a branch, a tag or a commit. Some old data sets have no owner.
package struct DataSetReference: Sendable, Hashable, CustomStringConvertible {
  /// `OWNER/NAME`.
  package let repository: String
  /// nil: the one that is the default.
  package let configuration: String?
  /// A branch, a tag or a commit; nil: `main`.
  package let revision: String?

  /// What stands in front where a path could be meant too.
  package static let scheme = "hf://datasets/"

  /// Whether a text names a data set of the Hub rather than a file.
  package static func isReference(_ text: String) -> Bool { text.hasPrefix(scheme) }

  /// Reads a reference, with or without its scheme; `revision` overrides none in the text.
  ///
  /// Errors: a text that names no data set; a file behind the name; two revisions.
  package init(_ text: String, configuration: String? = nil, revision: String? = nil) throws(BenchmarkError) {
    var rest = Self.isReference(text) ? text.dropFirst(Self.scheme.count) : text[...]
    var written: String?
    if let at = rest.firstIndex(of: "@") {
      written = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (1...2).contains(parts.count), parts.allSatisfy(HubReference.isName) else {
      throw BenchmarkError(
        .invalidArgument,
        "\"\(text)\": not the name of a data set on the Hub; write OWNER/NAME, such as \(Self.scheme)OWNER/NAME@REVISION"
      )
    }
    for revision in [written, revision].compactMap({ $0 }) where !HubReference.isRevision(revision) {
      throw BenchmarkError(.invalidArgument, "revision \"\(revision)\": a branch, a tag or a commit was expected")
    }
    if let written, let revision, written != revision {
      throw BenchmarkError(.invalidArgument, "\"\(text)\" and revision \"\(revision)\" contradict each other")
    }
    self.init(repository: parts.joined(separator: "/"), configuration: configuration, revision: written ?? revision)
  }

  init(repository: String, configuration: String?, revision: String?) {
    self.repository = repository
    self.configuration = configuration
    self.revision = revision
  }

  package var description: String { repository + (revision.map { "@\($0)" } ?? "") }

  /// The name without revision and configuration, as a specification has it.
  package var location: String { Self.scheme + repository }

  /// Whether the revision is a commit, which never changes its meaning.
  package var isPinned: Bool { revision.map(HubReference.isCommit) ?? false }

  var hubReference: HubReference { HubReference(repository: repository, revision: revision, kind: .dataSet) }

  /// The branch that the Hub keeps a parquet copy of `main` in.
  var exportReference: HubReference {
    HubReference(repository: repository, revision: ParquetExport.revision, kind: .dataSet)
  }

  /// Whether the Hub's parquet copy is of the revision that is meant.
  var mayHaveExport: Bool { hubReference.revisionName == HubReference.defaultRevision }
}

/// What Git leaves in place of a large file that was not fetched: a text that names the file's digest and size.
///
/// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
package enum GitPointer {
  private static let starts = ["version https://git-lfs.github.com/spec/v", "version https://hawser.github.com/spec/v"]
  /// A pointer is shorter than this.
  package static let limit = 1024

  /// The error of a file whose bytes are such a text; nil for all others.
  package static func refusal(of bytes: UnsafeRawBufferPointer, path: String) -> BenchmarkError? {
    guard bytes.count < limit, starts.contains(where: { bytes.prefix($0.utf8.count).elementsEqual($0.utf8) }) else {
      return nil
    }
    return BenchmarkError(
      .invalidFile, "\(path): a Git LFS pointer, not the file itself; fetch the file: git lfs pull")
  }
}

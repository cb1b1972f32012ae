import Plan
import Records
import Store
import Support

/// Watches the files of a loaded model, so that no answer is kept under the digests of files that it did not come from.
///
/// Weights lie in private memory: a change while a model runs changes no answer. What is measured is named by its files all the
/// same, in the store and in the cache, and a change between fingerprint and loading would give the answers of one file to another.
/// A file whose state differs but whose bytes are the same (`touch`, another hard link, a copy put in its place) has not changed.
final class ModelWatch {
  private let name: String
  private var files: [(path: String, file: ModelFingerprint.File, state: FileState)]
  private var failure: BenchmarkError?

  /// Begins once the model is loaded.
  ///
  /// - Parameter fingerprint: made before that.
  /// - Throws: if a file changed meanwhile, whatever it holds now: nobody knows what was loaded.
  init(name: String, _ fingerprint: ModelFingerprint) throws(BenchmarkError) {
    self.name = name
    files = fingerprint.states
    for entry in files where FileState(path: entry.path) != entry.state {
      throw BenchmarkError(
        .inputOutput, "\(entry.path): changed while \(name) was loaded; run it again and do not change the files")
    }
  }

  /// Throws, from the first change on, an error that names the file.
  func check() throws(BenchmarkError) {
    if let failure { throw failure }
    for (index, entry) in files.enumerated() {
      let state = FileState(path: entry.path)
      if state == entry.state { continue }
      guard let state else { throw fail("\(entry.path): was removed") }
      let digest = state.size == entry.file.size ? try? ModelFingerprint.sha256(of: entry.path) : nil
      // It may be written to at this moment: then the next check finds another state.
      if digest == entry.file.sha256 { files[index].state = state } else { throw fail("\(entry.path): changed") }
    }
  }

  private func fail(_ what: String) -> BenchmarkError {
    let error = BenchmarkError(
      .inputOutput,
      "\(what) while \(name) was measured; responses since the last check were discarded; run it again and do not change the files"
    )
    failure = error
    return error
  }
}

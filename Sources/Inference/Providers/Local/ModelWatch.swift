import Support
import Synchronization

/// Watches the files of a loaded model, so that no answer is kept under the digests of files that it did not come from.
///
/// Weights lie in private memory: a change while a model runs changes no answer. What is measured is named by its files all the
/// same, in the store and in the cache, and a change between fingerprint and loading would give the answers of one file to another.
/// A file whose state differs but whose bytes are the same (`touch`, another hard link, a copy put in its place) has not changed.
final class ModelWatch: Sendable {
  private struct State {
    var files: [(path: String, file: ModelFingerprint.File, state: FileState)]
    var failure: BenchmarkError?
  }

  private let name: String
  private let state: Mutex<State>

  /// Begins once the model is loaded.
  ///
  /// - Parameter fingerprint: made before that.
  /// - Throws: if a file changed meanwhile, whatever it holds now: nobody knows what was loaded.
  init(name: String, _ fingerprint: ModelFingerprint) throws(BenchmarkError) {
    self.name = name
    state = Mutex(State(files: fingerprint.states))
    for entry in fingerprint.states where FileState(path: entry.path) != entry.state {
      throw BenchmarkError(
        .inputOutput, "\(entry.path): changed while \(name) was loaded; run it again and do not change the files")
    }
  }

  /// Throws, from the first change on, an error that names the file.
  func check() throws(BenchmarkError) {
    let failure = state.withLock { state in
      if state.failure == nil { state.failure = change(&state) }
      return state.failure
    }
    if let failure { throw failure }
  }

  private func change(_ state: inout State) -> BenchmarkError? {
    for (index, entry) in state.files.enumerated() {
      let found = FileState(path: entry.path)
      if found == entry.state { continue }
      guard let found else { return error("\(entry.path): was removed") }
      let digest = found.size == entry.file.size ? try? ModelFingerprint.sha256(of: entry.path) : nil
      // It may be written to at this moment: then the next check finds another state.
      if digest != entry.file.sha256 { return error("\(entry.path): changed") }
      state.files[index].state = found
    }
    return nil
  }

  private func error(_ what: String) -> BenchmarkError {
    BenchmarkError(
      .inputOutput,
      "\(what) while \(name) was measured; responses since the last check were discarded;"
        + " run it again and do not change the files")
  }
}

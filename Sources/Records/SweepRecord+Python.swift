import Support
import Tasks

extension SweepRecord {
  /// Which tasks ran Python of their files, and which files those were.
  package var pythonNotes: [String] {
    var notes: [String] = []
    for run in runs where TaskCatalogue.runsPython(run.specification) {
      let files = run.dataFiles.filter { $0.path.hasSuffix(".py") }.map {
        "\($0.path) (SHA-256 \($0.sha256.prefix(12)))"
      }
      let note = "\(run.taskName): Python of its files was run (hooks: python): \(files.joined(separator: ", "))"
      if !notes.contains(note) { notes.append(note) }
    }
    return notes
  }
}

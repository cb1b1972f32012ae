import ModelHub
import Support
import Tasks

/// What the relative paths of a plan are relative to: the folder of its file, or the current folder for a plan that is no file.
/// `~` in front of a path is the user's home.
package struct PlanFolder {
  /// Nil: the current folder.
  let folder: String?

  /// The folder of a plan's file.
  init(ofFile path: String) { folder = Paths.folder(of: path) }

  /// The current folder.
  init() { folder = nil }

  func path(_ text: String) -> String { Paths.joined(folder, Paths.expanded(text)) }

  /// The path of a model; a name on the Hub and an address stay what they are.
  ///
  /// `models/gemma` where the folder of the plan has a folder `models` is a path, and so is whatever is there.
  func model(_ text: String) -> String {
    if Self.isAddress(text) { return text }
    let path = path(text)
    if path == text || FileSystem.isFolder(path) || FileSystem.isFile(path) { return path }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 1, FileSystem.isFolder(self.path(String(parts[0]))) { return path }
    return Self.isPath(text) ? path : text
  }

  /// Whether a model's location is a path, by its form: neither a name on the Hub nor an address.
  package static func isPath(_ text: String) -> Bool { !isAddress(text) && HubReference.ofPath(text) == nil }

  private static func isAddress(_ text: String) -> Bool { text.contains("://") }
}

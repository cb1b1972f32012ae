import Foundation
import PackagePlugin

/// Has tools/build/note_commit.sh write the commit that is being built into a source file.
///
/// A manifest could ask git too, and so could a command before the build; but neither is run anew when the commit changes.
/// This command is: by what git writes with every commit, and by every source, since one that differs shows in the name.
@main
struct NoteCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let package = context.package.directoryURL
    let script = package.appending(path: "tools/build/note_commit.sh")
    let output = context.pluginWorkDirectoryURL.appending(path: "NotedCommit.swift")
    return [
      .buildCommand(
        displayName: "Noting the commit", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [script.path, package.path, context.pluginWorkDirectoryURL.path],
        inputFiles: [script] + gitFiles(of: package) + sources(of: package), outputFiles: [output])
    ]
  }

  /// What git rewrites when another commit is checked out; none where there is no clone.
  private func gitFiles(of package: URL) -> [URL] {
    var folder = package.appending(path: ".git")
    // In a work tree beside the clone it is a file that names the folder.
    if let text = try? String(contentsOf: folder, encoding: .utf8), text.hasPrefix("gitdir: ") {
      let path = text.dropFirst("gitdir: ".count).trimmingCharacters(in: .whitespacesAndNewlines)
      folder = URL(fileURLWithPath: path, relativeTo: package)
    }
    return ["HEAD", "index", "logs/HEAD"].map { folder.appending(path: $0) }.filter {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }

  private func sources(of package: URL) -> [URL] {
    let manager = FileManager.default
    var found = [package.appending(path: "Package.swift")]
    for folder in ["Sources", "include"] {
      let files = manager.enumerator(
        at: package.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey])
      while let file = files?.nextObject() as? URL {
        if (try? file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true { found.append(file) }
      }
    }
    return found.sorted { $0.path < $1.path }
  }
}

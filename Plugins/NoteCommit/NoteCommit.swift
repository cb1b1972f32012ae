import Foundation
import PackagePlugin

/// Has scripts/note_commit.sh write the commit that is being built into a source file, before each build.
///
/// A manifest could ask for the commit too, but is not read anew when only the commit changes.
@main
struct NoteCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let package = context.package.directoryURL
    let folder = context.pluginWorkDirectoryURL
    return [
      .prebuildCommand(
        displayName: "Note the commit", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [package.appending(path: "scripts/note_commit.sh").path, package.path, folder.path],
        outputFilesDirectory: folder)
    ]
  }
}

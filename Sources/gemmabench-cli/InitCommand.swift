import ArgumentParser
import Support

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write an example configuration with comments.",
    discussion: """
      It runs as it is, on the small models that are installed with gemmabench. Replace them with your own.

        gemmabench init
        gemmabench run config.yaml
      """)

  @Argument(help: "The file to write.") var file: String = "config.yaml"
  @Flag(help: "Replace an existing file.") var force = false

  func run() throws {
    if !force, FileSystem.isFile(file) || FileSystem.isFolder(file) {
      throw ValidationError("\(file) already exists; give another name, or use --force to replace it")
    }
    try FileSystem.write(ExampleConfiguration.text(in: Paths.folder(of: file)), to: file)
    Console.printError("\(file) written; run it with: gemmabench run \(file)\n")
    if ExampleConfiguration.folderHere == nil {
      Console.printError(
        "The small models are not installed here: change the lines with `path:` and `data:` to your own.\n")
    }
  }
}

import ArgumentParser
import Support

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a commented configuration to begin with.",
    discussion: """
      It works as it is written, with the small models that come along, in the project's own folder and wherever the \
      command is installed. Put your own models in their place.

        gemmabench init
        gemmabench run config.yaml
      """)

  @Argument(help: "The file to write.") var file: String = "config.yaml"
  @Flag(help: "Replace a file that is there.") var force = false

  func run() throws {
    if !force, FileSystem.isFile(file) || FileSystem.isFolder(file) {
      throw ValidationError("\(file) is there already; give another name, or --force to replace it")
    }
    try FileSystem.write(ExampleConfiguration.text(in: Paths.folder(of: file)), to: file)
    Console.printError("\(file) written; run it with: gemmabench run \(file)\n")
    if ExampleConfiguration.folderHere == nil {
      Console.printError("Its small models are not here: change the lines with `path:` and `data:`, which say how.\n")
    }
  }
}

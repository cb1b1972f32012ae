import ArgumentParser
import CGemmaBench
import Support

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version, and the commit that was built.",
    discussion: """
      The commit ends in "-modified" if files differed from it, and is unknown if the sources were not a clone of the \
      repository. Results record both.
      """)

  @Option(help: "text or json.") var format = "text"

  func validate() throws { try checkFormat(format, "text") }

  func run() throws {
    let info = try JSONReader.parse(try Library.text { gb_system_info($0) }).objectValue ?? [:]
    if format == "json" {
      let shown: JSONObject = ["version": info["version"] ?? .null, "commit": info["commit"] ?? .null]
      return Console.print(JSONValue.object(shown).text(indented: true) + "\n")
    }
    Console.print("gemmabench \(Library.version), commit \(info["commit"]?.stringValue ?? "unknown")\n")
  }
}

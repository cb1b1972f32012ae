import ArgumentParser
import Support

/// Options that are given twice: ArgumentParser takes the last one without a word.
enum RepeatedOptions {
  /// Throws if an option that takes one value stands twice among the arguments of a command.
  static func check(_ arguments: [String]) throws {
    guard let name = arguments.first, let singles = try singleOptions(of: name) else { return }
    var seen: [String: String] = [:]
    var position = 1
    while position < arguments.count, arguments[position] != "--" {
      let word = arguments[position]
      position += 1
      // What follows a script's name is the script's own.
      if name == "script", !word.hasPrefix("-") { return }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let option = singles[parts[0]] else { continue }
      var value = parts.count > 1 ? parts[1] : ""
      if parts.count == 1, position < arguments.count {
        value = arguments[position]
        position += 1
      }
      if let other = seen.updateValue(value, forKey: option) {
        throw ValidationError("\(option) is given twice, with \"\(other)\" and \"\(value)\"; give one of them")
      }
    }
  }

  /// The options of a command that take one value, by each of their names; nil of what is no command.
  private static func singleOptions(of command: String) throws -> [String: String]? {
    let help = try JSONReader.parse(GemmaBenchCommand._dumpHelp()).objectValue?["command"]?.objectValue
    let found = help?["subcommands"]?.arrayValue?.compactMap(\.objectValue).first {
      $0["commandName"]?.stringValue == command
    }
    guard let arguments = found?["arguments"]?.arrayValue else { return nil }
    var options: [String: String] = [:]
    for argument in arguments.compactMap(\.objectValue) {
      guard argument["kind"]?.stringValue == "option", argument["isRepeating"]?.boolValue != true else { continue }
      let names = (argument["names"]?.arrayValue ?? []).compactMap(\.objectValue).compactMap { name -> String? in
        guard let text = name["name"]?.stringValue else { return nil }
        return (name["kind"]?.stringValue == "long" ? "--" : "-") + text
      }
      for name in names { options[name] = names.first { $0.hasPrefix("--") } ?? name }
    }
    return options
  }
}

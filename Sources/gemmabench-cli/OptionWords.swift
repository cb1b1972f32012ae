import ArgumentParser
import Support

/// The words of a command line, where ArgumentParser needs help.
enum OptionWords {
  /// The arguments with negative numbers joined to their options, "--limit=-3": by itself, ArgumentParser takes "-3" for an
  /// option, and says of `--limit` that its value is missing.
  static func joiningNegativeNumbers(_ arguments: [String]) throws -> [String] {
    func isNegative(_ word: String) -> Bool { word.hasPrefix("-") && Double(word) != nil }
    guard arguments.contains(where: isNegative), let name = arguments.first,
      let singles = try singleOptions(of: name)
    else { return arguments }
    var joined: [String] = []
    for (position, word) in arguments.enumerated() {
      // What follows a script's name, or "--", is not the command's own.
      if word == "--" || name == "script" && position > 0 && !word.hasPrefix("-") {
        return joined + arguments[position...]
      }
      if isNegative(word), let option = joined.last, singles[option] != nil {
        joined[joined.count - 1] = "\(option)=\(word)"
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  /// Throws if an option that takes one value stands twice among the arguments of a command, of which ArgumentParser takes
  /// the last one without a word.
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

  /// The flags that a command declares itself, by each of their names, with whether each takes a value.
  static func ownOptions(of command: String) throws -> [String: Bool] {
    var options = ["--help": false, "--version": false]
    for argument in try arguments(of: command) ?? [] {
      for name in names(of: argument) { options[name] = argument["kind"]?.stringValue == "option" }
    }
    return options
  }

  /// The options of a command that take one value, by each of their names; nil of what is no command.
  private static func singleOptions(of command: String) throws -> [String: String]? {
    guard let arguments = try arguments(of: command) else { return nil }
    var options: [String: String] = [:]
    for argument in arguments
    where argument["kind"]?.stringValue == "option" && argument["isRepeating"]?.boolValue != true {
      let names = names(of: argument)
      for name in names { options[name] = names.first { $0.hasPrefix("--") } ?? name }
    }
    return options
  }

  private static func arguments(of command: String) throws -> [JSONObject]? {
    let help = try JSONReader.parse(GemmaBenchCommand._dumpHelp()).objectValue?["command"]?.objectValue
    let found = help?["subcommands"]?.arrayValue?.compactMap(\.objectValue).first {
      $0["commandName"]?.stringValue == command
    }
    return found?["arguments"]?.arrayValue?.compactMap(\.objectValue)
  }

  private static func names(of argument: JSONObject) -> [String] {
    (argument["names"]?.arrayValue ?? []).compactMap(\.objectValue).compactMap { name in
      guard let text = name["name"]?.stringValue else { return nil }
      return (name["kind"]?.stringValue == "long" ? "--" : "-") + text
    }
  }
}

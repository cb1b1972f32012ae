import ArgumentParser
import CGemmaBench
import Support

/// Flags that the library's schema gives: options of plans, models, tasks and calls. A new option needs no line here.
struct SchemaFlags {
  /// What an option belongs to.
  enum Owner: Hashable {
    case plan
    case model
    case task(String)
    /// A call whose options the library takes as JSON.
    case call(String)
  }

  /// Commands whose flags are the options of a call, with the call's name.
  static let calls = ["stats": "stats", "compare": "compare_reports", "power": "power", "report": "table"]

  /// One option as fronts know it.
  struct Option {
    let owner: Owner
    let name: String
    let names: [String]
    let type: String
    let choices: [String]
    let defaultText: String
    /// The numbers that there may be, such as `0 to 5`; empty: any.
    let range: String
    let help: String

    /// Its range and its default, as help has them in brackets.
    var facts: String {
      let shown = defaultText.isEmpty || defaultText.count > 20 ? "" : "default: \(defaultText)"
      return [range, shown].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// Whether a word behind a flag that may stand alone is its value: one of its choices, or a file. Anything else needs `=`,
    /// since it may as well be a task.
    func takes(_ word: String) -> Bool {
      let isFile = [".jinja", ".json", ".j2"].contains(where: word.hasSuffix)
      return ["true", "false", "auto", "none"].contains(word) || choices.contains(word)
        || isFile && !word.hasPrefix("-")
    }

    init?(_ json: JSONValue, _ owner: Owner) {
      guard let object = json.objectValue, let name = object["name"]?.stringValue else { return nil }
      self.owner = owner
      self.name = name
      names = [name] + (object["aliases"]?.arrayValue ?? []).compactMap(\.stringValue)
      type = object["type"]?.stringValue ?? "text"
      choices = (object["choices"]?.arrayValue ?? []).compactMap(\.stringValue)
      let value = object["default"] ?? .null
      let text = value.stringValue ?? value.text()
      defaultText = value.isNull ? "" : text.contains(where: \.isWhitespace) ? value.text() : text
      range = object["range"]?.stringValue ?? ""
      help = object["help"]?.stringValue ?? ""
    }
  }

  /// One option that was given, as it was written: `--shots 5`, or `--set mmlu.shots=5`.
  struct Given {
    /// The name with underscores.
    let name: String
    /// What `--set` named before a point; nil: whatever has such an option.
    let scope: String?
    let words: [String]
    /// As errors speak of it.
    let flag: String
  }

  /// What was given, taken off the command line before ArgumentParser sees it.
  nonisolated(unsafe) static var given: [Given] = []

  private static let schema = (try? JSONReader.parse(Library.text { gb_schema($0) }))?.objectValue ?? [:]

  /// Every option of the schema that can be a flag of `run`.
  static let options: [Option] = {
    func list(_ value: JSONValue?, _ owner: Owner, without hidden: Set<String>) -> [Option] {
      (value?.arrayValue ?? []).compactMap { Option($0, owner) }.filter { !hidden.contains($0.name) }
    }
    let tasks = (schema["tasks"]?.arrayValue ?? []).compactMap(\.objectValue)
    return tasks.flatMap { list($0["options"], .task($0["type"]?.stringValue ?? ""), without: ["name"]) }
      + list(schema["model"], .model, without: ["name", "path", "type", "generation", "size", "variant", "revision"])
      + list(schema["plan"], .plan, without: ["name"])
  }()

  /// The options of a call.
  private static func options(of call: String) -> [Option] {
    (schema["calls"]?.objectValue?[call]?.arrayValue ?? []).compactMap { Option($0, .call(call)) }
  }

  // MARK: The command line

  /// Takes the schema's flags out of the arguments of `run` or of a command of `calls`; the rest is for ArgumentParser.
  ///
  /// - Parameter own: the flags that the command declares itself, with whether each takes a value.
  static func take(_ arguments: [String], own: [String: Bool]) throws -> [String] {
    let call = arguments.first.flatMap { calls[$0] }
    let options = call.map { Self.options(of: $0) } ?? Self.options
    var rest: [String] = []
    var position = 0
    while position < arguments.count {
      let word = arguments[position]
      position += 1
      if word == "--" { return rest + arguments[(position - 1)...] }
      guard word.hasPrefix("--") else {
        rest.append(word)
        continue
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      if let takesValue = own["--\(parts[0])"] {
        rest.append(word)
        if takesValue, parts.count == 1, position < arguments.count {
          rest.append(arguments[position])
          position += 1
        }
        continue
      }
      let name = parts[0].replacing("-", with: "_")
      let negated = name.hasPrefix("no_") ? String(name.dropFirst(3)) : nil
      if name == "set", call == nil {
        guard let text = parts.count > 1 ? parts[1] : position < arguments.count ? arguments[position] : nil else {
          throw ValidationError("--set needs KEY=VALUE, such as --set shots=5")
        }
        if parts.count == 1 { position += 1 }
        given.append(try setting(text))
      } else if let option = options.first(where: { $0.names.contains(name) }) {
        if option.type == "flag" {
          given.append(
            Given(name: name, scope: nil, words: [parts.count > 1 ? parts[1] : "true"], flag: "--\(parts[0])"))
          continue
        }
        if option.type == "flag_or_text", parts.count == 1,
          position == arguments.count || !option.takes(arguments[position])
        {
          try add(Given(name: name, scope: nil, words: ["true"], flag: "--\(parts[0])"), option.type)
          continue
        }
        guard let text = parts.count > 1 ? parts[1] : position < arguments.count ? arguments[position] : nil else {
          throw ValidationError("--\(parts[0]) needs a value")
        }
        if parts.count == 1 { position += 1 }
        var words = [text]
        // The values of a call's list follow its flag: --values none q4_0.
        while call != nil, option.type == "texts", position < arguments.count, !arguments[position].hasPrefix("--") {
          words.append(arguments[position])
          position += 1
        }
        try add(Given(name: name, scope: nil, words: words, flag: "--\(parts[0])"), option.type)
      } else if let negated, options.contains(where: { $0.names.contains(negated) && $0.type.hasPrefix("flag") }) {
        given.append(Given(name: negated, scope: nil, words: ["false"], flag: "--\(parts[0])"))
      } else {
        let known = options.map { flag($0.name) } + own.keys.sorted()
        throw ValidationError("unknown option --\(parts[0])\(NearestName.hint("--\(parts[0])", among: known))")
      }
    }
    return rest
  }

  /// A list may be given in several flags; anything else once.
  private static func add(_ new: Given, _ type: String) throws {
    guard let place = given.firstIndex(where: { $0.name == new.name && $0.scope == nil }) else {
      return given.append(new)
    }
    if type != "texts" {
      throw ValidationError(
        "\(new.flag) is given twice, with \"\(given[place].words[0])\" and \"\(new.words[0])\"; give one of them")
    }
    given[place] = Given(name: new.name, scope: nil, words: given[place].words + new.words, flag: new.flag)
  }

  /// `shots=5`, `mmlu.shots=5`, `model.quantization=q4_0`, `plan.seed=7`.
  private static func setting(_ text: String) throws -> Given {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw ValidationError("--set \(text): KEY=VALUE was expected, such as --set shots=5 or --set mmlu.shots=5")
    }
    let key = parts[0].split(separator: ".", maxSplits: 1).map(String.init)
    let name = (key.last ?? "").replacing("-", with: "_")
    return Given(
      name: name, scope: key.count > 1 ? key[0] : nil, words: [parts[1]], flag: "--set \(parts[0])")
  }

  // MARK: What is given, and to whom

  /// The changes that the given flags make to a plan with these tasks, as `gb_plan_change` takes them.
  ///
  /// A flag is of each named task that has such an option; if none has, of the model, or else of the plan.
  /// - Parameter tasks: types, or names with their types, as `--set` may name them.
  static func changes(tasks: [(name: String, type: String)]) throws -> JSONObject {
    var (plan, model, ofTasks) = (JSONObject(), JSONObject(), JSONObject())
    let types = Set(options.compactMap { if case .task(let type) = $0.owner { type } else { nil } })
    // Of a task that there is not the library says so, whatever options it has.
    let isKnown = tasks.allSatisfy { types.contains($0.type) }
    for given in given {
      var found = false
      for task in tasks where given.scope == nil || [task.name, task.type].contains(given.scope) {
        guard let option = option(given.name, of: .task(task.type)) else { continue }
        found = true
        var object = ofTasks[task.name]?.objectValue ?? [:]
        // With several tasks, each reads DIR/TYPE. A benchmark without that folder reads DIR, where data sets have names.
        let isShared = option.name == "data" && given.scope == nil && tasks.count > 1 && task.type != harnessType
        let folder = given.words.first ?? ""
        let own = "\(folder)/\(task.type)"
        let mayShare = catalogue.contains(task.type) && FileSystem.isFolder(folder) && !FileSystem.isFolder(own)
        let hasOwn = isShared && !mayShare
        object[given.name] = hasOwn ? .string(own) : try value(given, option)
        ofTasks[task.name] = .object(object)
      }
      if found { continue }
      if given.scope == nil || given.scope == "model", let option = option(given.name, of: .model) {
        model[option.name] = try value(given, option)
      } else if given.scope == nil || given.scope == "plan", let option = option(given.name, of: .plan) {
        plan[option.name] = try value(given, option)
      } else if isKnown {
        throw unknown(given, tasks)
      }
    }
    if !model.members.isEmpty { plan["model"] = .object(model) }
    if !ofTasks.members.isEmpty { plan["task"] = .object(ofTasks) }
    return plan
  }

  /// The type of a task that is named on the command line: a name that is no type stands for a task of
  /// lm-evaluation-harness, which the library looks for.
  static func taskType(of name: String) -> String {
    let isType = options.contains { if case .task(name) = $0.owner { true } else { false } }
    return isType ? name : harnessType
  }

  private static let harnessType = "harness"

  private static let catalogueWords = "tasks of the catalogue"

  /// Those of them with the options that all descriptions have.
  private static let alike = Set(
    options.compactMap { option -> String? in
      guard case .task(let type) = option.owner, option.name == "description_sha256" else { return nil }
      return catalogue.contains(type) ? type : nil
    })

  /// The tasks that are told of with facts: benchmarks.
  private static let catalogue = Set(
    (schema["tasks"]?.arrayValue ?? []).compactMap(\.objectValue)
      .filter { $0["about"]?.isNull == false }.compactMap { $0["type"]?.stringValue })

  /// The given flags of a command of `calls`, as the library takes its options.
  static func callOptions(of command: String) throws -> JSONObject {
    let known = options(of: calls[command] ?? command)
    var object = JSONObject()
    for given in given {
      guard let option = known.first(where: { $0.names.contains(given.name) }) else { continue }
      object[option.name] = try value(given, option)
    }
    return object
  }

  private static func option(_ name: String, of owner: Owner) -> Option? {
    options.first { $0.owner == owner && $0.names.contains(name) }
  }

  private static func unknown(_ given: Given, _ tasks: [(name: String, type: String)]) -> ValidationError {
    let types = Set(tasks.map(\.type))
    let scopes = tasks.flatMap { $0.name == $0.type ? [$0.name] : [$0.name, $0.type] } + ["model", "plan"]
    if let scope = given.scope, !scopes.contains(scope) {
      return ValidationError("\(given.flag): no task \"\(scope)\"\(NearestName.hint(scope, among: scopes))")
    }
    if given.scope == nil, options.contains(where: { $0.names.contains(given.name) }) {
      let owner =
        tasks.count == 1
        ? "the task \(tasks[0].name) has" : "the tasks \(tasks.map(\.name).joined(separator: ", ")) have"
      return ValidationError("\(given.flag): \(owner) no such option")
    }
    let known = options.filter { option in
      if case .task(let type) = option.owner { return types.contains(type) }
      return true
    }
    return ValidationError("\(given.flag): no such option\(NearestName.hint(given.name, among: known.map(\.name)))")
  }

  private static func value(_ given: Given, _ option: Option) throws -> JSONValue {
    let word = given.words.last ?? ""
    func failure(_ wanted: String) -> ValidationError {
      ValidationError("\(given.flag): \(wanted) was expected, not \"\(word)\"")
    }
    switch option.type {
    case "flag":
      guard ["true", "false"].contains(word) else { throw failure("true or false") }
      return .bool(word == "true")
    case "integer":
      guard let number = Int(word) else { throw failure("a whole number") }
      return JSONValue(number)
    case "number":
      guard let number = Double(word), number.isFinite else { throw failure("a number") }
      return .number(number)
    case "integers":
      return .array(
        word.split(separator: ",", omittingEmptySubsequences: false).map { part in
          Int(part).map { JSONValue($0) } ?? .string(String(part))
        })
    case "texts":
      let parts =
        option.choices.isEmpty ? given.words : given.words.flatMap { $0.split(separator: ",").map(String.init) }
      return .array(parts.map { .string($0) })
    case "flag_or_text": return ["true", "false"].contains(word) ? .bool(word == "true") : .string(word)
    case "any": return (try? JSONReader.parse(word)) ?? .string(word)
    default: return .string(word)
    }
  }

  // MARK: Help

  private static func flag(_ name: String) -> String { "--" + name.replacing("_", with: "-") }

  /// The lines of a part of a help, in columns.
  private static func section(_ title: String, _ lines: [(flag: String, help: String)]) -> String {
    var text = "\n\(title):\n"
    let width = min(22, lines.map(\.flag.count).max() ?? 0)
    for line in lines {
      var row = "  " + line.flag.padded(to: width) + " "
      for word in line.help.split(separator: " ") {
        // ArgumentParser breaks lines at column 80, without the indentation.
        if row.count + word.count + 1 > 79 {
          text += row + "\n"
          row = String(repeating: " ", count: width + 3)
        }
        row += " " + word
      }
      text += row + "\n"
    }
    return text
  }

  private static func bracketed(_ facts: String) -> String { facts.isEmpty ? "" : " (\(facts))" }

  private static func line(_ option: Option) -> (flag: String, help: String) {
    (flag(option.name), option.help + bracketed(option.facts))
  }

  /// The options of a command of `calls`, for its `--help`.
  static func help(of command: String) -> String {
    section("Options of \(command)", options(of: calls[command] ?? command).map(line))
  }

  /// The options by what they belong to, for `run --help`; an option that several tasks have stands once.
  static let help: String = {
    var seen: Set<String> = []
    let ofTasks = options.compactMap { option -> (flag: String, help: String)? in
      guard case .task = option.owner, seen.insert(option.name).inserted else { return nil }
      var owners: [(type: String, facts: String)] = []
      var help = option.help
      for other in options where other.name == option.name {
        guard case .task(let type) = other.owner else { continue }
        if !alike.contains(type) {
          owners.append((type, other.facts))
        } else if !owners.contains(where: { $0.type == Self.catalogueWords }) {
          // Sixty names say less than what they are; their words hold for any of them.
          owners.append((Self.catalogueWords, other.facts))
          help = other.help
        }
      }
      // What holds for all of them stands once.
      let isCommon = owners.allSatisfy { $0.facts == option.facts }
      let types = owners.map { isCommon ? $0.type : $0.type + bracketed($0.facts) }.joined(separator: ", ")
      let folders =
        option.name == "data" ? "; with several tasks, each reads DIR/TYPE of the given DIR, if that is there" : ""
      return (flag(option.name), help + folders + (isCommon ? bracketed(option.facts) : "") + " [\(types)]")
    }
    return section("Task options (each applies to every task given that has it)", ofTasks)
      + section("Options of the model", options.filter { $0.owner == .model }.map(line))
      + section("Options of the run", options.filter { $0.owner == .plan }.map(line))
  }()
}

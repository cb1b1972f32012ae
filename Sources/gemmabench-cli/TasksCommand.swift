import ArgumentParser
import CGemmaBench
import Support

struct TasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks", abstract: "List the tasks, search them, or show some with their options.",
    discussion: """
      Names show tasks with their options; other words list the tasks that have all of them in their name, title or tags.

        gemmabench tasks                  every task, a line each
        gemmabench tasks mathematics      those about mathematics
        gemmabench tasks mmlu arc_easy    two tasks with their options
      """)
  @Argument(help: "Names of tasks, or words to search for; none: all tasks.") var words: [String] = []
  @Option(help: "text or json.") var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    let all = (try JSONReader.parse(Library.text { gb_task_catalogue($0) }).arrayValue ?? []).compactMap(\.objectValue)
    let named = words.compactMap { word in all.first { $0["type"]?.stringValue == word } }
    let areNames = !words.isEmpty && named.count == words.count
    let found =
      areNames ? named : all.filter { entry in words.allSatisfy { Self.text(of: entry).contains($0.lowercased()) } }
    if found.isEmpty {
      let types = all.compactMap { $0["type"]?.stringValue }
      let unknown = words.first { !types.contains($0) } ?? ""
      throw ValidationError("unknown task \"\(unknown)\"\(NearestName.hint(unknown, among: types))")
    }
    if format == "json" { return Console.print(JSONValue.array(found.map { .object($0) }).text() + "\n") }
    if areNames {
      for entry in found { Self.show(entry) }
    } else {
      Self.list(found)
    }
  }

  /// What a search looks through.
  private static func text(of entry: JSONObject) -> String {
    let tags = (entry["about"]?.objectValue?["tags"]?.arrayValue ?? []).compactMap(\.stringValue)
    return ([entry["type"]?.stringValue ?? "", entry["title"]?.stringValue ?? ""] + tags).joined(separator: " ")
      .lowercased()
  }

  private static func list(_ entries: [JSONObject]) {
    let width = (entries.map { ($0["type"]?.stringValue ?? "").count }.max() ?? 0) + 2
    Console.print("\("task".padded(to: width))questions  shots  chance  \n")
    for entry in entries {
      let about = entry["about"]?.objectValue
      let questions = about?["questions"]?.integerValue.map { String($0) } ?? ""
      let shots = about?["shots"]?.integerValue.map { String($0) } ?? ""
      let chance = about?["chance"]?.doubleValue.map { $0.fixed(2) } ?? ""
      func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
      }
      Console.print(
        "\((entry["type"]?.stringValue ?? "").padded(to: width))\(right(questions, 9))  \(right(shots, 5))  \(right(chance, 6))"
          + "  \(entry["title"]?.stringValue ?? "")\n")
    }
    Console.print("\ngemmabench tasks NAME shows a task with its options.\n")
  }

  private static func show(_ entry: JSONObject) {
    Console.print("\(entry["type"]?.stringValue ?? "")  \(entry["title"]?.stringValue ?? "")\n")
    if let about = entry["about"]?.objectValue {
      var facts: [String] = []
      if let questions = about["questions"]?.integerValue { facts.append("\(questions) questions") }
      if let chance = about["chance"]?.doubleValue { facts.append("guessing scores \(chance.fixed(3))") }
      if let licence = about["licence"]?.stringValue { facts.append("licence: \(licence)") }
      if about["gated"]?.boolValue == true { facts.append("accept its terms on the Hub, and set HF_TOKEN") }
      if !facts.isEmpty { Console.print("    \(facts.joined(separator: "; "))\n") }
      for key in ["source", "paper"] {
        if let text = about[key]?.stringValue { Console.print("    \(text)\n") }
      }
    }
    for option in entry["options"]?.arrayValue ?? [] {
      guard let option = option.objectValue else { continue }
      let value = option["default"].flatMap { $0.isNull ? nil : "default \($0.text())" }
      let facts = [option["range"]?.stringValue, value].compactMap { $0 }.joined(separator: "; ")
      let name = (option["name"]?.stringValue ?? "").padded(to: 18)
      Console.print("    \(name)  \(option["help"]?.stringValue ?? "")\(facts.isEmpty ? "" : " (\(facts))")\n")
    }
  }
}

import ArgumentParser
import CGemmaBench
import Support

/// Throws unless a format is one of the two that results print in.
func checkFormat(_ format: String, _ plain: String = "text") throws {
  if format != plain, format != "json" { throw ValidationError("--format \(format): must be \(plain) or json") }
}

/// The forms that a report is printed in.
enum ReportFormat {
  static let names = ["short", "table", "markdown", "leaderboard", "summary", "json", "samples", "csv", "html"]

  static func check(_ format: String) throws {
    if !names.contains(format) {
      throw ValidationError(
        "--format \(format): must be \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")")
    }
  }

  /// Prints a report; tables in colour where standard output shows colours.
  static func print(_ report: OpaquePointer?, _ format: String) throws {
    let colored = ["table": "terminal", "short": "short_terminal"]
    if Terminal.hasColor, let name = colored[format] {
      return Console.printColored(try Library.text { gb_report_render($0, report, name) })
    }
    let text = try Library.text { gb_report_render($0, report, format) }
    if ["samples", "csv", "html"].contains(format) { Console.printExact(text) } else { Console.print(text) }
  }
}

/// Objects of JSON as lines for people.
enum Lines {
  /// A line a member, the names of what lies deeper joined by dots; texts without quotes.
  static func of(_ value: JSONValue, named name: String = "") -> String {
    let members = value.objectValue?.members ?? []
    if members.isEmpty { return "\(name.padded(to: 36))  \(value.stringValue ?? value.text())\n" }
    return members.map { of($0.value, named: name.isEmpty ? $0.key : "\(name).\($0.key)") }.joined()
  }
}

/// The options of one call, decoded by the call's own list of options: what `gb_stats` and its like take as JSON.
package struct CallOptions: Sendable {
  private var values: [String: OptionValue] = [:]
  /// The names of the options that were given, without those that have their default.
  package private(set) var given: Set<String> = []

  /// Decodes a JSON object; nil and null members count as absent, and absent options have their default.
  ///
  /// Errors: text that is not a JSON object; an unknown key, with the nearest one; an option given under two names; another kind
  /// of value; a value outside the option's range or choices.
  package init(_ text: String?, of call: String, _ options: [OptionSpecification]) throws(BenchmarkError) {
    let place = DocumentPlace(name: call)
    var value: JSONValue = [:]
    if let text {
      do throws(BenchmarkError) { value = try JSONReader.parse(text) } catch {
        throw place.error("the options are not JSON: \(error.message)")
      }
    }
    let decoder = try ObjectDecoder(value, place, known: options.flatMap(\.names))
    for option in options {
      let names = option.names.filter { decoder[$0] != nil }
      if names.count > 1 { throw place.error("\(names[0]) is given twice, also as \(names[1])") }
      if let name = names.first, let written = decoder[name] {
        values[option.name] = try option.decode(written, at: place[name])
        given.insert(option.name)
      } else if !option.defaultValue.isNull {
        values[option.name] = try option.decode(option.defaultValue, at: place[option.name])
      }
    }
  }

  /// The value of an option by its full name: the given one, else the default; nil where it has none.
  package subscript(_ name: String) -> OptionValue? { values[name] }
}

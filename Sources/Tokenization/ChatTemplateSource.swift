import Checkpoints
import Support

/// A chat template where a checkpoint has it, not parsed yet.
package struct ChatTemplateSource: Sendable, Equatable {
  /// What a template is called that has no other name.
  package static let standardName = "default"

  /// "default", "tool_use", ...
  package let name: String
  /// The Jinja text.
  package let text: String
  /// The file that it stands in, relative to the checkpoint folder, or "gguf".
  package let file: String

  package var sha256: String { SHA256.hexadecimal(text) }

  /// What reports call it: the file, and the name where it is not the default and the file has several.
  package var title: String {
    name == Self.standardName || file.hasSuffix("/\(name).jinja") ? file : "\(file) (\(name))"
  }

  /// The templates of a checkpoint folder, as `transformers` 5 looks for them: chat_template.jinja and those of
  /// additional_chat_templates, where there are none the "chat_template" of tokenizer_config.json (a text, or a list of
  /// names and texts), where there is none that of chat_template.json.
  ///
  /// An additional template called "default" takes the place of chat_template.jinja, as there. Empty texts are none.
  /// Errors: a malformed file.
  package static func all(folder: String) throws(BenchmarkError) -> [ChatTemplateSource] {
    var sources: [ChatTemplateSource] = []
    let (jinja, others) = ("chat_template.jinja", "additional_chat_templates")
    if FileSystem.isFile("\(folder)/\(jinja)") {
      sources.add(standardName, try FileSystem.readText("\(folder)/\(jinja)"), jinja)
    }
    if FileSystem.isFolder("\(folder)/\(others)") {
      for file in try FileSystem.list("\(folder)/\(others)").sorted() where file.hasSuffix(".jinja") {
        let text = try FileSystem.readText("\(folder)/\(others)/\(file)")
        sources.add(String(file.dropLast(".jinja".count)), text, "\(others)/\(file)")
      }
    }
    for file in ["tokenizer_config.json", "chat_template.json"]
    where sources.isEmpty && FileSystem.isFile("\(folder)/\(file)") {
      sources = try all(json: "\(folder)/\(file)", file)
    }
    return sources
  }

  /// The templates of a GGUF file: the unnamed one, and those whose names `tokenizer.chat_templates` lists.
  package static func all(gguf file: GGUFFile) throws(BenchmarkError) -> [ChatTemplateSource] {
    var sources: [ChatTemplateSource] = []
    let key = "tokenizer.chat_template"
    var names = try file.array("tokenizer.chat_templates")?.strings() ?? []
    if !names.contains(standardName) { names.append(standardName) }
    for name in names { if let text = try file.string("\(key).\(name)") { sources.add(name, text, "gguf") } }
    // As in llama.cpp, the unnamed one is the default.
    if let text = try file.string(key) { sources.add(standardName, text, "gguf") }
    return sources
  }

  /// Puts templates into a GGUF file, as gguf-py's `add_chat_template` does: the default one without a name, the others by
  /// names of letters, digits and underscores, which an array lists.
  static func write(_ sources: [ChatTemplateSource], to metadata: inout GGUFMetadata) {
    let key = "tokenizer.chat_template"
    var names: [[UInt8]] = []
    for source in sources {
      if source.name == standardName {
        metadata.set(key, source.text)
        continue
      }
      let name = String(String.UnicodeScalarView(source.name.unicodeScalars.map { isPlain($0) ? $0 : "_" }))
      metadata.set("\(key).\(name)", source.text)
      names.append(Array(name.utf8))
    }
    if !names.isEmpty { metadata.set("tokenizer.chat_templates", names) }
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
  }

  /// The templates of a file of the user: a Jinja text, or a .json file with a "chat_template".
  package static func all(file path: String) throws(BenchmarkError) -> [ChatTemplateSource] {
    if path.hasSuffix(".json") { return try all(json: path, path) }
    var sources: [ChatTemplateSource] = []
    sources.add(standardName, try FileSystem.readText(path), path)
    return sources
  }

  /// The "chat_template" of a JSON file: a text, a list of names and texts, or an object of texts by name.
  private static func all(json path: String, _ file: String) throws(BenchmarkError) -> [ChatTemplateSource] {
    var sources: [ChatTemplateSource] = []
    switch try object(path)["chat_template"] {
    case nil, .null?: break
    case .string(let text)?: sources.add(standardName, text, file)
    case .array(let entries)?:
      for entry in entries.compactMap(\.objectValue) {
        guard let name = entry["name"]?.stringValue, let text = entry["template"]?.stringValue else {
          throw BenchmarkError(
            .invalidFile, "\(path): an entry of \"chat_template\" lacks \"name\" or \"template\"")
        }
        sources.add(name, text, file)
      }
    case .object(let object)?:
      for (name, value) in object.members { if let text = value.stringValue { sources.add(name, text, file) } }
    case let other?: throw BenchmarkError(.invalidFile, "\(path): \"chat_template\" is \(other.typeName), not a text")
    }
    return sources
  }

  static func object(_ path: String) throws(BenchmarkError) -> JSONObject {
    guard let object = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython).objectValue
    else {
      throw BenchmarkError(.invalidFile, "\(path): not an object")
    }
    return object
  }
}

extension [ChatTemplateSource] {
  /// Adds a template, in place of one of the same name. An empty text is like none, as llama.cpp has it, since nothing of a
  /// conversation would stand in its text.
  fileprivate mutating func add(_ name: String, _ text: String, _ file: String) {
    if text.allSatisfy(\.isWhitespace) { return }
    removeAll { $0.name == name }
    append(ChatTemplateSource(name: name, text: text, file: file))
  }

  /// The template of a name; without one the default; nil where there are none, unless one was asked for.
  ///
  /// Errors: a name that none has, with the nearest one; several without a default.
  func chosen(_ name: String?, in place: String) throws(BenchmarkError) -> ChatTemplateSource? {
    let names = map(\.name)
    if let name {
      if let found = first(where: { $0.name == name }) { return found }
      let known = names.isEmpty ? "it has no chat template" : "its chat templates: \(names.joined(separator: ", "))"
      throw BenchmarkError(.invalidArgument, "\(place): no chat template is called \"\(name)\"; \(known)")
    }
    if let standard = first(where: { $0.name == ChatTemplateSource.standardName }) { return standard }
    if isEmpty { return nil }
    throw BenchmarkError(
      .invalidFile,
      "\(place): several chat templates (\(names.joined(separator: ", "))) and none has the name \"default\";"
        + " name the one to use, or put it into chat_template.jinja")
  }
}

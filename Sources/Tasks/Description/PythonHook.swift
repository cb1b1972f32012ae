import Support

/// A function of Python that a task file names (`!function utils.process_docs`).
///
/// A function is recognised by its text: `digest` is that of its definition with all that it uses of its module, and
/// `NativeHooks` has counterparts of those that many tasks use. One without a counterpart is run where Python may be run
/// (`TaskPython`), and an error otherwise.
struct PythonHook: Sendable {
  /// As the file names it, such as `utils.process_docs`.
  let reference: String
  let place: DocumentPlace
  /// The function's name in its module.
  let name: String
  /// The module as it is imported, such as `utils`.
  let module: String
  /// The file that the module is looked for in first.
  let path: String
  /// What `PythonModule` finds of the function, or why it finds nothing.
  let definition: Result<String, BenchmarkError>
  /// The name of a function that is written here, not in Python.
  let native: String?
  /// Runs the function where it has no counterpart; nil where no Python is run.
  let python: TaskPython?

  init(_ reference: String, folder: String?, at place: DocumentPlace, python: TaskPython? = nil) {
    self.reference = reference
    self.place = place
    self.python = python
    let tag = TaskFile.nativeTag + " "
    if reference.hasPrefix(tag) {
      native = String(reference.dropFirst(tag.count))
      (module, name, path) = ("", reference, "")
      definition = .success("")
      return
    }
    native = nil
    let point = reference.lastIndex(of: ".")
    let module = point.map { String(reference[..<$0]) } ?? ""
    let name = point.map { String(reference[reference.index(after: $0)...]) } ?? reference
    let path = Paths.joined(folder, String(module.map { $0 == "." ? "/" : $0 }) + ".py")
    (self.module, self.name, self.path) = (module, name, path)
    definition = Result { () throws(BenchmarkError) in
      if module.isEmpty { throw place.error("\"\(reference)\" names no module, such as utils.\(reference)") }
      do throws(BenchmarkError) {
        guard let text = PythonModule(try FileSystem.readText(path)).closure(of: name) else {
          throw place.error("\(path) does not define \(name)")
        }
        return text
      } catch  where error.kind == .notFound { throw place.error(error.message) }
    }
  }

  /// What `NativeHooks` knows the function by: the digest of its definition, or its name here; of one that its module only
  /// imports, where Python may be run, the digest of its name.
  func digest() throws(BenchmarkError) -> String {
    if let native { return NativeHooks.names[native] ?? native }
    do throws(BenchmarkError) { return SHA256.hexadecimal(try definition.get()) } catch {
      if python == nil { throw error }
      return SHA256.hexadecimal(reference)
    }
  }

  /// The error for a function without a counterpart here.
  func unknown() -> BenchmarkError {
    if let native {
      return place.error(
        "no such function: \"\(native)\"\(NearestName.hint(native, among: Array(NativeHooks.names.keys).sorted()))")
    }
    do throws(BenchmarkError) {
      return place.error(
        "the Python function \(reference) (SHA-256 \(try digest().prefix(16))...) has no counterpart here; give"
          + " \"hooks\": \"python\" (--hooks python) to have Python run it, or write what it does as a template",
        .unsupported)
    } catch { return error }
  }
}

/// The definitions at the top of a module of Python.
struct PythonModule {
  private struct Definition {
    /// What it binds; nil for imports, texts and other statements.
    let name: String?
    let text: String
    let words: Set<String>
  }

  private let definitions: [Definition]

  init(_ source: String) {
    var blocks: [[Substring]] = []
    var quote: String?
    var depth = 0
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      let isInside = quote != nil || depth > 0
      let begins =
        !isInside && line.first.map { !$0.isWhitespace && $0 != "#" && $0 != ")" && $0 != "]" && $0 != "}" } ?? false
      let continuesDecorator =
        blocks.last.map { block in !block.isEmpty && block.allSatisfy { $0.hasPrefix("@") || $0.isEmpty } } ?? false
      if begins && !continuesDecorator || blocks.isEmpty { blocks.append([]) }
      blocks[blocks.count - 1].append(line)
      Self.scan(line, &quote, &depth)
    }
    definitions = blocks.map(Self.definition)
  }

  /// Follows quotes of three and brackets over a line.
  private static func scan(_ line: Substring, _ quote: inout String?, _ depth: inout Int) {
    let bytes = Array(line.utf8)
    var index = 0
    var short: UInt8?
    func isTriple(_ byte: UInt8) -> Bool {
      index + 2 < bytes.count && bytes[index + 1] == byte && bytes[index + 2] == byte
    }
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\") {
        index += 2
        continue
      }
      let isQuote = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      if let open = quote {
        if isQuote, open.utf8.first == byte, isTriple(byte) {
          quote = nil
          index += 2
        }
      } else if let open = short {
        if byte == open { short = nil }
      } else if isQuote {
        if isTriple(byte) {
          quote = String(UnicodeScalar(byte))
          index += 2
        } else {
          short = byte
        }
      } else if byte == UInt8(ascii: "#") {
        return
      } else if "([{".utf8.contains(byte) {
        depth += 1
      } else if ")]}".utf8.contains(byte) {
        depth = max(0, depth - 1)
      }
      index += 1
    }
  }

  private static func definition(_ lines: [Substring]) -> Definition {
    var lines = lines[...]
    func isNothing(_ line: Substring) -> Bool {
      line.allSatisfy(\.isWhitespace) || line.first == "#"
    }
    while let last = lines.last, isNothing(last) { lines.removeLast() }
    let text = lines.joined(separator: "\n")
    let words = Self.words(text)
    let first = lines.first { !$0.hasPrefix("@") } ?? ""
    var parts = first.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).map(String.init)
    var name: String?
    if parts.first == "async" { parts.removeFirst() }
    if parts.first == "def" || parts.first == "class" {
      name = parts.count > 1 ? parts[1] : nil
    } else if !first.hasPrefix("import ") && !first.hasPrefix("from "), let word = parts.first, first.hasPrefix(word),
      first.dropFirst(word.count).drop(while: { $0 == " " }).first.map({ $0 == "=" || $0 == ":" }) == true
    {
      name = word
    }
    return Definition(name: name, text: text, words: words)
  }

  /// The names in a text of Python.
  private static func words(_ text: String) -> Set<String> {
    Set(text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }).map(String.init))
  }

  /// A definition with those that it uses, in the order of the module; nil if there is none of the name.
  func closure(of name: String) -> String? {
    var wanted: Set<String> = [name]
    var taken = Set<Int>()
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (index, definition) in definitions.enumerated() where !taken.contains(index) {
        guard let bound = definition.name, wanted.contains(bound) else { continue }
        taken.insert(index)
        wanted.formUnion(definition.words)
        isGrowing = true
      }
    }
    guard taken.contains(where: { definitions[$0].name == name }) else { return nil }
    return taken.sorted().map { definitions[$0].text + "\n" }.joined()
  }
}

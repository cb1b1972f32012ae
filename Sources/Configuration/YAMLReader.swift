import CYAML
import Support

/// Reads one YAML document into a value, by libyaml's events.
///
/// Scalars are those of YAML 1.2's core schema. A key that stands twice is an error. Aliases are expanded, up to a bound
/// on what the document becomes, so that a few lines of text cannot fill the memory; `<<` merges the maps it names.
package struct YAMLReader {
  /// What a document may have beyond YAML 1.2's core schema.
  package struct Dialect: Sendable {
    /// Whether plain scalars are those of YAML 1.1 as PyYAML reads it: `yes` is true, `1_000` a number, `1e5` a text. Of keys
    /// that stand twice the last counts.
    package var isPython: Bool
    /// Tags of scalars that have a meaning to the caller, such as `!function`; one becomes a map with the tag as its key.
    package var tags: Set<String>

    package init(isPython: Bool = false, tags: Set<String> = []) {
      self.isPython = isPython
      self.tags = tags
    }
  }

  /// A text beyond this is no configuration.
  static let maximumBytes = 4 << 20
  /// Nesting beyond this is refused, so that hostile text cannot exhaust the stack.
  static let maximumDepth = 64
  /// Values that a document may have once its aliases are expanded.
  static let maximumValues = 200_000

  private let name: String
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let dialect: Dialect
  private var anchors: [String: (node: MarkedDocument.Node, count: Int)] = [:]
  private var count = 0

  /// The document of a text in UTF-8 or UTF-16. `name` stands in front of the message of an error, with line and column.
  package static func parse(_ bytes: [UInt8], name: String = "YAML", dialect: Dialect = Dialect())
    throws(BenchmarkError) -> MarkedDocument
  {
    if bytes.count > maximumBytes {
      throw BenchmarkError(.invalidFile, "\(name): \(bytes.count) bytes is too large for a configuration")
    }
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    if yaml_parser_initialize(parser) == 0 { throw BenchmarkError(.outOfMemory, "\(name): no memory to parse it") }
    defer { yaml_parser_delete(parser) }
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result<MarkedDocument, BenchmarkError> { () throws(BenchmarkError) in
        // An empty buffer has no address; libyaml wants one.
        var nothing: UInt8 = 0
        if let start = buffer.baseAddress {
          yaml_parser_set_input_string(parser, start, buffer.count)
        } else {
          yaml_parser_set_input_string(parser, &nothing, 0)
        }
        var reader = YAMLReader(name: name, parser: parser, dialect: dialect)
        return try reader.document()
      }
    }
    return try result.get()
  }

  package static func parse(_ text: String, name: String = "YAML") throws(BenchmarkError) -> MarkedDocument {
    try parse(Array(text.utf8), name: name)
  }

  private init(name: String, parser: UnsafeMutablePointer<yaml_parser_t>, dialect: Dialect) {
    self.name = name
    self.dialect = dialect
    self.parser = parser
  }

  /// An event of libyaml, as values.
  private enum Event {
    case scalar(text: String, isPlain: Bool, tag: String?, anchor: String?)
    case alias(String)
    case listStart(anchor: String?)
    case mapStart(anchor: String?)
    case end
    case documentStart
    case other
  }

  private func failure(_ reason: String, _ mark: TextPosition) -> BenchmarkError {
    BenchmarkError(.invalidFile, "\(name):\(mark.line):\(mark.column): \(reason)")
  }

  private static func mark(_ mark: yaml_mark_t) -> TextPosition {
    TextPosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  private static func text(_ pointer: UnsafePointer<UInt8>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func next() throws(BenchmarkError) -> (event: Event, mark: TextPosition) {
    var event = yaml_event_t()
    if yaml_parser_parse(parser, &event) == 0 {
      let problem = parser.pointee.problem.map { String(cString: $0) } ?? "malformed YAML"
      if parser.pointee.error == YAML_MEMORY_ERROR {
        throw BenchmarkError(.outOfMemory, "\(name): no memory to parse it")
      }
      // A reader's problem (bad encoding) has an offset and no line.
      if parser.pointee.error == YAML_READER_ERROR {
        throw BenchmarkError(.invalidFile, "\(name): \(problem) at byte \(parser.pointee.problem_offset)")
      }
      throw failure(problem, Self.mark(parser.pointee.problem_mark))
    }
    defer { yaml_event_delete(&event) }
    let mark = Self.mark(event.start_mark)
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      return (
        .scalar(text: text, isPlain: isPlain, tag: Self.text(scalar.tag), anchor: Self.text(scalar.anchor)), mark
      )
    case YAML_ALIAS_EVENT: return (.alias(Self.text(event.data.alias.anchor) ?? ""), mark)
    case YAML_SEQUENCE_START_EVENT: return (.listStart(anchor: Self.text(event.data.sequence_start.anchor)), mark)
    case YAML_MAPPING_START_EVENT: return (.mapStart(anchor: Self.text(event.data.mapping_start.anchor)), mark)
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_STREAM_END_EVENT: return (.end, mark)
    case YAML_DOCUMENT_START_EVENT: return (.documentStart, mark)
    default: return (.other, mark)
    }
  }

  private mutating func document() throws(BenchmarkError) -> MarkedDocument {
    _ = try next()  // the stream starts
    let (start, mark) = try next()
    guard case .documentStart = start else { return MarkedDocument(root: .scalar(.null, mark)) }
    let (event, rootMark) = try next()
    let root = try node(event, rootMark, depth: 0)
    _ = try next()  // the document ends
    let (after, afterMark) = try next()
    if case .documentStart = after { throw failure("more than one YAML document; a file must have one", afterMark) }
    return MarkedDocument(root: root)
  }

  private mutating func node(_ event: Event, _ mark: TextPosition, depth: Int) throws(BenchmarkError)
    -> MarkedDocument.Node
  {
    if depth > Self.maximumDepth { throw failure("nesting deeper than \(Self.maximumDepth)", mark) }
    try grow(by: 1, mark)
    let before = count - 1
    switch event {
    case .scalar(let text, _, let tag?, let anchor) where dialect.tags.contains(tag):
      return keep(.map([(tag, mark, .scalar(.string(text), mark))], mark), anchor, before)
    case .scalar(let text, let isPlain, let tag, let anchor):
      let node = MarkedDocument.Node.scalar(try scalar(text, isPlain, tag, mark), mark)
      return keep(node, anchor, before)
    case .alias(let anchor):
      guard let known = anchors[anchor] else { throw failure("unknown anchor \"\(anchor)\"", mark) }
      try grow(by: known.count - 1, mark)
      return known.node
    case .listStart(let anchor):
      var elements: [MarkedDocument.Node] = []
      while true {
        let (event, elementMark) = try next()
        if case .end = event { break }
        elements.append(try node(event, elementMark, depth: depth + 1))
      }
      return keep(.list(elements, mark), anchor, before)
    case .mapStart(let anchor): return keep(try map(mark, depth), anchor, before)
    case .end, .documentStart, .other: throw failure("a value was expected", mark)
    }
  }

  private mutating func keep(_ node: MarkedDocument.Node, _ anchor: String?, _ before: Int) -> MarkedDocument.Node {
    if let anchor { anchors[anchor] = (node, count - before) }
    return node
  }

  private mutating func grow(by values: Int, _ mark: TextPosition) throws(BenchmarkError) {
    count += values
    if count > Self.maximumValues {
      throw failure("more than \(Self.maximumValues) values once aliases are expanded", mark)
    }
  }

  private mutating func map(_ mark: TextPosition, _ depth: Int) throws(BenchmarkError) -> MarkedDocument.Node {
    var members: [(key: String, mark: TextPosition, value: MarkedDocument.Node)] = []
    var positions: [String: TextPosition] = [:]
    var merged: [(key: String, mark: TextPosition, value: MarkedDocument.Node)] = []
    while true {
      let (keyEvent, keyMark) = try next()
      if case .end = keyEvent { break }
      let key: String
      var isMerge = false
      switch keyEvent {
      case .scalar(let text, let isPlain, _, _):
        key = text
        isMerge = isPlain && text == "<<"
      case .alias(let anchor):
        guard case .scalar(.string(let text), _)? = anchors[anchor]?.node else {
          throw failure("a key must be a text", keyMark)
        }
        key = text
      default: throw failure("a key must be a text", keyMark)
      }
      let (event, valueMark) = try next()
      let value = try node(event, valueMark, depth: depth + 1)
      if isMerge {
        merged += try mergedMembers(value, keyMark)
        continue
      }
      if dialect.isPython, positions[key] != nil {
        // PyYAML takes the last.
        members.removeAll { $0.key == key }
      } else if let first = positions[key] {
        throw failure("the key \"\(key)\" is given twice in one map, first in line \(first.line)", keyMark)
      }
      positions[key] = keyMark
      members.append((key, keyMark, value))
    }
    // What a map says itself goes before what it merges, and the first of several merged maps before the others.
    for member in merged where positions[member.key] == nil {
      positions[member.key] = member.mark
      members.append(member)
    }
    return .map(members, mark)
  }

  private func mergedMembers(_ value: MarkedDocument.Node, _ mark: TextPosition) throws(BenchmarkError)
    -> [(key: String, mark: TextPosition, value: MarkedDocument.Node)]
  {
    switch value {
    case .map(let members, _): return members
    case .list(let elements, _):
      var found: [(key: String, mark: TextPosition, value: MarkedDocument.Node)] = []
      for element in elements {
        guard case .map(let members, _) = element else { throw failure("\"<<\" needs a map, or a list of maps", mark) }
        found += members
      }
      return found
    case .scalar: throw failure("\"<<\" needs a map, or a list of maps", mark)
    }
  }

  private func scalar(_ text: String, _ isPlain: Bool, _ tag: String?, _ mark: TextPosition) throws(BenchmarkError)
    -> JSONValue
  {
    let core = "tag:yaml.org,2002:"
    if let tag, tag != "!" {
      guard tag.hasPrefix(core) else { throw failure("unknown tag \"\(tag)\"", mark) }
      let type = tag.dropFirst(core.count)
      if type == "str" { return .string(text) }
      let value = YAMLScalar.value(of: text)
      switch (type, value) {
      case ("null", .null?), ("bool", .bool?), ("int", .integer?), ("float", .number?): return value ?? .null
      case ("float", .integer(let whole)?): return .number(Double(whole))
      default: throw failure("\"\(text)\" is not a valid \(type)", mark)
      }
    }
    if !isPlain || tag == "!" { return .string(text) }
    if dialect.isPython { return YAMLScalar.pythonValue(of: text) }
    guard let value = YAMLScalar.value(of: text) else {
      throw failure("the number \(text) is out of range", mark)
    }
    return value
  }
}

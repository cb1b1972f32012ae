/// A JSON document held in memory; objects keep the order of their members.
package enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  /// A number written without fraction or exponent that fits 64 bits.
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object, in the order of the document, each key once.
///
/// Keys are compared byte by byte: JSON knows no canonical equivalence, and vocabularies have keys that differ in it alone.
package struct JSONObject: Equatable, Sendable, ExpressibleByDictionaryLiteral {
  package private(set) var members: [(key: String, value: JSONValue)]
  /// Positions by key; built only for objects too long to scan.
  private var positions: [[UInt8]: Int]?

  private static let scanLimit = 16

  package init() { members = [] }

  /// Builds an object; a repeated key keeps its last value.
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    members = []
    for (key, value) in elements { self[key] = value }
  }

  /// Builds an object of members whose keys are known to differ.
  package init(distinct members: [(key: String, value: JSONValue)]) { self.members = members }

  /// Appends a member; false, and nothing changes, if the key is there already.
  mutating func append(_ key: String, _ value: JSONValue) -> Bool {
    if position(of: key) != nil { return false }
    members.append((key, value))
    if positions != nil {
      positions![Array(key.utf8)] = members.count - 1
    } else if members.count > Self.scanLimit {
      var index = [[UInt8]: Int](minimumCapacity: members.count * 2)
      for (offset, member) in members.enumerated() { index[Array(member.key.utf8)] = offset }
      positions = index
    }
    return true
  }

  private func position(of key: String) -> Int? {
    if let positions { return positions[Array(key.utf8)] }
    return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
  }

  /// The value of a key; assigning nil removes the member.
  package subscript(key: String) -> JSONValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (nil, let value?): _ = append(key, value)
      case (let position?, nil):
        members.remove(at: position)
        positions = nil
      case (nil, nil): break
      }
    }
  }

  package var keys: [String] { members.map(\.key) }

  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && zip(left.members, right.members).allSatisfy {
        $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
      }
  }
}

extension JSONValue {
  package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  package var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
  package var isNull: Bool { self == .null }

  /// The number as an integer, if it is one exactly.
  package var integerValue: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number as a double; integers convert.
  package var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// What the value is, in words fit for an error message.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }

  package init(_ value: Int) { self = .integer(Int64(value)) }

  /// An optional as its value or null: absent is never NaN or zero.
  package init(optional value: Double?) { self = value.map { .number($0) } ?? .null }
}

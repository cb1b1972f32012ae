/// A place in a text, counted from 1; columns count characters.
package struct TextPosition: Sendable, Equatable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A document as a value, with where each part of it stands in the text.
package struct MarkedDocument: Sendable {
  /// A value and where it begins.
  package indirect enum Node: Sendable {
    case scalar(JSONValue, TextPosition)
    case list([Node], TextPosition)
    case map([(key: String, mark: TextPosition, value: Node)], TextPosition)

    package var mark: TextPosition {
      switch self {
      case .scalar(_, let mark), .list(_, let mark), .map(_, let mark): mark
      }
    }

    package var value: JSONValue {
      switch self {
      case .scalar(let value, _): return value
      case .list(let elements, _): return .array(elements.map(\.value))
      case .map(let members, _):
        var object = JSONObject()
        for member in members { object[member.key] = member.value.value }
        return .object(object)
      }
    }

    func child(_ key: String) -> Node? {
      switch self {
      case .scalar: return nil
      case .list(let elements, _):
        guard let index = Int(key), elements.indices.contains(index) else { return nil }
        return elements[index]
      case .map(let members, _): return members.first { $0.key == key }?.value
      }
    }
  }

  private let root: Node
  package let value: JSONValue

  package init(root: Node) {
    self.root = root
    value = root.value
  }

  /// Where the value at a path stands, or the nearest part around it that there is; list positions are keys too, from "0".
  package func mark(of path: [String]) -> TextPosition {
    var node = root
    for key in path {
      guard let next = node.child(key) else { break }
      node = next
    }
    return node.mark
  }

  /// Where the key at the end of a path stands; else the value.
  package func keyMark(of path: [String]) -> TextPosition {
    guard let last = path.last else { return root.mark }
    var node = root
    for key in path.dropLast() {
      guard let next = node.child(key) else { return mark(of: path) }
      node = next
    }
    if case .map(let members, _) = node, let member = members.first(where: { $0.key == last }) { return member.mark }
    return mark(of: path)
  }
}

import Support

/// A column of a parquet file, or a group of columns, as a tree.
struct ParquetNode: Sendable {
  enum Repetition: Int { case required = 0, optional, repeated }

  indirect enum Content: Sendable {
    case leaf(LeafType)
    case structure([ParquetNode])
    /// A repeated node, and whether an element is the whole of it or its only child.
    case list(ParquetNode, elementIsWhole: Bool)
    /// A repeated node with a key and a value.
    case map(ParquetNode)
  }

  let name: String
  let repetition: Repetition
  /// The definition level from which on the node has a value: how many of it and its ancestors may be missing or repeat.
  let definition: Int
  /// How many of the node and its ancestors repeat.
  let repetitionDepth: Int
  /// The positions of its leaves among those of the file.
  let leaves: Range<Int>
  let content: Content
}

/// A leaf of the tree: where values lie.
struct ParquetLeaf: Sendable {
  /// The names from the top to the leaf, joined by points.
  let path: String
  let type: LeafType
  let maximumDefinition: Int
  let maximumRepetition: Int
}

/// The tree of a file's columns.
struct ParquetSchema: Sendable {
  /// Columns nested deeper are refused.
  static let maximumDepth = 64

  let columns: [ParquetNode]
  let leaves: [ParquetLeaf]

  init(_ elements: [ParquetMetadata.Element]) throws(DataFault) {
    var builder = Builder(elements: elements)
    columns = try builder.children(
      elements[0].childCount, Builder.Place(path: "", definition: 0, repetition: 0, depth: 0))
    if builder.position != elements.count { throw DataFault("the schema has columns outside of the tree") }
    leaves = builder.leaves
  }

  /// Builds nodes from the elements, which stand in the order of a walk through the tree.
  private struct Builder {
    struct Place {
      var path: String
      var definition: Int
      var repetition: Int
      var depth: Int
    }

    let elements: [ParquetMetadata.Element]
    var position = 1
    var leaves: [ParquetLeaf] = []

    mutating func children(_ count: Int, _ place: Place) throws(DataFault) -> [ParquetNode] {
      guard count >= 0, count <= elements.count - position else { throw DataFault("the schema ends early") }
      var nodes: [ParquetNode] = []
      for _ in 0..<count { nodes.append(try node(place)) }
      var seen: Set<[UInt8]> = []
      for node in nodes where !seen.insert(Array(node.name.utf8)).inserted {
        throw DataFault("two columns have the name \"\(place.path)\(node.name)\"")
      }
      return nodes
    }

    private mutating func node(_ parent: Place) throws(DataFault) -> ParquetNode {
      guard position < elements.count else { throw DataFault("the schema ends early") }
      let element = elements[position]
      position += 1
      let path = parent.path + element.name
      guard let repetition = ParquetNode.Repetition(rawValue: element.repetition ?? 0) else {
        throw DataFault("column \"\(path)\": unknown repetition \(element.repetition ?? 0)")
      }
      var place = Place(
        path: path + ".", definition: parent.definition, repetition: parent.repetition, depth: parent.depth + 1)
      if repetition != .required { place.definition += 1 }
      if repetition == .repeated { place.repetition += 1 }
      if place.depth > maximumDepth { throw DataFault("columns nested deeper than \(maximumDepth)") }
      let first = leaves.count
      let content: ParquetNode.Content
      if element.physical != nil, element.childCount == 0 {
        let type = try LeafType(element, path: path)
        leaves.append(
          ParquetLeaf(
            path: path, type: type, maximumDefinition: place.definition, maximumRepetition: place.repetition))
        content = .leaf(type)
      } else {
        if element.childCount <= 0 { throw DataFault("column \"\(path)\" has neither a type nor columns in it") }
        content = try self.content(of: element, try children(element.childCount, place), path)
      }
      return ParquetNode(
        name: element.name, repetition: repetition, definition: place.definition, repetitionDepth: place.repetition,
        leaves: first..<leaves.count, content: content)
    }

    /// What a group is. Lists of older writers follow the rules for backward compatibility in
    /// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists
    private func content(
      of element: ParquetMetadata.Element, _ children: [ParquetNode], _ path: String
    ) throws(DataFault) -> ParquetNode.Content {
      let isList = element.logical?.number == 3 || (element.logical == nil && element.converted == 3)
      // 2, MAP_KEY_VALUE, was written where MAP was meant.
      let isMap =
        element.logical?.number == 2 || (element.logical == nil && (element.converted == 1 || element.converted == 2))
      guard isList || (isMap && children.count == 1 && children[0].repetition == .repeated) else {
        return .structure(children)
      }
      guard children.count == 1, children[0].repetition == .repeated else {
        throw DataFault("column \"\(path)\": a list must have one column that repeats")
      }
      let repeated = children[0]
      guard case .structure(let inner) = repeated.content else { return .list(repeated, elementIsWhole: true) }
      if isMap, inner.count == 2 { return .map(repeated) }
      let isWhole =
        inner.count != 1 || inner[0].repetition == .repeated || repeated.name == "array"
        || repeated.name == element.name + "_tuple"
      return .list(repeated, elementIsWhole: isWhole)
    }
  }
}

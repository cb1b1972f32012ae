import Support

/// Puts the rows of a row group together from its columns.
///
/// An entry's definition level says how much of its path is there, its repetition level which list it goes on with (the scheme
/// of Dremel: Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets", 2010). Columns of one group must agree.
final class RecordAssembler {
  private let columns: [NodeAssembler]
  private let cursors: [ColumnCursor]
  private let budget = RowBudget()

  /// - Parameter cursor: Opens a leaf of the file.
  init(
    _ columns: [ParquetNode], cursor: (Int) throws(BenchmarkError) -> ColumnCursor
  ) throws(BenchmarkError) {
    var nodes: [NodeAssembler] = []
    for column in columns { nodes.append(try NodeAssembler(column, budget, cursor)) }
    self.columns = nodes
    cursors = nodes.flatMap(\.cursors)
  }

  func row() throws(BenchmarkError) -> JSONObject {
    budget.refill()
    for cursor in cursors where cursor.leaf.maximumRepetition > 0 {
      try cursor.requireEntry()
      if cursor.repetition != 0 { throw cursor.failure("a row begins inside of a list") }
    }
    return try NodeAssembler.object(columns)
  }

  /// Throws if a column goes on behind the last row.
  func checkEnd() throws(BenchmarkError) {
    for cursor in cursors where try cursor.hasEntry() { throw cursor.failure("more values than rows") }
  }
}

/// Counts the entries of a row: a run of two thousand million nulls in one list takes a file no bytes, but would take memory.
private final class RowBudget {
  @exclusivity(unchecked) private var left = 0

  func refill() { left = ParquetLimits.valuesPerRow }

  func spend(_ cursor: ColumnCursor) throws(BenchmarkError) {
    left -= 1
    if left < 0 { throw cursor.failure("a row of more than \(ParquetLimits.valuesPerRow) values") }
  }
}

/// Puts the values of a node together.
private final class NodeAssembler {
  private enum Shape {
    case leaf, structure
    /// The elements are those of the only child.
    case list
    /// The elements are pairs of the only child's two.
    case map
  }

  let cursors: [ColumnCursor]
  private let name: String
  private let repetition: ParquetNode.Repetition
  private let definition: Int
  private let depth: Int
  private let shape: Shape
  private let children: [NodeAssembler]
  /// Of a list: whether an element is the whole of the node that repeats.
  private let elementIsWhole: Bool
  private let first: ColumnCursor
  private let budget: RowBudget

  init(
    _ node: ParquetNode, _ budget: RowBudget, _ cursor: (Int) throws(BenchmarkError) -> ColumnCursor
  ) throws(BenchmarkError) {
    name = node.name
    repetition = node.repetition
    definition = node.definition
    depth = node.repetitionDepth
    self.budget = budget
    var isWhole = false
    let inner: [ParquetNode]
    switch node.content {
    case .leaf: (shape, inner) = (.leaf, [])
    case .structure(let children): (shape, inner) = (.structure, children)
    case .list(let repeated, let elementIsWhole):
      (shape, inner) = (.list, [repeated])
      isWhole = elementIsWhole
    case .map(let repeated): (shape, inner) = (.map, [repeated])
    }
    elementIsWhole = isWhole
    if case .leaf = shape {
      cursors = [try cursor(node.leaves.lowerBound)]
      children = []
    } else {
      var children: [NodeAssembler] = []
      for child in inner { children.append(try NodeAssembler(child, budget, cursor)) }
      self.children = children
      cursors = children.flatMap(\.cursors)
    }
    first = cursors[0]
  }

  static func object(_ nodes: [NodeAssembler]) throws(BenchmarkError) -> JSONObject {
    var members: [(key: String, value: JSONValue)] = []
    members.reserveCapacity(nodes.count)
    for node in nodes { members.append((node.name, try node.value())) }
    return JSONObject(distinct: members)
  }

  /// The value in the next entry.
  private func value() throws(BenchmarkError) -> JSONValue {
    switch repetition {
    case .required: return try content()
    case .optional: return try isThere() ? try content() : .null
    case .repeated:
      guard try isThere() else { return .array([]) }
      var elements: [JSONValue] = []
      repeat { elements.append(try content()) } while try goesOn()
      return .array(elements)
    }
  }

  private func content() throws(BenchmarkError) -> JSONValue {
    switch shape {
    case .leaf:
      try budget.spend(first)
      return try first.take()
    case .structure: return .object(try Self.object(children))
    case .list, .map: return try children[0].elements(of: self)
    }
  }

  /// The elements of a list or map, of which this is the node that repeats.
  private func elements(of list: NodeAssembler) throws(BenchmarkError) -> JSONValue {
    guard try isThere() else { return .array([]) }
    var elements: [JSONValue] = []
    repeat {
      if case .map = list.shape {
        elements.append(.array([try children[0].value(), try children[1].value()]))
      } else {
        elements.append(list.elementIsWhole ? try content() : try children[0].value())
      }
    } while try goesOn()
    return .array(elements)
  }

  /// Whether the node has a value in the next entry; where not, the entry is stepped over.
  private func isThere() throws(BenchmarkError) -> Bool {
    try first.requireEntry()
    let isThere = first.definition >= definition
    if isThere, case .leaf = shape { return true }
    for cursor in cursors {
      try cursor.requireEntry()
      if (cursor.definition >= definition) != isThere { throw disagreement(cursor) }
      if isThere { continue }
      try budget.spend(cursor)
      cursor.skip()
    }
    return isThere
  }

  /// Whether the next entry is another element of the node.
  private func goesOn() throws(BenchmarkError) -> Bool {
    let goesOn = try first.repeats(at: depth)
    for cursor in cursors.dropFirst() where try cursor.repeats(at: depth) != goesOn { throw disagreement(cursor) }
    return goesOn
  }

  private func disagreement(_ cursor: ColumnCursor) -> BenchmarkError {
    cursor.failure("it disagrees with the other columns of \"\(name)\"")
  }
}

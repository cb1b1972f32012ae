import Support

/// The rows of a JSON document.
enum JSONRows {
  /// A document beyond this is refused: it is held in memory as a whole, which JSON Lines are not.
  static let maximumBytes = 1 << 30

  /// Reads an array of objects; an object whose member `field` holds one, or of which exactly one member does; or an object of
  /// columns, which are arrays of one length.
  static func read(_ file: DataFileBytes, field: String?) throws(BenchmarkError) -> [JSONObject] {
    let path = file.path
    if file.count > maximumBytes {
      throw BenchmarkError(
        .invalidFile,
        "\(path): a JSON document of \(file.count) bytes; the limit is \(maximumBytes); write it as JSON Lines")
    }
    let document = try file.read(at: 0, file.count).withBytes { (bytes) throws(BenchmarkError) in
      try JSONReader.parse(bytes.bindMemory(to: UInt8.self), name: path)
    }
    if let field {
      guard let object = document.objectValue else {
        throw BenchmarkError(
          .invalidArgument, "\(path): the field \"\(field)\" is of an object, and the file holds \(document.typeName)")
      }
      guard let value = object[field] else {
        throw BenchmarkError(.notFound, "\(path): no field \"\(field)\"\(NearestName.hint(field, among: object.keys))")
      }
      guard let rows = try rows(value, "\(path): \(field)") ?? columns(value) else {
        throw BenchmarkError(
          .invalidFile, "\(path): the field \"\(field)\" holds \(value.typeName), not an array of rows")
      }
      return rows
    }
    if let rows = try rows(document, path) ?? columns(document) { return rows }
    let candidates = (document.objectValue?.members ?? []).filter { member in
      member.value.arrayValue?.first?.objectValue != nil
    }
    if candidates.count == 1, let rows = try rows(candidates[0].value, "\(path): \(candidates[0].key)") { return rows }
    let names = candidates.map { "\"\($0.key)\"" }.joined(separator: ", ")
    throw BenchmarkError(
      .invalidFile,
      "\(path): no array of objects"
        + (candidates.isEmpty ? " in the file, which holds \(document.typeName)" : " alone: \(names); name the field"))
  }

  /// The objects of an array; nil if the value is none.
  private static func rows(_ value: JSONValue, _ place: String) throws(BenchmarkError) -> [JSONObject]? {
    guard let elements = value.arrayValue else { return nil }
    var rows: [JSONObject] = []
    rows.reserveCapacity(elements.count)
    for element in elements {
      guard let row = element.objectValue else {
        throw BenchmarkError(.invalidFile, "\(place): row \(rows.count + 1) is \(element.typeName), not an object")
      }
      rows.append(row)
    }
    return rows
  }

  /// The rows of an object of columns; nil if the value is none.
  private static func columns(_ value: JSONValue) -> [JSONObject]? {
    guard let object = value.objectValue, let count = object.members.first?.value.arrayValue?.count else { return nil }
    var columns: [(key: String, elements: [JSONValue])] = []
    for (key, value) in object.members {
      guard let elements = value.arrayValue, elements.count == count else { return nil }
      columns.append((key, elements))
    }
    // One column of objects is a list of rows under a name.
    if columns.count == 1, columns[0].elements.first?.objectValue != nil { return nil }
    return (0..<count).map { index in
      JSONObject(distinct: columns.map { (key: $0.key, value: $0.elements[index]) })
    }
  }
}

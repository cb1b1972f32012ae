import Support
import Tensors

extension GGUFFile {
  /// A row of the table of tensors; `offset` counts from the first byte after the header's padding.
  struct Entry {
    let name: String
    let shape: [Int]
    let elementType: ElementType
    let byteCount: Int
    let offset: Int
  }

  /// Reads one row of the table; its place is checked by `place`.
  static func entry(_ cursor: inout GGUFCursor, alignment: Int) throws(BenchmarkError) -> Entry {
    let name = try cursor.string()
    cursor.what = "tensor \(name)"
    let dimensionCount = try cursor.integer(UInt32.self)
    guard dimensionCount <= maximumDimensions else {
      throw cursor.failure("\(dimensionCount) dimensions; at most \(maximumDimensions) are supported")
    }
    var shape: [Int] = []
    var count = 1
    for _ in 0..<dimensionCount {
      let extent = try cursor.integer(UInt64.self)
      guard extent > 0, let size = Int(exactly: extent) else { throw cursor.failure("a dimension of \(extent)") }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { throw cursor.failure("a shape beyond 64 bits") }
      count = product
      shape.insert(size, at: 0)
    }
    shape = StoredTensor.plainShape(shape)
    let typeNumber = try cursor.integer(UInt32.self)
    guard let elementType = ElementType(rawValue: typeNumber) else {
      let known = ElementType.allCases.map(\.name).joined(separator: ", ")
      let name = ElementType.unsupportedName(typeNumber) ?? "unknown"
      throw cursor.failure(
        "element type \(typeNumber) (\(name)) is not supported; use a file of one of \(known)", .unsupported)
    }
    let columns = shape.last ?? 1
    guard columns % elementType.blockLength == 0 else {
      throw cursor.failure(
        "rows of \(columns) are not a multiple of the block size \(elementType.blockLength) (\(elementType.name))")
    }
    guard let byteCount = elementType.byteCount(of: count) else { throw cursor.failure("a shape beyond 64 bits") }
    let offset = try cursor.integer(UInt64.self)
    guard let place = Int(exactly: offset) else { throw cursor.failure("offset \(offset) is beyond 63 bits") }
    guard place % alignment == 0 else {
      throw cursor.failure("offset \(offset) is not a multiple of the alignment, \(alignment)")
    }
    return Entry(name: name, shape: shape, elementType: elementType, byteCount: byteCount, offset: place)
  }

  /// The tensors where they lie, once each is inside the file, once by name, and without overlaps or gaps beyond padding, as
  /// llama.cpp demands too. Bytes behind the last tensor belong to nobody.
  static func place(_ entries: [Entry], file: ModelFile, dataStart: Int, alignment: Int)
    throws(BenchmarkError) -> [StoredTensor]
  {
    func failure(_ entry: Entry, _ reason: String) -> BenchmarkError {
      BenchmarkError(.invalidFile, "\(file.path): tensor \(entry.name): \(reason)")
    }
    let available = file.byteCount - dataStart
    var names: Set<String> = []
    for entry in entries {
      guard names.insert(entry.name).inserted else { throw failure(entry, "appears twice in the table") }
      guard entry.offset <= available, entry.byteCount <= available - entry.offset else {
        throw failure(
          entry,
          "\(entry.byteCount) bytes at offset \(entry.offset), and the file holds \(max(0, available)) bytes of tensors;"
            + " truncated?")
      }
    }
    var end = 0
    for entry in entries.sorted(by: { $0.offset < $1.offset }) {
      guard entry.offset >= end else { throw failure(entry, "overlaps the tensor before it") }
      guard entry.offset - end < alignment else { throw failure(entry, "leaves a gap before it") }
      end = entry.offset + entry.byteCount
    }
    return entries.map { entry in
      let start = dataStart + entry.offset
      return StoredTensor(
        name: entry.name, shape: entry.shape, elementType: entry.elementType, file: file,
        range: start..<start + entry.byteCount)
    }
  }
}

import Support

/// Walks through a column of a row group: entries with their levels, and values where an entry has one.
///
/// A page is unpacked when it is reached, and decoded in batches.
final class ColumnCursor {
  private static let batchSize = 1024

  let leaf: ParquetLeaf
  private let pages: PageReader
  // Only one thread walks through a column, and no access to these calls back.
  @exclusivity(unchecked) private var page: DataPage?
  @exclusivity(unchecked) private var repetitions: [UInt32]
  @exclusivity(unchecked) private var definitions: [UInt32]
  @exclusivity(unchecked) private var values: [JSONValue] = []
  @exclusivity(unchecked) private var entry = 0
  @exclusivity(unchecked) private var entryCount = 0
  @exclusivity(unchecked) private var value = 0

  init(_ pages: PageReader, _ leaf: ParquetLeaf) {
    self.pages = pages
    self.leaf = leaf
    repetitions = [UInt32](repeating: 0, count: Self.batchSize)
    // Where nothing can be missing, every entry is defined.
    definitions = [UInt32](repeating: 0, count: Self.batchSize)
  }

  func failure(_ reason: String) -> BenchmarkError { pages.failure(DataFault(reason)) }

  /// Whether there is a next entry, which is then decoded.
  func hasEntry() throws(BenchmarkError) -> Bool {
    if entry < entryCount { return true }
    return try loadBatch()
  }

  func requireEntry() throws(BenchmarkError) {
    if try !hasEntry() { throw failure("rows are missing") }
  }

  /// Whether the next entry goes on with the list at a level.
  func repeats(at level: Int) throws(BenchmarkError) -> Bool {
    guard try hasEntry() else { return false }
    return repetition == level
  }

  /// Of the next entry, which there must be: the level at which it repeats; 0 begins a row.
  var repetition: Int { Int(repetitions[entry]) }
  /// Of the next entry, which there must be: how much of its path is there.
  var definition: Int { Int(definitions[entry]) }

  /// Steps over an entry without a value.
  func skip() { entry += 1 }

  /// The value of the next entry.
  func take() throws(BenchmarkError) -> JSONValue {
    try requireEntry()
    guard Int(definitions[entry]) == leaf.maximumDefinition, value < values.count else {
      throw failure("a value is missing where one is required")
    }
    entry += 1
    value += 1
    return values[value - 1]
  }

  private func loadBatch() throws(BenchmarkError) -> Bool {
    while (page?.entriesLeft ?? 0) == 0 {
      page = nil
      guard let next = try pages.next() else { return false }
      page = next
    }
    let count = min(Self.batchSize, page!.entriesLeft)
    do throws(DataFault) {
      if page!.repetition != nil { try Batch.fill(&repetitions, count, from: &page!.repetition!) }
      var valueCount = count
      if page!.definition != nil {
        try Batch.fill(&definitions, count, from: &page!.definition!)
        let maximum = UInt32(leaf.maximumDefinition)
        valueCount = 0
        for level in definitions.prefix(count) where level == maximum { valueCount += 1 }
      }
      values.removeAll(keepingCapacity: true)
      try page!.values.decode(valueCount, into: &values)
    } catch { throw pages.failure(error) }
    page!.entriesLeft -= count
    entry = 0
    entryCount = count
    value = 0
    return true
  }
}

/// Consecutive rows of a pass that belong to one sequence, at consecutive positions.
struct RowSpan {
  let cache: KeyValueCache
  var firstRow: Int
  var count: Int
  /// The position of the first row.
  var position: Int
  /// Rows at the end whose logits are asked for.
  var wanted: Int
}

/// A few rows of one sequence and nothing else: what one piece of attention's work covers.
struct RowTile {
  let cache: KeyValueCache
  let firstRow: Int
  let count: Int
  let position: Int
}

/// The rows that go through the layers together, sequence after sequence.
struct PackedRows {
  let spans: [RowSpan]
  let tiles: [RowTile]
  let count: Int
  /// Rows whose logits are asked for.
  let wanted: Int
  /// Rows of the largest tile.
  let longestTile: Int

  init(_ spans: [RowSpan]) {
    self.spans = spans
    count = spans.reduce(0) { $0 + $1.count }
    wanted = spans.reduce(0) { $0 + $1.wanted }
    var tiles: [RowTile] = []
    tiles.reserveCapacity(count / Workspace.tileRows + spans.count)
    for span in spans {
      for start in stride(from: 0, to: span.count, by: Workspace.tileRows) {
        tiles.append(
          RowTile(
            cache: span.cache, firstRow: span.firstRow + start, count: min(Workspace.tileRows, span.count - start),
            position: span.position + start))
      }
    }
    self.tiles = tiles
    longestTile = tiles.reduce(0) { max($0, $1.count) }
  }

  /// Calls `body` for each row of a range with its position and its sequence's cache.
  @inline(__always)
  func forEach(_ range: Range<Int>, _ body: (_ row: Int, _ position: Int, _ cache: KeyValueCache) -> Void) {
    for span in spans {
      let lower = max(range.lowerBound, span.firstRow)
      let upper = min(range.upperBound, span.firstRow + span.count)
      for row in stride(from: lower, to: upper, by: 1) { body(row, span.position + row - span.firstRow, span.cache) }
    }
  }

  /// The rows whose logits are asked for, moved together, and where each of them stood. // [wanted]
  func keepingWanted() -> (rows: PackedRows, sources: [Int]) {
    var kept: [RowSpan] = []
    var sources: [Int] = []
    sources.reserveCapacity(wanted)
    for span in spans where span.wanted > 0 {
      let dropped = span.count - span.wanted
      kept.append(
        RowSpan(
          cache: span.cache, firstRow: sources.count, count: span.wanted, position: span.position + dropped,
          wanted: span.wanted))
      sources.append(contentsOf: span.firstRow + dropped..<span.firstRow + span.count)
    }
    return (PackedRows(kept), sources)
  }
}

import Evaluation
import Plan
import Records
import Storage
import Support
import Tasks

/// Saves the responses of one cell as they come.
package final class CellJournal {
  /// A sample that was kept.
  package struct Entry {
    package let record: SampleRecord
    package let tokensAsked: Int
    package let tokensComputed: Int
  }

  /// Whether the sweep's part of the cell is complete.
  let isFinished: Bool
  private let store: RunStore
  private let sweep: Int
  private let place: CellPlace
  private let cell: Int
  private var known: [Int: Entry]?
  private var pending: [FinishedSample] = []

  init(store: RunStore, sweep: Int, place: CellPlace, cell: Int, isFinished: Bool) {
    self.store = store
    self.sweep = sweep
    self.place = place
    self.cell = cell
    self.isFinished = isFinished
  }

  /// The run that an earlier session finished; nil if none did.
  package func finishedRun(plan: SweepPlan) throws(BenchmarkError) -> RunRecord? {
    guard isFinished else { return nil }
    let cells = try store.cells(of: sweep, plan: plan, ordinal: place.ordinal)
    return try? cells.first?.outcome.get()
  }

  /// What was kept of the sample at a position; nil if nothing was, its prompt was another, or its score failed.
  package func entry(at position: Int, promptSHA256: String) throws(BenchmarkError) -> Entry? {
    if known == nil { known = try store.samples(of: cell, positions: nil) }
    guard let entry = known?[position], entry.record.promptSHA256 == promptSHA256,
      !entry.record.flags.contains(ScoreFlag.scoreFailed)
    else { return nil }
    return entry
  }

  /// Records the planned positions of the cell and the header for reports.
  package func describe(positions: [Int], header: RunHeader) throws(BenchmarkError) {
    try write { () throws(BenchmarkError) in
      try store.database.query(
        "UPDATE sweep_cells SET planned = ?, positions = ? WHERE sweep = ? AND ordinal = ?",
        [.integer(positions.count), .text(Self.text(positions)), .integer(sweep), .integer(place.ordinal)])
      try store.database.query(
        "UPDATE cells SET header = ? WHERE id = ? AND header IS NULL",
        [.text(JSONValue.object(header.json).text()), .integer(cell)])
    }
  }

  /// Takes in a sample; the next commit keeps it.
  package func add(_ sample: FinishedSample) { pending.append(sample) }

  /// Keeps what was taken in since the last time.
  package func commit() throws(BenchmarkError) {
    if pending.isEmpty { return }
    try write { () throws(BenchmarkError) in
      let now = StoredValue.text(Clock.timestamp())
      for sample in pending { try insert(sample, now) }
    }
    pending = []
  }

  /// Drops what was taken in since the last commit.
  package func forgetPending() { pending = [] }

  /// Notes that the sweep's part of the cell is complete, with the samples that it took.
  package func finish(positions: [Int], planned: Int, earlyStop: EarlyStop?) throws(BenchmarkError) {
    try commit()
    try write { () throws(BenchmarkError) in
      try store.database.query(
        """
        UPDATE sweep_cells SET state = 'complete', planned = ?, positions = ?, early_stop = ? WHERE sweep = ? AND ordinal = ?
        """,
        [
          .integer(planned), .text(Self.text(positions)), StoredValue(earlyStop?.json.text()), .integer(sweep),
          .integer(place.ordinal),
        ])
    }
  }

  /// Notes why a task of one's own ended the cell before its last sample.
  package func stop(_ reason: String) throws(BenchmarkError) {
    try commit()
    try write { () throws(BenchmarkError) in
      try store.database.query(
        "UPDATE sweep_cells SET error = ? WHERE sweep = ? AND ordinal = ?",
        [.text(reason), .integer(sweep), .integer(place.ordinal)])
    }
  }

  /// A failure here is the store's, and ends the sweep: it is no fault of the cell.
  private func write(_ body: () throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    do { try store.database.transaction(body) } catch {
      store.failure = error
      throw error
    }
  }

  private func insert(_ sample: FinishedSample, _ now: StoredValue) throws(BenchmarkError) {
    let context = sample.request.context
    let request = JSONValue.object(sample.request.question).text()
    let document = JSONValue.object(sample.document).text()
    let hash = StoredValue.text(SHA256.hexadecimal("\(context)\n\(request)\n\(document)"))
    try store.database.query(
      "INSERT INTO questions (sha256, context, request, document) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
      [hash, .text(context), .text(request), .text(document)])
    try store.database.query(
      """
      INSERT OR REPLACE INTO samples
        (cell, position, question, prompt_sha256, record, tokens, log_probabilities, greedy, tokens_asked,
        tokens_computed, seconds, answered_at)
      VALUES (?, ?, (SELECT id FROM questions WHERE sha256 = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(cell), .integer(sample.position), hash, .text(sample.record.promptSHA256),
        .text(sample.record.stored.text()), .blob(Self.bytes(sample.answer.tokens)),
        StoredValue(sample.answer.logProbabilities.map(Self.bytes)), StoredValue(sample.isGreedy),
        .integer(sample.answer.usage.heldTokens), .integer(sample.answer.usage.computedTokens),
        .real(sample.record.seconds), now,
      ])
  }

  private static func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  /// Positions as the ranges that they fill, [[0, 20], [100, 120]]: from the first, up to and without the second.
  static func text(_ positions: [Int]) -> String {
    var ranges: [(Int, Int)] = []
    for position in positions.sorted() {
      if ranges.last?.1 == position { ranges[ranges.count - 1].1 += 1 } else { ranges.append((position, position + 1)) }
    }
    return JSONValue.array(ranges.map { [JSONValue($0.0), JSONValue($0.1)] }).text()
  }

  /// The positions behind such a text.
  static func positions(_ text: String) -> Set<Int> {
    var positions: Set<Int> = []
    for range in (try? JSONReader.parse(text))?.arrayValue ?? [] {
      guard let ends = range.arrayValue?.compactMap(\.integerValue), ends.count == 2, ends[0] < ends[1] else {
        continue
      }
      positions.formUnion(ends[0]..<ends[1])
    }
    return positions
  }
}

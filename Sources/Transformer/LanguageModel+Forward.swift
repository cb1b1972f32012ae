import Support

extension LanguageModel {
  /// Appends tokens to a cache and returns the logits of the last `logitCount` of them.
  ///
  /// Logits are the same bits however a text is cut into calls, whatever the number of threads. On an error the cache
  /// is as before. Several threads may call this at once with caches of their own.
  package func forward(_ tokens: [Int32], cache: KeyValueCache, logitCount: Int) throws(BenchmarkError) -> Logits {
    try forward([Segment(cache: cache, tokens: tokens, logitCount: logitCount)])
  }

  /// Appends tokens to several caches in one pass and returns the logits asked for, segment after segment.
  ///
  /// Each sequence's logits are the same bits as alone. The caches must differ. On an error all are as before.
  package func forward(_ segments: [Segment]) throws(BenchmarkError) -> Logits {
    try check(segments)
    let rowCount = segments.reduce(0) { $0 + $1.logitCount }
    let tokenCount = segments.reduce(0) { $0 + $1.tokens.count }
    let logits = try Logits(rowCount: rowCount, vocabularySize: configuration.vocabularySize, memory: logitsMemory)
    let workspace = try takeWorkspace(
      tokens: min(tokenCount, Self.chunkTokens),
      positions: segments.reduce(0) { max($0, $1.cache.count + $1.tokens.count) })
    defer { giveBack(workspace) }
    for segment in segments { try segment.cache.reserve(segment.tokens.count) }
    var target = logits.buffer.start
    var batch = Batch()
    for segment in segments {
      let total = segment.tokens.count
      var done = 0
      while done < total {
        let end = min(total, done + Self.chunkTokens - batch.tokens.count)
        let wanted = max(0, end - max(done, total - segment.logitCount))
        batch.append(segment.tokens[done..<end], of: segment.cache, wanted: wanted)
        done = end
        if batch.tokens.count == Self.chunkTokens { run(&batch, workspace, &target) }
      }
    }
    if !batch.tokens.isEmpty { run(&batch, workspace, &target) }
    logits.summarize(pool)
    return logits
  }

  /// Runs a batch and empties it; `target` moves past the logits written.
  private func run(_ batch: inout Batch, _ workspace: Workspace, _ target: inout UnsafeMutablePointer<Float>) {
    let rows = PackedRows(batch.spans)
    var pass = ForwardPass(model: self, workspace: workspace, rows: rows)
    pass.run(batch.tokens, logits: target)
    for span in rows.spans { span.cache.advance(span.count) }
    target += rows.wanted * configuration.vocabularySize
    batch = Batch()
  }

  /// Tokens gathered for one pass.
  private struct Batch {
    var tokens: [Int32] = []
    var spans: [RowSpan] = []

    mutating func append(_ part: ArraySlice<Int32>, of cache: KeyValueCache, wanted: Int) {
      spans.append(
        RowSpan(cache: cache, firstRow: tokens.count, count: part.count, position: cache.count, wanted: wanted))
      tokens.append(contentsOf: part)
    }
  }

  private func check(_ segments: [Segment]) throws(BenchmarkError) {
    if segments.isEmpty { throw BenchmarkError(.invalidArgument, "no tokens to run the model on") }
    for segment in segments { try check(segment.tokens, cache: segment.cache, logitCount: segment.logitCount) }
    if Set(segments.map { ObjectIdentifier($0.cache) }).count != segments.count {
      throw BenchmarkError(.invalidArgument, "two segments use the same cache; each needs its own")
    }
  }

  private func check(_ tokens: [Int32], cache: KeyValueCache, logitCount: Int) throws(BenchmarkError) {
    guard !tokens.isEmpty else { throw BenchmarkError(.invalidArgument, "no tokens to run the model on") }
    guard logitCount >= 0, logitCount <= tokens.count else {
      throw BenchmarkError(.invalidArgument, "\(logitCount) logit positions requested for \(tokens.count) tokens")
    }
    guard tokens.count <= cache.capacity - cache.count else {
      throw BenchmarkError(
        .invalidArgument, "\(cache.count) + \(tokens.count) tokens exceed the cache's capacity of \(cache.capacity)")
    }
    guard cache.memory === keyValuePages else {
      throw BenchmarkError(.invalidArgument, "the cache belongs to another model")
    }
    let size = Int32(configuration.vocabularySize)
    if let token = tokens.first(where: { $0 < 0 || $0 >= size }) {
      throw BenchmarkError(.invalidArgument, "token \(token) is outside the vocabulary of \(size)")
    }
  }
}

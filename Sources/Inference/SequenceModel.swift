import Support
import Tensors

/// Tokens in, summaries of logits out: what a `Scheduler` drives.
///
/// What it gives for a sequence is the same bits whatever the other sequences of a pass are, and however a text is cut into
/// passes, unless its facts say otherwise. Several threads may use one model at once, each with caches of its own.
package protocol SequenceModel: Sendable {
  var facts: SequenceFacts { get }
  /// An empty cache with room for `capacity` tokens, whose memory is taken as it fills.
  func makeCache(capacity: Int) throws(BenchmarkError) -> any SequenceCache
  /// Bytes that the keys and values of one sequence take.
  func keyValueBytes(positions: Int) -> Int
  /// Appends the tokens of each segment to its cache, in one pass; returns what was wanted of the logits, segment after segment.
  ///
  /// The caches must differ. On an error all are as before.
  func forward(_ segments: [SequenceSegment]) throws(BenchmarkError) -> [LogitSummary]
  /// What this machine can do at most with this model's threads and activations; takes about half a second.
  func machineSpeed() throws(BenchmarkError) -> MachineSpeed
}

/// Keys and values of the positions that one sequence has seen. To be used by one thread at a time.
package protocol SequenceCache: AnyObject {
  /// Positions held.
  var count: Int { get }
  /// A cache of its own that holds the same positions.
  func fork() -> Self
}

/// What is fixed of a model once its weights are in memory.
package struct SequenceFacts: Sendable {
  package let vocabularySize: Int
  /// The longest sequence it was made for.
  package let maximumPositions: Int
  /// Numbers in its tensors; tied matrices count once.
  package let parameterCount: Int
  /// Bytes of those tensors in their files, or in the blocks that they were quantised to while loading.
  package let weightBytes: Int
  /// Bytes of weights that one pass over a few tokens reads.
  package let bytesPerPass: Int
  /// Multiplications of weights with activations for each token, the output head and attention not counted.
  package let multiplyAddsPerToken: Int
  /// Whether an answer is the same bits whatever shares its passes.
  package let isBatchInvariant: Bool
  /// Tensors of the checkpoint that are left alone.
  package let ignoredTensorCount: Int
  /// How the embedding matrix is stored, what activations are rounded to, and how and with which instructions matrices are
  /// multiplied.
  package let elementTypeName: String
  package let activationName: String
  package let arithmeticName: String
  /// What the matrices were quantised to while they were loaded; nil if they are as they were stored.
  package let quantizationName: String?
  /// Threads of one pass.
  package let threadCount: Int
  /// What of the checkpoint is left out without being known, a line each.
  package let warnings: [String]
}

/// Tokens that follow what a cache holds, as one part of a pass over several sequences.
package struct SequenceSegment {
  package let cache: any SequenceCache
  package let tokens: [Int32]
  /// What is wanted of the logits behind each of the last tokens. // [last tokens]
  package let wanted: [LogitRequest]

  package init(cache: any SequenceCache, tokens: [Int32], wanted: [LogitRequest]) {
    self.cache = cache
    self.tokens = tokens
    self.wanted = wanted
  }
}

/// What is wanted of the logits behind one token, besides the greatest.
package struct LogitRequest: Sendable, Equatable {
  /// Tokens whose log-probabilities are wanted, of the vocabulary.
  package var tokens: [Int32]
  /// Whether the row itself is wanted, to sample from.
  package var needsRow: Bool

  package init(tokens: [Int32] = [], needsRow: Bool = false) {
    self.tokens = tokens
    self.needsRow = needsRow
  }
}

/// What was wanted of the logits behind one token.
package struct LogitSummary {
  /// The token with the highest logit, the lowest such token if several tie.
  package let greatest: Int32
  /// ln softmax(logits) of the tokens asked for. // [asked]
  package let logProbabilities: [Float]
  /// The logits, where they were asked for.
  package let row: LogitRow?

  package init(greatest: Int32, logProbabilities: [Float], row: LogitRow?) {
    self.greatest = greatest
    self.logProbabilities = logProbabilities
    self.row = row
  }
}

/// A row of logits in the memory of whoever computed it, kept as long as this value lives. // [vocabularySize]
package struct LogitRow {
  private let owner: AnyObject
  private let values: UnsafeBufferPointer<Float>

  /// - Parameter values: valid as long as `owner` lives.
  package init(owner: AnyObject, values: UnsafeBufferPointer<Float>) {
    self.owner = owner
    self.values = values
  }

  /// Lends the row.
  package func withValues<Value>(_ body: (UnsafeBufferPointer<Float>) -> Value) -> Value {
    withExtendedLifetime(owner) { body(values) }
  }
}

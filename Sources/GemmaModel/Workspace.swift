import Support
import Tensors

/// Scratch memory of one forward pass, for up to `tokens` tokens at a time (T); reused from pass to pass.
final class Workspace: Sendable {
  let tokens: Int
  /// Positions that the score rows have room for.
  let positions: Int
  let hidden: FloatBuffer  // [T, hiddenSize]
  let normed: FloatBuffer  // [T, hiddenSize]
  let queries: FloatBuffer  // [T, heads, headSize]
  let keys: FloatBuffer  // [T, keyValueHeads, headSize]
  let values: FloatBuffer  // [T, keyValueHeads, headSize]
  let mixed: FloatBuffer  // [T, heads, headSize]
  let gate: FloatBuffer  // [T, feedForwardSize]
  let up: FloatBuffer  // [T, feedForwardSize]
  let rotary: FloatBuffer  // [local and global, T, cosine and sine, headSize / 2]
  let scores: FloatBuffer  // [threads, rows of a tile, scoreStride]

  /// Query rows that one piece of attention work covers.
  static let tileRows = 8

  init(_ configuration: GemmaConfiguration, tokens: Int, positions: Int, threads: Int) throws(BenchmarkError) {
    self.tokens = tokens
    self.positions = positions
    let queryWidth = configuration.headCount * configuration.headSize
    let keyWidth = configuration.keyValueHeadCount * configuration.headSize
    hidden = try FloatBuffer(count: tokens * configuration.hiddenSize)
    normed = try FloatBuffer(count: tokens * configuration.hiddenSize)
    queries = try FloatBuffer(count: tokens * queryWidth)
    keys = try FloatBuffer(count: tokens * keyWidth)
    values = try FloatBuffer(count: tokens * keyWidth)
    mixed = try FloatBuffer(count: tokens * queryWidth)
    gate = try FloatBuffer(count: tokens * configuration.feedForwardSize)
    up = try FloatBuffer(count: tokens * configuration.feedForwardSize)
    rotary = try FloatBuffer(count: 2 * tokens * configuration.headSize)
    scores = try FloatBuffer(count: threads * Self.tileRows * Kernels.scoreStride(positions))
  }
}

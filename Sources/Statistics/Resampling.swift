/// Draws rows with replacement and adds them up: what every bootstrap here is made of.
enum Resampling {
  /// Draws below this many are not worth a second thread.
  private static let drawsWorthThreads = 200_000
  /// Replicates that a thread takes at a time.
  private static let pieceSize = 64

  /// Sums of the columns over as many rows drawn with replacement as there are, once a replicate.
  ///
  /// rows: [count, columns], row after row; the result: [replicates, columns]. Replicate r draws from the stream r of the
  /// seed (offset by `firstStream`), so the sums do not depend on the number of threads (0: one a processor).
  static func sums(
    rows: [Double], columns: Int, replicates: Int, seed: UInt64, firstStream: UInt64 = 0, threads: Int = 0
  ) -> [Double] {
    let count = columns > 0 ? rows.count / columns : 0
    guard count > 0, count <= Int(UInt32.max), replicates > 0 else { return [] }
    return [Double](unsafeUninitializedCapacity: replicates * columns) { output, filled in
      let sums = SharedBuffer(output)
      rows.withUnsafeBufferPointer { rows in
        let pieces = (replicates + pieceSize - 1) / pieceSize
        let isSmall = count * columns * replicates < drawsWorthThreads
        Parallel.forEach(pieces, threads: isSmall ? 1 : threads) { piece in
          for replicate in piece * pieceSize..<min(replicates, (piece + 1) * pieceSize) {
            let stream = firstStream &+ UInt64(replicate)
            if columns == 1 {
              var sum = 0.0
              draw(count, seed, stream) { sum += rows[$0] }
              sums.buffer[replicate] = sum
            } else {
              let target = UnsafeMutableBufferPointer(
                rebasing: sums.buffer[replicate * columns..<(replicate + 1) * columns])
              target.initialize(repeating: 0)
              draw(count, seed, stream) { row in
                for column in 0..<columns { target[column] += rows[row * columns + column] }
              }
            }
          }
        }
      }
      filled = replicates * columns
    }
  }

  /// Calls a body with `count` row numbers below `count`, each drawn with the same probability.
  ///
  /// Half a word of the generator serves one draw; the few that would favour some row are thrown away (Lemire 2019).
  @inline(__always)
  static func draw(
    _ count: Int, _ seed: UInt64, _ stream: UInt64, purpose: RandomStream.Purpose = .bootstrap, _ body: (Int) -> Void
  ) {
    let bound = UInt64(count)
    let threshold = (UInt64(1) << 32) % bound
    var left = count
    @inline(__always) func take(_ half: UInt64) {
      let product = half &* bound
      if product & 0xFFFF_FFFF >= threshold, left > 0 {
        left &-= 1
        body(Int(truncatingIfNeeded: product >> 32))
      }
    }
    var number: UInt64 = 0
    while left > 0 {
      let block = RandomStream.block(seed, purpose.rawValue, number, stream)
      number &+= 1
      take(block.0 & 0xFFFF_FFFF)
      take(block.0 >> 32)
      take(block.1 & 0xFFFF_FFFF)
      take(block.1 >> 32)
      take(block.2 & 0xFFFF_FFFF)
      take(block.2 >> 32)
      take(block.3 & 0xFFFF_FFFF)
      take(block.3 >> 32)
    }
  }
}

/// Memory that threads fill, each its own part.
struct SharedBuffer: @unchecked Sendable {
  let buffer: UnsafeMutableBufferPointer<Double>

  init(_ buffer: UnsafeMutableBufferPointer<Double>) { self.buffer = buffer }
}

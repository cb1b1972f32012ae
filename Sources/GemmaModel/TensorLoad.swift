import Support
import Synchronization
import Tensors

/// A matrix's way into memory: its pages of a file brought in, and repacked where its kernels want that.
struct TensorLoad: Sendable {
  let file: MappedFile
  /// Bytes of the file.
  let range: Range<Int>
  /// To be filled from those bytes; nil where they are used as they lie.
  let panels: WeightPanels?
  /// Where the matrix is quantised on its way; nil if it is taken as it is stored.
  var conversion: TensorConversion?

  /// Bytes that stay in memory.
  var residentBytes: Int { panels?.byteCount ?? conversion?.buffer.byteCount ?? range.count }

  /// Bytes between two calls of a progress callback.
  private static let step = 64 << 20

  /// Brings the matrix into memory; a repacked one's pages of the file are let go.
  ///
  /// - Parameter progress: told the bytes done of this matrix; cancels by throwing.
  func run(on pool: WorkerPool, progress: (_ bytesDone: Int) throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    if let conversion { return try convert(conversion, on: pool, progress: progress) }
    let pieces = max(1, (range.count + Self.step - 1) / Self.step)
    for piece in 0..<pieces {
      guard let panels else {
        let end = range.count * (piece + 1) / pieces
        try file.populate(range.lowerBound + range.count * piece / pieces..<range.lowerBound + end)
        try progress(end)
        continue
      }
      let share = panels.count * piece / pieces..<panels.count * (piece + 1) / pieces
      let failure = Mutex<BenchmarkError?>(nil)
      pool.run { thread, threads in
        let own = WorkerPool.share(of: share.count, thread: thread, count: threads)
        let filled = share.lowerBound + own.lowerBound..<share.lowerBound + own.upperBound
        let part = bytes(of: filled, in: panels)
        do throws(BenchmarkError) { try file.populate(part) } catch {
          failure.withLock { $0 = error }
          return
        }
        panels.fill(filled)
        file.release(part)
      }
      if let error = failure.withLock({ $0 }) { throw error }
      try progress(bytes(of: share, in: panels).upperBound - range.lowerBound)
    }
  }

  /// Quantises the matrix some rows at a time, and repacks those.
  private func convert(
    _ conversion: TensorConversion, on pool: WorkerPool, progress: (_ bytesDone: Int) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let rowBytes = range.count / max(1, conversion.rows)
    let grain = WeightPanels.panelRows
    let step = max(1, Self.step / max(1, rowBytes * grain)) * grain
    for first in stride(from: 0, to: conversion.rows, by: step) {
      let rows = first..<min(first + step, conversion.rows)
      let part = range.lowerBound + rows.lowerBound * rowBytes..<range.lowerBound + rows.upperBound * rowBytes
      try file.populate(part)
      try conversion.run(rows, from: file.bytes, at: range.lowerBound, rowBytes: rowBytes, on: pool)
      if let panels {
        let share = rows.lowerBound / grain..<(rows.upperBound + grain - 1) / grain
        pool.run { thread, threads in
          let own = WorkerPool.share(of: share.count, thread: thread, count: threads)
          panels.fill(share.lowerBound + own.lowerBound..<share.lowerBound + own.upperBound)
        }
        conversion.release(rows)
      }
      file.release(part)
      try progress(part.upperBound - range.lowerBound)
    }
  }

  /// Where in the file the rows of some panels lie.
  private func bytes(of share: Range<Int>, in panels: WeightPanels) -> Range<Int> {
    let rowBytes = range.count / max(1, panels.rows)
    func start(_ panel: Int) -> Int { range.lowerBound + min(panels.rows, panel * WeightPanels.panelRows) * rowBytes }
    return start(share.lowerBound)..<start(share.upperBound)
  }
}

import Support
import Synchronization
import Tensors

/// A matrix's way into memory: its bytes of a file read, and repacked where its kernels want that.
struct TensorLoad: Sendable {
  let file: ModelFile
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
  /// Bytes of rows that a thread reads before it repacks them.
  private static let packedBytes = 1 << 18

  /// Brings the matrix into memory; of a repacked one, the panels alone.
  ///
  /// - Parameter progress: told the bytes done of this matrix; cancels by throwing.
  func run(on pool: WorkerPool, progress: (_ bytesDone: Int) throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    if let conversion { return try convert(conversion, on: pool, progress: progress) }
    if let panels { return try fill(panels, on: pool, progress: progress) }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.step) {
      let part = start..<min(range.upperBound, start + Self.step)
      try onEach(of: pool, part.count) { (own) throws(BenchmarkError) in
        try file.load(part.lowerBound + own.lowerBound..<part.lowerBound + own.upperBound)
      }
      try progress(part.upperBound - range.lowerBound)
    }
  }

  /// Reads rows a few panels at a time into memory that stays in a cache, and repacks them from there.
  private func fill(
    _ panels: WeightPanels, on pool: WorkerPool, progress: (_ bytesDone: Int) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let pieces = max(1, (range.count + Self.step - 1) / Self.step)
    let group = max(1, Self.packedBytes * panels.count / max(1, range.count))
    for piece in 0..<pieces {
      let share = panels.count * piece / pieces..<panels.count * (piece + 1) / pieces
      try onEach(of: pool, share.count) { (own) throws(BenchmarkError) in
        let end = share.lowerBound + own.upperBound
        let most = bytes(of: 0..<min(group, panels.count), in: panels).count
        let rows = UnsafeMutableRawPointer.allocate(byteCount: max(1, most), alignment: 64)
        defer { rows.deallocate() }
        for first in stride(from: share.lowerBound + own.lowerBound, to: end, by: group) {
          let filled = first..<min(end, first + group)
          try file.read(bytes(of: filled, in: panels), into: rows)
          panels.fill(filled, from: rows)
        }
      }
      try progress(bytes(of: share, in: panels).upperBound - range.lowerBound)
    }
  }

  /// Shares so many pieces of work among the threads; throws what the first thread threw that failed.
  private func onEach(
    of pool: WorkerPool, _ count: Int, _ body: @Sendable (_ own: Range<Int>) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    let failure = Mutex<BenchmarkError?>(nil)
    pool.run { thread, threads in
      do throws(BenchmarkError) { try body(WorkerPool.share(of: count, thread: thread, count: threads)) } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
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
      try file.load(part)
      try conversion.run(rows, from: file.memory, at: range.lowerBound, rowBytes: rowBytes, on: pool)
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

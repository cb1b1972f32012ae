import CThreads

/// Threads that share the work of one region at a time, the caller among them.
package final class WorkerPool: @unchecked Sendable {
  private let pool: OpaquePointer?

  /// - Parameter threads: the caller included; capped at the processors this process may use, which 0 asks for.
  package init(threads: Int) {
    let available = Processors.available
    pool = gbk_pool_create(Int32(threads <= 0 ? available : min(threads, available)))
  }

  deinit { gbk_pool_destroy(pool) }

  package var threadCount: Int { pool.map { Int(gbk_pool_threads($0)) } ?? 1 }

  /// Runs a region's pieces, one for every thread, and returns when all are done. A thread that is free takes the next
  /// piece, so that one which the system keeps from running holds nothing up.
  ///
  /// While another thread's region runs, the caller does all the work alone: `count` is 1 then.
  package func run(_ region: (_ thread: Int, _ count: Int) -> Void) {
    guard let pool else { return region(0, 1) }
    withoutActuallyEscaping(region) { region in
      var holder = Region(body: region)
      withUnsafeMutablePointer(to: &holder) { context in
        gbk_pool_run(
          pool,
          { context, thread, count in
            context!.assumingMemoryBound(to: Region.self).pointee.body(Int(thread), Int(count))
          }, context)
      }
    }
  }

  private struct Region { let body: (Int, Int) -> Void }

  /// The part of `0..<total` that a thread does, cut at multiples of `grain`.
  @inline(__always)
  package static func share(of total: Int, grain: Int = 1, thread: Int, count: Int) -> Range<Int> {
    let grains = (total + grain - 1) / grain
    return min(total, grains * thread / count * grain)..<min(total, grains * (thread + 1) / count * grain)
  }
}

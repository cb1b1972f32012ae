import Support
import Synchronization

/// Shares independent pieces of work between threads, for work that lasts milliseconds or more.
///
/// A piece may not depend on which thread runs it; then no result depends on how many there are.
enum Parallel {
  /// Calls a body for each of 0 ..< count, on up to `threads` threads (0: one a processor). A thread that cannot be made
  /// is done without.
  static func forEach(_ count: Int, threads: Int, _ body: (Int) -> Void) {
    let threads = min(count, threads > 0 ? threads : Processors.available)
    if threads <= 1 {
      for piece in 0..<max(0, count) { body(piece) }
      return
    }
    let next = Atomic<Int>(0)
    WorkerPool(threads: threads).run { _, _ in
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if piece >= count { return }
        body(piece)
      }
    }
  }
}

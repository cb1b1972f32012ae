import Glibc
import Synchronization

/// Shares independent pieces of work between threads, for work that lasts milliseconds or more.
///
/// The module stands below the tensors' worker pool, and resampling needs no pool that spins: threads are made for one
/// call and joined. A piece may not depend on which thread runs it; then no result depends on how many there are.
enum Parallel {
  /// The processors that are online; at least 1.
  static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  private final class Work: @unchecked Sendable {  // lives until every thread is joined
    let body: (Int) -> Void
    let count: Int
    let next = Atomic<Int>(0)

    init(_ count: Int, _ body: @escaping (Int) -> Void) {
      self.count = count
      self.body = body
    }

    func run() {
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if piece >= count { return }
        body(piece)
      }
    }
  }

  /// Calls a body for each of 0 ..< count, on up to `threads` threads (0: one a processor). A thread that cannot be made
  /// is done without.
  static func forEach(_ count: Int, threads: Int, _ body: (Int) -> Void) {
    let threads = min(count, threads > 0 ? threads : processors)
    if threads <= 1 {
      for piece in 0..<max(0, count) { body(piece) }
      return
    }
    withoutActuallyEscaping(body) { body in
      // Every thread is joined before this frame ends, so the pointers to what it holds stay good.
      var work = Work(count, body)
      withUnsafeMutablePointer(to: &work) { pointer in run(pointer, threads: threads) }
    }
  }

  private static func run(_ work: UnsafeMutablePointer<Work>, threads: Int) {
    var helpers: [pthread_t] = []
    for _ in 1..<threads {
      var helper = pthread_t()
      let status = pthread_create(
        &helper, nil,
        { pointer in
          pointer?.assumingMemoryBound(to: Work.self).pointee.run()
          return nil
        }, work)
      if status == 0 { helpers.append(helper) }
    }
    work.pointee.run()
    for helper in helpers { pthread_join(helper, nil) }
  }
}

import Glibc
import Support
import Synchronization
import Testing

@testable import Tensors

@Suite struct WorkerPoolTests {
  @Test func everyPieceIsDoneOnceInManyShortRegions() {
    let pool = WorkerPool(threads: 0)
    let done = Atomic<Int>(0)
    for _ in 0..<20_000 {
      pool.run { thread, count in
        done.add(WorkerPool.share(of: 10, grain: 3, thread: thread, count: count).count, ordering: .relaxed)
      }
    }
    #expect(done.load(ordering: .relaxed) == 200_000)
  }

  @Test func eachPieceOfARegionRunsOnce() {
    let pool = WorkerPool(threads: 0)
    let runs = UnsafeMutablePointer<Int>.allocate(capacity: pool.threadCount)
    defer { runs.deallocate() }
    runs.initialize(repeating: 0, count: pool.threadCount)
    for region in 1...5_000 {
      pool.run { thread, _ in runs[thread] += 1 }
      if (0..<pool.threadCount).contains(where: { runs[$0] != region }) {
        Issue.record("region \(region): a piece ran twice or not at all")
        return
      }
    }
  }

  @Test func sharesCoverARangeWithoutOverlap() {
    for (total, grain, count) in [(0, 1, 2), (1, 24, 2), (100, 24, 3), (7, 1, 16)] {
      let shares = (0..<count).map { WorkerPool.share(of: total, grain: grain, thread: $0, count: count) }
      #expect(shares.flatMap { Array($0) } == Array(0..<total))
    }
  }

  @Test func severalThreadsMayUseOnePool() async {
    let pool = WorkerPool(threads: 2)
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let done = Atomic<Int>(0)
          for _ in 0..<2_000 {
            pool.run { thread, count in
              done.add(WorkerPool.share(of: 10, thread: thread, count: count).count, ordering: .relaxed)
            }
          }
          return done.load(ordering: .relaxed)
        }
      }
      for await done in group { #expect(done == 20_000) }
    }
  }

  @Test func poolsAreMadeAndUnmade() {
    for _ in 0..<200 { WorkerPool(threads: 2).run { _, _ in } }
  }

  @Test func noMoreThreadsThanProcessors() {
    #expect(WorkerPool(threads: 100_000).threadCount <= WorkerPool(threads: 0).threadCount)
    #expect(WorkerPool(threads: 1).threadCount == 1)
  }
}

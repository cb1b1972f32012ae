import Support
import Tensors

/// Keys and values of the positions a model has seen; all are kept, so that it can be cut back to any prefix, and
/// sequences that begin alike can share what they have in common.
///
/// To be used by one thread at a time.
package final class KeyValueCache {
  /// Positions held.
  package private(set) var count = 0
  /// Positions there may be.
  package let capacity: Int
  let memory: KeyValuePages
  private var pages: [KeyValuePage] = []
  /// Where each page starts, as the kernels want it.
  private var starts: [UnsafeMutablePointer<Float>?] = []

  init(_ memory: KeyValuePages, capacity: Int) {
    self.memory = memory
    self.capacity = capacity
  }

  /// A cache of its own that holds the same positions; memory is shared until one of the two goes on.
  package func fork() -> KeyValueCache {
    let other = KeyValueCache(memory, capacity: capacity)
    other.count = count
    other.pages = pages
    other.starts = starts
    return other
  }

  /// Forgets all positions from `count` on; does nothing if there are fewer.
  package func truncate(to count: Int) {
    if count >= self.count { return }
    self.count = max(0, count)
    let kept = (self.count + KeyValueLayout.pagePositions - 1) / KeyValueLayout.pagePositions
    pages.removeSubrange(kept...)
    starts.removeSubrange(kept...)
  }

  /// Makes room behind the positions held for `added` more, on pages that no other sequence reads.
  func reserve(_ added: Int) throws(BenchmarkError) {
    let size = KeyValueLayout.pagePositions
    if count % size != 0, added > 0, !isKnownUniquelyReferenced(&pages[count / size]) {
      pages[count / size] = try pages[count / size].copy()
      starts[count / size] = pages[count / size].start
    }
    while pages.count * size < count + added {
      let page = try memory.take()
      pages.append(page)
      starts.append(page.start)
    }
  }

  /// Counts in positions whose keys and values have been written.
  func advance(_ added: Int) { count += added }

  /// Where one head's numbers of one position lie, `[headSize]`; the offset is of the layout.
  func row(_ position: Int, _ plan: LayerConfiguration, offset: Int) -> UnsafeMutablePointer<Float> {
    let size = KeyValueLayout.pagePositions
    return pages[position / size].start + offset + position % size * plan.headSize
  }

  /// Lends the keys and the values of one head to a kernel.
  @inline(__always)
  func withPages(
    _ plan: LayerConfiguration, group: Int,
    _ body: (_ keys: inout KeyValuePagesOfHead, _ values: inout KeyValuePagesOfHead) -> Void
  ) {
    starts.withUnsafeBufferPointer { starts in
      var keys = KeyValuePagesOfHead(table: starts.baseAddress, offset: memory.layout.keyOffset(plan, group: group))
      var values = KeyValuePagesOfHead(
        table: starts.baseAddress, offset: memory.layout.valueOffset(plan, group: group))
      body(&keys, &values)
    }
  }
}

extension TransformerConfiguration {
  /// Bytes that the keys and values of one sequence take, whole pages counted.
  package func keyValueBytes(positions: Int) -> Int {
    let page = KeyValueLayout.pagePositions
    return (positions + page - 1) / page * page * keyValueFloatsPerPosition * MemoryLayout<Float>.stride
  }

  /// Float32 numbers that a cache holds for each position.
  var keyValueFloatsPerPosition: Int {
    layers.reduce(0) { $0 + ($1.storesKeysAndValues ? 2 * $1.keyValueHeadCount * $1.headSize : 0) }
  }
}

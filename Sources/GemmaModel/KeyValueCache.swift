import Support
import Tensors

/// Keys and values of the positions a model has seen; all are kept, so that it can be cut back to any prefix.
///
/// To be used by one thread at a time.
public final class KeyValueCache {
  /// Positions held.
  public internal(set) var count = 0
  /// Positions there is room for.
  public let capacity: Int
  let keyValueHeadCount: Int
  let headSize: Int
  let keys: [FloatBuffer]  // a layer each: [keyValueHeads, capacity, headSize]
  let values: [FloatBuffer]  // a layer each: [keyValueHeads, capacity, headSize]

  init(_ configuration: GemmaConfiguration, capacity: Int) throws(BenchmarkError) {
    self.capacity = capacity
    keyValueHeadCount = configuration.keyValueHeadCount
    headSize = configuration.headSize
    let (size, overflow) = (keyValueHeadCount * headSize).multipliedReportingOverflow(by: capacity)
    if overflow { throw BenchmarkError(.outOfMemory, "no memory for a cache of \(capacity) positions") }
    var keys: [FloatBuffer] = []
    var values: [FloatBuffer] = []
    for _ in 0..<configuration.layerCount {
      keys.append(try FloatBuffer(count: size))
      values.append(try FloatBuffer(count: size))
    }
    self.keys = keys
    self.values = values
  }

  /// Forgets all positions from `count` on; does nothing if there are fewer.
  public func truncate(to count: Int) { self.count = min(self.count, max(0, count)) }
}

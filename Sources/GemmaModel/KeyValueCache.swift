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
  /// What the cache was made for.
  let plans: [LayerPlan]
  /// By layer; nil where a layer reads those of an earlier one.
  private let layers: [Layer?]

  /// What one layer stores: `[keyValueHeads, capacity, headSize]` each.
  struct Layer {
    let keys: FloatBuffer
    let values: FloatBuffer
  }

  init(_ configuration: GemmaConfiguration, capacity: Int) throws(BenchmarkError) {
    self.capacity = capacity
    plans = configuration.layers
    layers = try configuration.layers.map { plan throws(BenchmarkError) in
      guard plan.storesKeysAndValues else { return nil }
      let (size, overflow) = (plan.keyValueHeadCount * plan.headSize).multipliedReportingOverflow(by: capacity)
      if overflow { throw BenchmarkError(.outOfMemory, "no memory for a cache of \(capacity) positions") }
      return Layer(keys: try FloatBuffer(count: size), values: try FloatBuffer(count: size))
    }
  }

  /// The keys and values that a layer attends to.
  func layer(_ plan: LayerPlan) -> Layer {
    guard let layer = layers[plan.keyValueLayer] else {
      preconditionFailure("a layer shares keys with one that stores them")
    }
    return layer
  }

  /// Forgets all positions from `count` on; does nothing if there are fewer.
  public func truncate(to count: Int) { self.count = min(self.count, max(0, count)) }
}

extension GemmaConfiguration {
  /// Float32 numbers that a cache holds for each position.
  var keyValueFloatsPerPosition: Int {
    layers.reduce(0) { $0 + ($1.storesKeysAndValues ? 2 * $1.keyValueHeadCount * $1.headSize : 0) }
  }
}

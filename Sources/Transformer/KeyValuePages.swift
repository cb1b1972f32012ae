import Support
import Synchronization
import Tensors

/// Where a page keeps each layer's keys and values: `[keyValueHeads, positions of a page, headSize]` each, one after another.
struct KeyValueLayout: Sendable {
  /// Positions of one page.
  static let pagePositions = Kernels.pagePositions
  /// What the layout was made for.
  let plans: [LayerConfiguration]
  /// Floats from a page's start to each layer's keys; a layer that reads an earlier one's has that one's. // [layers]
  private let starts: [Int]
  /// Floats of a page.
  let pageSize: Int

  init(_ plans: [LayerConfiguration]) {
    self.plans = plans
    var starts: [Int] = []
    var size = 0
    for plan in plans {
      starts.append(plan.storesKeysAndValues ? size : starts[plan.keyValueLayer])
      if plan.storesKeysAndValues { size += 2 * Self.headFloats(plan) * plan.keyValueHeadCount }
    }
    self.starts = starts
    pageSize = size
  }

  /// Floats of one head's keys in a page.
  private static func headFloats(_ plan: LayerConfiguration) -> Int { plan.headSize * pagePositions }

  func keyOffset(_ plan: LayerConfiguration, group: Int) -> Int { starts[plan.index] + group * Self.headFloats(plan) }

  func valueOffset(_ plan: LayerConfiguration, group: Int) -> Int {
    starts[plan.index] + (plan.keyValueHeadCount + group) * Self.headFloats(plan)
  }
}

/// Memory for the keys and values of a model's sequences, page by page; what sequences give up is used again.
package final class KeyValuePages: Sendable {
  let layout: KeyValueLayout
  private let state = Mutex(State())

  private struct State {
    var free: [FloatBuffer] = []
    var made = 0
  }

  init(_ configuration: TransformerConfiguration) { layout = KeyValueLayout(configuration.layers) }

  /// Bytes of all pages made so far, used and free.
  package var byteCount: Int { state.withLock { $0.made } * layout.pageSize * MemoryLayout<Float>.stride }

  func take() throws(BenchmarkError) -> KeyValuePage {
    if let buffer = state.withLock({ $0.free.popLast() }) { return KeyValuePage(buffer, self) }
    let buffer = try FloatBuffer(count: layout.pageSize)
    state.withLock { $0.made += 1 }
    return KeyValuePage(buffer, self)
  }

  fileprivate func giveBack(_ buffer: FloatBuffer) { state.withLock { $0.free.append(buffer) } }
}

/// The keys and values of consecutive positions in all layers; several sequences that begin alike may hold one.
final class KeyValuePage: Sendable {
  private let buffer: FloatBuffer
  private let pages: KeyValuePages

  fileprivate init(_ buffer: FloatBuffer, _ pages: KeyValuePages) {
    self.buffer = buffer
    self.pages = pages
  }

  deinit { pages.giveBack(buffer) }

  var start: UnsafeMutablePointer<Float> { buffer.start }

  /// A page of one's own with the same contents.
  func copy() throws(BenchmarkError) -> KeyValuePage {
    let copy = try pages.take()
    copy.start.update(from: start, count: pages.layout.pageSize)
    return copy
  }
}

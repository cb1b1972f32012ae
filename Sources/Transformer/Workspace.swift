import Support
import Tensors

/// Scratch memory of one forward pass, for up to `tokens` rows at a time; reused from pass to pass.
final class Workspace: Sendable {
  let tokens: Int
  /// Positions that the score rows have room for.
  let positions: Int
  private let buffers: [FloatBuffer]  // by part
  /// Rounded forms of the input that is being multiplied.
  let inputs: InputMemory

  /// Query rows that one piece of attention work covers.
  static let tileRows = 8
  /// Heads that one piece of attention work covers for each of those.
  static let tileHeads = 4

  init(_ configuration: TransformerConfiguration, tokens: Int, positions: Int, threads: Int) throws(BenchmarkError) {
    self.tokens = tokens
    self.positions = positions
    inputs = try InputMemory(numbers: WorkspacePart.inputCount(configuration, tokens: tokens))
    buffers = try WorkspacePart.allCases.map { part throws(BenchmarkError) in
      try FloatBuffer(count: part.count(configuration, tokens: tokens, positions: positions, threads: threads))
    }
  }

  subscript(part: WorkspacePart) -> UnsafeMutablePointer<Float> { buffers[part.rawValue].start }
}

/// What a forward pass keeps between its steps. Sizes: rows T, hidden H, heads N, feed-forward F, layers L, per-layer
/// input P, streams S, experts E and those of a token K; where layers differ, those of the largest.
enum WorkspacePart: Int, CaseIterable {
  case hidden  // [T, H]
  case normed  // [T, H]
  case queries  // [T, N, headSize]
  case keys  // [T, keyValueHeads, headSize]
  case values  // [T, keyValueHeads, headSize]
  case mixed  // [T, N, headSize]
  case gate  // [T, F]
  case up  // [T, F]
  case rotary  // [kinds of rotary embedding, T, cosine and sine, headSize / 2]
  case scores  // [threads, queries of a piece of attention, scoreStride + headSize]
  case layerInputs  // [T, L, P]
  case layerInputGate  // [T, P]
  case tableRow  // [threads, L * P]
  case streams  // [S, T, H]
  case coefficients  // [threads, S + S * S]
  case laurel  // [T, H]
  case laurelInner  // [T, rank]
  case routerScores  // [T, E]
  case expertInput  // [T * K, H]
  case expertInner  // [T * K, 2 * expert's F]
  case expertOutput  // [T * K, H]
  case expertSum  // [T, H]

  /// Numbers that the part has room for.
  func count(_ configuration: TransformerConfiguration, tokens: Int, positions: Int, threads: Int) -> Int {
    let layers = configuration.layers
    let hidden = configuration.hiddenSize
    let inputs = configuration.perLayerInputs.map { $0.size } ?? 0
    let updates = configuration.alternatingUpdates
    let streams = updates?.streamCount ?? 0
    let slots = tokens * (configuration.experts?.countPerToken ?? 0)
    func greatest(_ size: (LayerConfiguration) -> Int) -> Int { layers.lazy.map(size).max() ?? 0 }
    switch self {
    case .hidden, .normed: return tokens * hidden
    case .queries, .mixed: return tokens * configuration.headCount * greatest(\.headSize)
    case .keys, .values: return tokens * greatest { $0.keyValueHeadCount * $0.headSize }
    case .gate, .up: return tokens * greatest(\.feedForwardSize)
    case .rotary: return RotaryKind.all(of: configuration).count * tokens * greatest(\.headSize)
    case .scores: return threads * Self.scoreCount(configuration, positions)
    case .layerInputs: return tokens * layers.count * inputs
    case .layerInputGate: return tokens * inputs
    case .tableRow: return threads * layers.count * inputs
    case .streams: return streams * tokens * hidden
    case .coefficients: return threads * (streams + streams * streams)
    case .laurel: return updates == nil ? 0 : tokens * hidden
    case .laurelInner: return tokens * (updates?.laurelRank ?? 0)
    case .routerScores: return tokens * (configuration.experts?.count ?? 0)
    case .expertInput, .expertOutput: return slots * hidden
    case .expertInner: return slots * 2 * (configuration.experts?.feedForwardSize ?? 0)
    case .expertSum: return configuration.experts == nil ? 0 : tokens * hidden
    }
  }

  /// Numbers of the largest input of a matrix, its rows rounded up to whole blocks.
  static func inputCount(_ configuration: TransformerConfiguration, tokens: Int) -> Int {
    let parts: [WorkspacePart] = [
      .normed, .mixed, .gate, .layerInputGate, .laurelInner, .expertInput, .expertInner,
    ]
    let widest = parts.map { $0.count(configuration, tokens: 1, positions: 0, threads: 1) }.max() ?? 0
    return tokens * (widest + 31) / 32 * 32 + tokens * 32 * max(1, configuration.experts?.countPerToken ?? 1)
  }

  /// Numbers in the scores of one thread, with room for the queries themselves.
  static func scoreCount(_ configuration: TransformerConfiguration, _ positions: Int) -> Int {
    var count = 0
    for plan in configuration.layers {
      let heads = configuration.headCount / plan.keyValueHeadCount
      let queries = max(heads, Workspace.tileRows * min(heads, Workspace.tileHeads))
      count = max(count, queries * (Kernels.scoreStride(positions) + plan.headSize))
    }
    return count
  }
}

/// A rotary embedding that some layers have in common.
struct RotaryKind: Hashable {
  let settings: RotarySettings
  let headSize: Int

  init(_ plan: LayerConfiguration) {
    settings = plan.rotary
    headSize = plan.headSize
  }

  /// Those of a model, in the order of the layers that have them.
  static func all(of configuration: TransformerConfiguration) -> [RotaryKind] {
    var kinds: [RotaryKind] = []
    for plan in configuration.layers where !kinds.contains(RotaryKind(plan)) { kinds.append(RotaryKind(plan)) }
    return kinds
  }
}

import Tensors

extension Checkpoint {
  /// What reports call the stored weights: llama.cpp's name of a GGUF file's mixture (`q4_k_m`), else the element type of
  /// most of the weights (`bfloat16`).
  package var storedTypeName: String {
    guard let majority = majorityType else { return ElementType.float32.name }
    guard let number = gguf?.file.value(GGUFModel.fileTypeKey)?.integerValue,
      let mixture = GGUFMixture(fileType: number), mixture.agrees(with: majority, hasPartBlocks: hasPartBlocks)
    else { return majority.name }
    return mixture.name
  }

  /// Whether a matrix of the layers has rows that are no whole blocks of 256, so that some types fall back to others.
  private var hasPartBlocks: Bool {
    tensors.contains { name, tensor in
      tensor.shape.count >= 2 && name.contains("layers.") && tensor.shape[tensor.shape.count - 1] % 256 != 0
    }
  }

  /// The type that most parameters of the layers' matrices have. The embedding does not count: it is stored finer, and in a
  /// small model it holds most of the parameters.
  private var majorityType: ElementType? {
    var counts: [ElementType: Int] = [:]
    var others: [ElementType: Int] = [:]
    for (name, tensor) in tensors where tensor.shape.count >= 2 {
      let count = tensor.shape.reduce(1, *)
      let isTower = name.contains("vision") || name.contains("audio")
      if name.contains("layers."), !isTower { counts[tensor.elementType, default: 0] += count }
      others[tensor.elementType, default: 0] += count
    }
    let chosen = counts.isEmpty ? others : counts
    return chosen.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key
  }
}

/// A mixture of element types that llama.cpp has a name and a number for (`general.file_type`, `llama_ftype`).
struct GGUFMixture {
  let name: String
  /// The types that most matrices of such a file have.
  private let types: [ElementType]

  private static let all: [Int: (String, [ElementType])] = [
    0: ("float32", [.float32]), 1: ("float16", [.float16]), 2: ("q4_0", [.q4_0]), 3: ("q4_1", [.q4_1]),
    7: ("q8_0", [.q8_0]), 8: ("q5_0", [.q5_0]), 9: ("q5_1", [.q5_1]), 10: ("q2_k", [.q2_k, .q3_k]),
    11: ("q3_k_s", [.q3_k]), 12: ("q3_k_m", [.q3_k, .q4_k]), 13: ("q3_k_l", [.q3_k, .q5_k]), 14: ("q4_k_s", [.q4_k]),
    15: ("q4_k_m", [.q4_k, .q6_k]), 16: ("q5_k_s", [.q5_k]), 17: ("q5_k_m", [.q5_k, .q6_k]), 18: ("q6_k", [.q6_k]),
    19: ("iq2_xxs", [.iq2_xxs]), 20: ("iq2_xs", [.iq2_xs]), 21: ("q2_k_s", [.q2_k]),
    22: ("iq3_xs", [.iq3_xxs, .iq3_s]),
    23: ("iq3_xxs", [.iq3_xxs]), 24: ("iq1_s", [.iq1_s]), 25: ("iq4_nl", [.iq4_nl]), 26: ("iq3_s", [.iq3_s]),
    27: ("iq3_m", [.iq3_s]), 28: ("iq2_s", [.iq2_s, .iq2_xs]), 29: ("iq2_m", [.iq2_s]), 30: ("iq4_xs", [.iq4_xs]),
    31: ("iq1_m", [.iq1_m]), 32: ("bfloat16", [.bfloat16]), 36: ("tq1_0", [.tq1_0]), 37: ("tq2_0", [.tq2_0]),
    38: ("mxfp4_moe", [.mxfp4]),
  ]

  /// Nil for an unknown number. The flag 1024 says that the number was guessed.
  init?(fileType number: Int) {
    guard let (name, types) = Self.all[number & ~1024] else { return nil }
    self.name = name
    self.types = types
  }

  /// Whether most matrices can have this type in such a file; those whose rows are not whole blocks fall back to another.
  func agrees(with majority: ElementType, hasPartBlocks: Bool) -> Bool {
    types.contains(majority) || hasPartBlocks && Self.fallbacks(of: types[0]).contains(majority)
  }

  /// Source: `tensor_type_fallback` in llama.cpp's `src/llama-quant.cpp`, which changed over time.
  private static func fallbacks(of type: ElementType) -> [ElementType] {
    switch type {
    case .q2_k, .q3_k, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq1_s, .iq1_m, .iq4_xs: [.iq4_nl, .q4_0]
    case .q4_k: [.q5_0]
    case .q5_k: [.q5_1]
    case .q6_k: [.q8_0]
    case .tq1_0, .tq2_0: [.q4_0]
    default: []
    }
  }
}

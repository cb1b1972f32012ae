/// How the numbers of a tensor are stored: one by one, or in quantised blocks that share a scale.
///
/// Raw values and block layouts are those of GGUF (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, `ggml_type`).
package enum ElementType: UInt32, Sendable, Equatable, CaseIterable {
  case float32 = 0
  case float16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q2_k = 10
  case q3_k = 11
  case q4_k = 12
  case q5_k = 13
  case q6_k = 14
  case iq2_xxs = 16
  case iq2_xs = 17
  case iq3_xxs = 18
  case iq1_s = 19
  case iq4_nl = 20
  case iq3_s = 21
  case iq2_s = 22
  case iq4_xs = 23
  case iq1_m = 29
  case bfloat16 = 30
  case tq1_0 = 34
  case tq2_0 = 35
  case mxfp4 = 39

  /// Consecutive numbers of a row that are stored together; 1 where each stands alone.
  package var blockLength: Int {
    switch self {
    case .float32, .float16, .bfloat16: 1
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl, .mxfp4: 32
    case .q2_k, .q3_k, .q4_k, .q5_k, .q6_k, .iq4_xs: 256
    case .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .tq1_0, .tq2_0: 256
    }
  }

  /// Bytes of one block.
  package var blockBytes: Int {
    switch self {
    case .float32: 4
    case .float16, .bfloat16: 2
    case .q4_0, .iq4_nl: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q2_k: 84
    case .q3_k: 110
    case .q4_k: 144
    case .q5_k: 176
    case .q6_k: 210
    case .iq4_xs: 136
    case .iq1_s: 50
    case .iq1_m: 56
    case .iq2_xxs: 66
    case .iq2_xs: 74
    case .iq2_s: 82
    case .iq3_xxs: 98
    case .iq3_s: 110
    case .tq1_0: 54
    case .tq2_0: 66
    case .mxfp4: 17
    }
  }

  package var isQuantized: Bool { blockLength > 1 }

  /// Whether there are kernels that multiply the blocks with activations of 8 bits. Blocks of the other quantised types,
  /// which are rare, are decoded row by row at each product.
  package var hasIntegerKernels: Bool {
    switch self {
    case .float32, .float16, .bfloat16: false
    case .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .tq1_0, .tq2_0, .mxfp4: false
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_k, .q3_k, .q4_k, .q5_k, .q6_k, .iq4_nl, .iq4_xs: true
    }
  }

  /// The name in reports: `bfloat16`, `float32`, `q4_0`, `q4_k`.
  package var name: String { String(describing: self) }

  /// Bytes of `count` consecutive numbers, a whole number of blocks; nil beyond 64 bits or where the blocks do not come out even.
  package func byteCount(of count: Int) -> Int? {
    guard count >= 0, count % blockLength == 0 else { return nil }
    let (bytes, overflow) = (count / blockLength).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }
}

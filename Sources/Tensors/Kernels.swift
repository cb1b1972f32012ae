import CKernels
import Glibc
import Support

/// The fastest kernels this machine can run, chosen once; see `gbk_kernels.h`, `gbk_packed.h` and `gbk_bf16.h`.
///
/// All tables compute the same bits, so the choice shows in speed only. The environment variable GB_ISA holds it down:
/// `avx512`, `avx2`, `neon` or `generic` (`scalar` is the same).
package enum Kernels {
  /// Products in float32, norms, activations, attention.
  package nonisolated(unsafe) static let best: gbk_kernels =
    first(of: gbk_kernels_at, level: \.level) ?? gbk_kernels_at(0).pointee

  /// Products of quantised weights with 8-bit activations.
  nonisolated(unsafe) static let packed: gbk_packed_kernels =
    first(of: gbk_packed_kernels_at, level: \.level) ?? gbk_packed_kernels_at(0).pointee

  /// Products of bfloat16 weights with bfloat16 activations.
  nonisolated(unsafe) static let bf16: gbk_bf16_kernels =
    first(of: gbk_bf16_kernels_at, level: \.level) ?? gbk_bf16_kernels_at(0).pointee

  /// Positions of a sequence whose keys and values lie together.
  package static let pagePositions = Int(GBK_PAGE)

  /// Floats between the score rows of an attention over `positions` positions.
  package static func scoreStride(_ positions: Int) -> Int { gbk_score_stride(positions) }

  /// The instruction set in use: `AVX-512`, `AVX2`, `NEON` or `generic`.
  package static var instructionSet: String { String(cString: best.name) }

  /// The instruction set used for weights of a type: with VNNI, BF16 or DotProd where those count.
  package static func instructionSet(for form: ActivationForm) -> String {
    switch form {
    case .float32: instructionSet
    case .int8: String(cString: packed.name)
    case .bfloat16: String(cString: bf16.name)
    }
  }

  /// The highest level of tables that each name allows; a name of the other architecture's is known, but no machine of
  /// this one has it.
  #if arch(arm64)
    private static let levels = ["generic": Int32(0), "scalar": 0, "neon": 1, "avx2": .max, "avx512": .max]
  #else
    private static let levels = ["generic": Int32(0), "scalar": 0, "avx2": 1, "avx512": 2, "neon": .max]
  #endif
  private static let requested = getenv("GB_ISA").map { String(cString: $0).lowercased() } ?? ""

  /// Throws if GB_ISA names an instruction set that is unknown or that this machine lacks.
  package static func checkRequest() throws(BenchmarkError) {
    if requested.isEmpty { return }
    guard let level = levels[requested] else {
      throw BenchmarkError(
        .invalidArgument, "GB_ISA is '\(requested)', which is unknown; known: avx512, avx2, neon, generic")
    }
    if level > gbk_kernels_at(0).pointee.level {
      throw BenchmarkError(.unsupported, "GB_ISA is '\(requested)', which this machine lacks; unset it")
    }
  }

  private static func first<Table>(of table: (Int32) -> UnsafePointer<Table>?, level: (Table) -> Int32) -> Table? {
    let limit = levels[requested] ?? .max
    var index: Int32 = 0
    while let candidate = table(index)?.pointee {
      if level(candidate) <= limit { return candidate }
      index += 1
    }
    return nil
  }
}

/// The kernels of one instruction set, and the sizes of an attention, under names that need no C module.
package typealias KernelTable = gbk_kernels
package typealias AttentionShape = gbk_attention_shape
package typealias KeyValuePagesOfHead = gbk_pages
package typealias LogitsSummary = gbk_logits_summary

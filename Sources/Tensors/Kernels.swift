import CKernels

/// The fastest kernels this machine can run, chosen once; see `gbk_kernels.h` for what each does.
///
/// All tables compute the same bits, so the choice shows in speed only.
public enum Kernels {
  public nonisolated(unsafe) static let best: gbk_kernels = gbk_kernels_at(0).pointee

  /// Positions of a sequence whose keys and values lie together.
  public static let pagePositions = Int(GBK_PAGE)

  /// Floats between the score rows of an attention over `positions` positions.
  public static func scoreStride(_ positions: Int) -> Int { gbk_score_stride(positions) }

  /// The instruction set in use: `AVX-512`, `AVX2` or `generic`.
  public static var instructionSet: String { String(cString: best.name) }
}

/// The kernels of one instruction set, and the sizes of an attention, under names that need no C module.
public typealias KernelTable = gbk_kernels
public typealias AttentionShape = gbk_attention_shape
public typealias KeyValuePagesOfHead = gbk_pages
public typealias LogitsSummary = gbk_logits_summary

import CKernels

/// The fastest kernels this machine can run, chosen once; see `gbk_kernels.h` for what each does.
///
/// All tables compute the same bits, so the choice shows in speed only.
public enum Kernels {
  public nonisolated(unsafe) static let best: gbk_kernels = gbk_kernels_at(0).pointee

  /// The instruction set in use: `AVX-512`, `AVX2` or `generic`.
  public static var instructionSet: String { String(cString: best.name) }
}

import CKernels

/// Element-wise steps of a row that only some generations take; see `gbk_altup.h`. All give the same bits everywhere.
package enum RowKernels {
  /// Mean of squares, `[count]`.
  package static func meanSquare(_ values: UnsafePointer<Float>, _ count: Int) -> Float {
    gbk_mean_square(values, count)
  }

  /// Cuts what is below mean + deviations * standard deviation of the row to zero and takes that off the rest, `[count]`.
  package static func keepAbove(_ values: UnsafeMutablePointer<Float>, _ count: Int, deviations: Float) {
    gbk_keep_above(values, count, deviations)
  }

  /// values[i] *= factors[i], `[count]`.
  package static func multiply(_ values: UnsafeMutablePointer<Float>, by factors: UnsafePointer<Float>, _ count: Int) {
    gbk_multiply(values, factors, count)
  }

  /// The most streams that the two functions below take.
  package static let maximumStreams = 16

  /// streams[y] += sum over x of mixture[y, x] * streams[x]; a row each, `[count]`, `stride` apart; mixture `[S, S]`.
  package static func predict(
    _ streams: UnsafeMutablePointer<Float>, stride: Int, mixture: UnsafePointer<Float>, streamCount: Int, count: Int
  ) {
    gbk_predict_streams(streams, stride, mixture, streamCount, count)
  }

  /// streams[y] += factors[y] * (activated - streams[active]); a row each, `[count]`, `stride` apart; factors `[S]`.
  package static func correct(
    _ streams: UnsafeMutablePointer<Float>, stride: Int, activated: UnsafePointer<Float>,
    factors: UnsafePointer<Float>, streamCount: Int, active: Int, count: Int
  ) {
    gbk_correct_streams(streams, stride, activated, factors, streamCount, active, count)
  }
}

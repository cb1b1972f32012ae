import COpenBLAS

extension ComputeType {
  /// The arithmetic by its name; OpenBLAS with what it is built of and for, since its sums depend on both.
  package var fullName: String {
    guard self == .openBLAS else { return rawValue }
    return "\(rawValue) \(openblas_get_config().map { String(cString: $0) } ?? "of an unknown build")"
  }
}

extension WeightMatrix {
  /// OpenBLAS would start threads of its own, which fight with the worker pool.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// The products of `multiply`, by OpenBLAS.
  func multiplyByOpenBLAS(
    _ range: Range<Int>, input: UnsafePointer<Float>, inputStride: Int, tokens: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    Self.singleThreaded
    if elementType == .float32, Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0 {
      let rows = start.assumingMemoryBound(to: Float.self) + range.lowerBound * columns
      return Self.product(
        rows, range.count, columns, input, inputStride, tokens, output + range.lowerBound, outputStride)
    }
    decodePanels(range) { rows, count, first in
      Self.product(rows, count, columns, input, inputStride, tokens, output + first, outputStride)
    }
  }

  /// output[t, r] = sum over c of input[t, c] * rows[r, c].
  private static func product(
    _ rows: UnsafePointer<Float>, _ rowCount: Int, _ columns: Int, _ input: UnsafePointer<Float>, _ inputStride: Int,
    _ tokens: Int, _ output: UnsafeMutablePointer<Float>, _ outputStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(tokens), blasint(rowCount), blasint(columns), 1, input,
      blasint(inputStride), rows, blasint(columns), 0, output, blasint(outputStride))
  }
}

import Support
import Tensors

/// A matrix that becomes another element type while it is loaded.
struct TensorConversion: Sendable {
  /// For errors.
  let name: String
  let path: String
  let source: ElementType
  let target: ElementType
  let rows: Int
  let columns: Int
  /// The rows in the new type, one after the other.
  let buffer: BlockBuffer

  private var targetRowBytes: Int { target.byteCount(of: columns) ?? 0 }

  /// Converts some rows. Errors: numbers that are not finite or too large for the type.
  func run(
    _ rows: Range<Int>, from bytes: UnsafeRawBufferPointer, at offset: Int, rowBytes: Int, on pool: WorkerPool
  ) throws(BenchmarkError) {
    guard let base = bytes.baseAddress else { return }
    let first = base + offset
    let (source, columns) = (source, columns)
    let failed = RowQuantizer.quantize(
      rows, columns: columns, to: target, buffer.start + rows.lowerBound * targetRowBytes, on: pool
    ) { row, numbers in
      WeightMatrix(start: first + row * rowBytes, elementType: source, rows: 1, columns: columns)
        .copyRow(0, to: numbers)
    }
    guard let failed else { return }
    throw BenchmarkError(
      .invalidFile,
      "\(path): tensor \(name): row \(failed) has a number that is not finite or too large for \(target.name)")
  }

  /// Gives the memory of rows back that were repacked.
  func release(_ rows: Range<Int>) {
    buffer.release(rows.lowerBound * targetRowBytes..<rows.upperBound * targetRowBytes)
  }
}

import CKernels
import Support

/// A matrix repacked into panels of sixteen rows for the kernels that round activations; see `gbk_packed.h` and
/// `gbk_bf16.h`.
///
/// Made empty, with where the rows would lie; they are filled from there, or from a copy of a few rows at a time.
package final class WeightPanels: @unchecked Sendable {
  package let elementType: ElementType
  package let rows: Int
  package let columns: Int
  /// Panels of so many rows.
  package let count: Int
  package static let panelRows = Int(GBK_PANEL)
  /// Bytes of all panels: what stays resident.
  package let byteCount: Int
  private let memory: PrivateMemory
  var start: UnsafeMutableRawPointer { memory.start }
  private let source: UnsafeRawPointer
  private let panelBytes: Int

  /// - Throws: unsupported if there are no kernels for the type and number of columns; outOfMemory.
  init(source: UnsafeRawPointer, elementType: ElementType, rows: Int, columns: Int) throws(BenchmarkError) {
    let type = Int32(elementType.rawValue)
    if elementType == .bfloat16 {
      panelBytes = gbk_bf16_panel_count(columns) * MemoryLayout<UInt16>.stride
    } else {
      guard rows >= 0, columns >= 0, gbk_packed_supports(type, columns) != 0 else {
        throw BenchmarkError(.unsupported, "a matrix of \(columns) columns cannot be stored as \(elementType.name)")
      }
      panelBytes = gbk_packed_panel_bytes(type, columns)
    }
    count = (rows + Int(GBK_PANEL) - 1) / Int(GBK_PANEL)
    let (bytes, overflow) = count.multipliedReportingOverflow(by: panelBytes)
    memory = try PrivateMemory(
      byteCount: overflow ? -1 : bytes, for: "a \(elementType.name) matrix of \(rows) x \(columns)")
    // The panels begin on a huge page where the system grants those: one entry then covers 2 MB of a stream.
    memory.preferHugePages(0..<max(bytes, 1))
    byteCount = bytes
    self.source = source
    self.elementType = elementType
    self.rows = rows
    self.columns = columns
  }

  /// Fills some panels from the rows where they lie.
  package func fill(_ range: Range<Int>) {
    fill(range, from: source + range.lowerBound * Self.panelRows * (elementType.byteCount(of: columns) ?? 0))
  }

  /// Fills some panels from their rows alone, `[rows of these panels, columns]`.
  package func fill(_ range: Range<Int>, from rows: UnsafeRawPointer) {
    let count = min(self.rows, range.upperBound * Self.panelRows) - range.lowerBound * Self.panelRows
    if count <= 0 { return }
    let target = start + range.lowerBound * panelBytes
    if elementType == .bfloat16 {
      gbk_bf16_pack(
        rows.assumingMemoryBound(to: UInt16.self), count, columns, 0, range.count,
        target.assumingMemoryBound(to: UInt16.self))
    } else {
      gbk_packed_pack(
        Int32(elementType.rawValue), rows.assumingMemoryBound(to: UInt8.self), count, columns, 0, range.count,
        target.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Fills all panels, shared among the threads of a pool.
  package func fill(on pool: WorkerPool) {
    pool.run { thread, threads in fill(WorkerPool.share(of: count, thread: thread, count: threads)) }
  }

  /// The matrix as the kernels for quantised weights take it.
  var packed: gbk_packed {
    gbk_packed(
      panels: UnsafePointer(start.assumingMemoryBound(to: UInt8.self)), type: Int32(elementType.rawValue), rows: rows,
      columns: columns)
  }

  /// One row as float32, written to `target`: `[columns]`.
  func copyRow(_ row: Int, to target: UnsafeMutablePointer<Float>) {
    if elementType == .bfloat16 {
      gbk_bf16_row(start.assumingMemoryBound(to: UInt16.self), columns, row, target)
    } else {
      var matrix = packed
      gbk_packed_row(&matrix, row, target)
    }
  }
}

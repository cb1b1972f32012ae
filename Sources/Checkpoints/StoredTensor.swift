import Support
import Tensors

/// A tensor where it lies in a file.
package struct StoredTensor: Sendable {
  package let name: String
  package let shape: [Int]
  package let elementType: ElementType
  package let file: ModelFile
  /// Bytes from the start of the file; checked against its length.
  package let range: Range<Int>

  /// Where its bytes lie once they are loaded.
  package var memory: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.memory[range]) }
  package var elementCount: Int { range.count / elementType.blockBytes * elementType.blockLength }

  /// Reads its bytes to where they belong.
  package func load() throws(BenchmarkError) -> UnsafeRawBufferPointer { try file.load(range) }

  /// Calls `body` with its bytes, for something small that is not kept.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(BenchmarkError) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 64)
    defer { copy.deallocate() }
    if let base = copy.baseAddress { try file.read(range, into: base) }
    return body(UnsafeRawBufferPointer(copy))
  }

  /// A shape as GGUF files mean it: there a matrix of one row is a vector, since all dimensions beyond those that a file
  /// names are 1.
  package static func plainShape(_ shape: [Int]) -> [Int] {
    let plain = shape.drop { $0 == 1 }
    return plain.isEmpty ? [1] : Array(plain)
  }

  /// The same numbers, or a part of them, under another name.
  func renamed(_ name: String, shape: some Collection<Int>, range: Range<Int>) -> StoredTensor {
    StoredTensor(name: name, shape: Array(shape), elementType: elementType, file: file, range: range)
  }
}

/// A tensor whose type of numbers is not read; one that is not needed may be left where it lies.
package struct ForeignTensor: Sendable {
  package let name: String
  package let shape: [Int]
  /// As in safetensors: `I64`, `F8_E4M3`.
  package let type: String
  package let file: ModelFile
  /// Bytes from the start of the file; checked against its length.
  package let range: Range<Int>

  package var refusal: BenchmarkError {
    BenchmarkError(
      .unsupported, "\(file.path): tensor \(name): element type \"\(type)\"; supported: BF16, F16, F32")
  }
}

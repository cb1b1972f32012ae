import Support
import Tensors

/// A tensor where it lies in a mapped file.
public struct StoredTensor: Sendable {
  public let name: String
  public let shape: [Int]
  public let elementType: ElementType
  public let file: MappedFile
  /// Bytes from the start of the file; checked against its length.
  public let range: Range<Int>

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[range]) }
  public var elementCount: Int { range.count / elementType.blockBytes * elementType.blockLength }

  /// The same numbers, or a part of them, under another name.
  func renamed(_ name: String, shape: [Int], range: Range<Int>) -> StoredTensor {
    StoredTensor(name: name, shape: shape, elementType: elementType, file: file, range: range)
  }
}

/// A tensor whose type of numbers is not read; one that is not needed may be left where it lies.
public struct ForeignTensor: Sendable {
  public let name: String
  public let shape: [Int]
  /// As in safetensors: `I64`, `F8_E4M3`.
  public let type: String
  public let file: MappedFile
  /// Bytes from the start of the file; checked against its length.
  public let range: Range<Int>

  public var refusal: BenchmarkError {
    BenchmarkError(
      .unsupported, "\(file.path): tensor \(name): element type \"\(type)\"; supported: BF16, F16, F32")
  }
}

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

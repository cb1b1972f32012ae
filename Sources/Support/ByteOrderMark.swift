/// The mark that some editors put before the text of a UTF-8 file, and that is no part of it.
package enum ByteOrderMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The bytes of the mark in front of a text: 3, or 0 where there is none.
  package static func length(_ text: some Collection<UInt8>) -> Int { text.starts(with: bytes) ? bytes.count : 0 }
}

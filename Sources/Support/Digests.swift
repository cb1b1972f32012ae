import CDigests

/// SHA-256 (FIPS 180-4), for the identity of prompts, plans and files.
package struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var blocks = DigestBlocks()

  package init() {}

  /// The digest of a text's UTF-8 as 64 hexadecimal digits.
  package static func hexadecimal(_ text: String) -> String {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return hash.finish()
  }

  /// The digest of bytes as 64 hexadecimal digits.
  package static func hexadecimal(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// Adds bytes to the message.
  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Adds bytes to the message.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    blocks.append(bytes) { data, count in gbd_sha256_blocks(&state, data, count) }
  }

  /// Ends the message and returns its digest as 64 hexadecimal digits.
  package mutating func finish() -> String {
    update(blocks.padding)
    return DigestBlocks.hexadecimal(state)
  }
}

/// SHA-1 (FIPS 180-4), which git names its objects by; not for anything that an adversary could profit from.
package struct SHA1 {
  private var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
  private var blocks = DigestBlocks()

  package init() {}

  /// Adds bytes to the message.
  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Adds bytes to the message.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    blocks.append(bytes) { data, count in gbd_sha1_blocks(&state, data, count) }
  }

  /// Ends the message and returns its digest as 40 hexadecimal digits.
  package mutating func finish() -> String {
    update(blocks.padding)
    return DigestBlocks.hexadecimal(state)
  }
}

/// Cuts a message into the blocks of 64 bytes that both digests work on, and pads its end.
private struct DigestBlocks {
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  mutating func append(_ bytes: UnsafeRawBufferPointer, _ compress: (UnsafePointer<UInt8>, Int) -> Void) {
    length += UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = min(64 - pending.count, rest.count)
      pending += rest.prefix(taken)
      rest = rest.dropFirst(taken)
      if pending.count < 64 { return }
      compress(pending, 1)
      pending.removeAll(keepingCapacity: true)
    }
    let whole = UnsafeRawBufferPointer(rebasing: rest.prefix(rest.count / 64 * 64))
    if let start = whole.baseAddress, !whole.isEmpty {
      compress(start.assumingMemoryBound(to: UInt8.self), whole.count / 64)
    }
    pending += rest.dropFirst(whole.count)
  }

  /// What ends the message: a one bit, zeros, and the length in bits, most significant byte first.
  var padding: [UInt8] {
    let bits = length &* 8
    let zeros = [UInt8](repeating: 0, count: (119 - Int(length % 64)) % 64)
    return [0x80] + zeros + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
  }

  static func hexadecimal(_ state: [UInt32]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let output = state.flatMap { word in (0..<8).map { digits[Int(word >> (28 - 4 * UInt32($0)) & 15)] } }
    return String(decoding: output, as: UTF8.self)
  }
}

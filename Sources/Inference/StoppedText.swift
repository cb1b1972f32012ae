/// Text that grows token by token until a stop text stands in it.
struct StoppedText {
  private let stops: [[UInt8]]
  private let longestStop: Int
  private var bytes: [UInt8] = []
  /// Where the first stop begins, once there is one.
  private var stopOffset: Int?
  /// Bytes that were handed out as whole characters.
  private var shownCount = 0

  init(stops: [String]) {
    self.stops = stops.map { Array($0.utf8) }
    longestStop = self.stops.map(\.count).max() ?? 0
  }

  var isStopped: Bool { stopOffset != nil }

  /// The text so far, cut before the first stop; bytes that are no UTF-8 become U+FFFD.
  var text: String { String(decoding: bytes[..<(stopOffset ?? bytes.count)], as: UTF8.self) }

  /// Adds a token's bytes; returns the text that has become whole, "" while a character is incomplete. Behind a stop nothing
  /// is added.
  mutating func append(_ added: [UInt8]) -> String {
    if isStopped { return "" }
    let searchStart = max(0, bytes.count - longestStop + 1)
    bytes += added
    stopOffset = stops.compactMap { find($0, from: searchStart) }.min()
    let end = stopOffset ?? completeCount
    if end <= shownCount { return "" }
    defer { shownCount = end }
    return String(decoding: bytes[shownCount..<end], as: UTF8.self)
  }

  private func find(_ stop: [UInt8], from start: Int) -> Int? {
    guard bytes.count - start >= stop.count else { return nil }
    return (start...(bytes.count - stop.count)).first { bytes[$0..<$0 + stop.count].elementsEqual(stop) }
  }

  /// The count of bytes up to the last character that is complete, as far as its lead byte tells.
  private var completeCount: Int {
    for back in 1...4 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }
}

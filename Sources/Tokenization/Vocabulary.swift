/// The pieces of a tokenizer as UTF-8, found by identifier and by text.
///
/// All text lies in one array and the index is an open-addressing table, so that 262,144 pieces load in a blink.
/// Identifiers may have gaps. A text belongs to one identifier; further ones (`addDuplicate`) are never found by it.
struct Vocabulary: Sendable {
  /// Identifiers from here on are refused: a hostile file must not be able to ask for unbounded memory.
  static let identifierLimit = 1 << 22

  /// What became of an attempt to add a piece.
  enum Insertion {
    case added
    case identifierOutOfRange
    case identifierTaken
    case textTaken(by: Int32)
    case tooLarge
  }

  private var text: [UInt8] = []
  /// Start of each piece in `text`, by identifier.
  private var starts: [UInt32] = []
  /// Byte count of each piece, by identifier; -1 where there is no piece.
  private var counts: [Int32] = []
  /// Identifiers by hash of the text; -1 is free. The count is a power of two.
  private var slots: [Int32]
  private(set) var pieceCount = 0

  /// An empty vocabulary with room for about `capacity` pieces.
  init(capacity: Int = 0) {
    var size = 1024
    while size < capacity * 2, size < Self.identifierLimit * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
  }

  /// One more than the largest identifier.
  var identifierCount: Int { counts.count }

  func contains(_ identifier: Int32) -> Bool {
    identifier >= 0 && Int(identifier) < counts.count && counts[Int(identifier)] >= 0
  }

  /// The bytes of a piece; empty where there is none.
  func bytes(of identifier: Int32) -> ArraySlice<UInt8> {
    guard contains(identifier) else { return [] }
    let start = Int(starts[Int(identifier)])
    return text[start..<start + Int(counts[Int(identifier)])]
  }

  /// The text of a piece; nil where there is none.
  func string(of identifier: Int32) -> String? {
    contains(identifier) ? String(decoding: bytes(of: identifier), as: UTF8.self) : nil
  }

  /// The identifier of the piece with these bytes.
  func identifier(of bytes: ArraySlice<UInt8>) -> Int32? {
    let found = slots[slot(of: bytes)]
    return found < 0 ? nil : found
  }

  func identifier(of string: String) -> Int32? { identifier(of: Array(string.utf8)[...]) }

  /// Adds a piece, unless its identifier or its text is there already.
  mutating func add(_ bytes: ArraySlice<UInt8>, as identifier: Int) -> Insertion {
    guard identifier >= 0, identifier < Self.identifierLimit else { return .identifierOutOfRange }
    if contains(Int32(identifier)) { return .identifierTaken }
    let position = slot(of: bytes)
    if slots[position] >= 0 { return .textTaken(by: slots[position]) }
    if let fault = insert(bytes, as: identifier) { return fault }
    slots[position] = Int32(identifier)
    pieceCount += 1
    if pieceCount * 2 > slots.count { grow() }
    return .added
  }

  /// Adds a piece, which takes its text from the one that has it: that one is gone then.
  mutating func addLast(_ bytes: ArraySlice<UInt8>, as identifier: Int) -> Insertion {
    guard let other = self.identifier(of: bytes), Int(other) != identifier else {
      return self.identifier(of: bytes) == nil ? add(bytes, as: identifier) : .added
    }
    if let fault = insert(bytes, as: identifier) { return fault }
    slots[slot(of: bytes)] = Int32(identifier)
    counts[Int(other)] = -1
    return .textTaken(by: other)
  }

  /// Adds a piece whose text another has: texts never become it.
  mutating func addDuplicate(_ bytes: ArraySlice<UInt8>, as identifier: Int) -> Insertion {
    insert(bytes, as: identifier) ?? .added
  }

  /// Appends a piece at the end of the table; nil if it went well.
  private mutating func insert(_ bytes: ArraySlice<UInt8>, as identifier: Int) -> Insertion? {
    guard identifier >= 0, identifier < Self.identifierLimit else { return .identifierOutOfRange }
    guard let start = UInt32(exactly: text.count), let count = Int32(exactly: bytes.count) else { return .tooLarge }
    if contains(Int32(identifier)) { return .identifierTaken }
    if identifier >= counts.count {
      let missing = identifier + 1 - counts.count
      counts.append(contentsOf: repeatElement(-1, count: missing))
      starts.append(contentsOf: repeatElement(0, count: missing))
    }
    text.append(contentsOf: bytes)
    starts[identifier] = start
    counts[identifier] = count
    return nil
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for identifier in counts.indices where counts[identifier] >= 0 {
      // Of several with one text, the first that was added has the least number.
      let position = slot(of: bytes(of: Int32(identifier)))
      if slots[position] < 0 { slots[position] = Int32(identifier) }
    }
  }

  /// The slot that holds the piece with these bytes, or the free one where it would go.
  private func slot(of wanted: ArraySlice<UInt8>) -> Int {
    wanted.withUnsafeBufferPointer { wanted in
      text.withUnsafeBufferPointer { text in
        let mask = slots.count - 1
        var position = Int(truncatingIfNeeded: Self.hash(wanted)) & mask
        while true {
          let candidate = Int(slots[position])
          if candidate < 0 { return position }
          let start = Int(starts[candidate])
          if Int(counts[candidate]) == wanted.count,
            wanted.elementsEqual(UnsafeBufferPointer(rebasing: text[start..<start + wanted.count]))
          {
            return position
          }
          position = (position + 1) & mask
        }
      }
    }
  }

  /// FNV-1a with a final mix, since the table takes the low bits.
  static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash ^ hash >> 29
  }
}

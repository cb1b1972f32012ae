/// One encoding of one text: tokens cut out of the raw text, normalisation, tokens cut out again, then the merges.
///
/// The text between tokens is cut further wherever no symbol can reach across (`MergeTable.mayJoin`). Merges never look
/// past such a border, so the tokens are those of the uncut text; words that return are then copied, not merged again.
struct TextEncoder {
  private let definition: TokenizerDefinition
  private(set) var output: [Int32] = []
  private var merger = SymbolMerger()
  /// Whether the last token out is an unknown one that a neighbour may be fused with.
  private var unknownIsOpen = false
  /// Words of the present gap met lately, by hash; empty for short texts.
  private var recent: [RecentWord] = []

  private struct RecentWord {
    var start = 0
    var count = 0
    var outputStart = 0
    var outputCount = 0
  }

  /// What a text is cut into.
  private enum Part {
    case gap(Range<Int>)
    case token(Int32)
  }

  /// Gaps shorter than this are encoded without a memory of recent words.
  private static let memoryThreshold = 4096
  private static let memorySize = 8192
  /// No word holds more symbols, so that a position fits 32 bits.
  private static let wordLimit = 1 << 30

  init(_ definition: TokenizerDefinition) { self.definition = definition }

  /// Appends the tokens of a text, which must be valid UTF-8.
  mutating func encode(_ bytes: UnsafeBufferPointer<UInt8>) {
    output.reserveCapacity(output.count + bytes.count / 4)
    for part in Self.parts(of: bytes, cutBy: definition.rawTokens) {
      switch part {
      case .token(let identifier): emit(identifier)
      case .gap(let range): encodeGap(UnsafeBufferPointer(rebasing: bytes[range]))
      }
    }
  }

  private static func parts(of bytes: UnsafeBufferPointer<UInt8>, cutBy matcher: TokenMatcher) -> [Part] {
    var parts: [Part] = []
    matcher.split(bytes, gap: { parts.append(.gap($0)) }, found: { parts.append(.token($0)) })
    return parts
  }

  private mutating func emit(_ identifier: Int32) {
    output.append(identifier)
    unknownIsOpen = false
  }

  private mutating func encodeGap(_ bytes: UnsafeBufferPointer<UInt8>) {
    var text = definition.composes ? Composition.composed(bytes) : Array(bytes)
    let spared = definition.normalizerSparesTokens ? definition.normalizedTokens : TokenMatcher()
    for replacement in definition.replacements { text = replacement.applied(to: text, sparing: spared) }
    text.withUnsafeBufferPointer { buffer in
      recent = buffer.count < Self.memoryThreshold ? [] : Array(repeating: RecentWord(), count: Self.memorySize)
      for part in Self.parts(of: buffer, cutBy: definition.normalizedTokens) {
        switch part {
        case .token(let identifier): emit(identifier)
        case .gap(let range):
          if let level = definition.byteLevel {
            unknownIsOpen = false
            encodePieces(buffer, range, level)
          } else if definition.prefixesSpace {
            encodeWithSpace(buffer[range])
          } else {
            encodePieces(buffer, range)
          }
        }
      }
    }
  }

  /// Cuts text into pieces by the pre-tokenizer's expression and encodes the bytes of each.
  private mutating func encodePieces(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ level: ByteLevel) {
    merger.symbols.removeAll(keepingCapacity: true)
    level.splitter.split(UnsafeBufferPointer(rebasing: bytes[range])) { piece in
      let piece = range.lowerBound + piece.lowerBound..<range.lowerBound + piece.upperBound
      if level.ignoresMerges,
        let whole = definition.vocabulary.identifier(of: ByteLevel.mapped(bytes[piece])[...])
      {
        emit(whole)
        return
      }
      for byte in bytes[piece] { merger.symbols.append(level.symbols[Int(byte)]) }
      encodeWord(bytes, piece)
    }
  }

  /// Encodes text with the mark of a space in front of it.
  private mutating func encodeWithSpace(_ text: Slice<UnsafeBufferPointer<UInt8>>) {
    // What was met lately is remembered by its place in one buffer, and this is another.
    if !recent.isEmpty { recent = Array(repeating: RecentWord(), count: Self.memorySize) }
    (TokenizerDefinition.spaceMark + text).withUnsafeBufferPointer { encodePieces($0, 0..<$0.count) }
  }

  /// Encodes text piece by piece, as the pre-tokenizer cuts it.
  private mutating func encodePieces(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = endOfPiece(bytes, start..<range.upperBound)
      unknownIsOpen = false
      if definition.ignoresMerges,
        let identifier = definition.vocabulary.identifier(of: Array(bytes[start..<end])[...])
      {
        emit(identifier)
      } else {
        encodeWords(bytes, start..<end)
      }
      start = end
    }
  }

  /// Where the piece ends that a range begins with.
  private func endOfPiece(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
    switch definition.cut {
    case .none: return range.upperBound
    case .afterSpace:
      return bytes[range].firstIndex(of: TokenizerDefinition.space).map { $0 + 1 } ?? range.upperBound
    case .beforeMark:
      let mark = TokenizerDefinition.spaceMark
      var offset = range.lowerBound + 1
      while offset < range.upperBound {
        if bytes[offset] == mark[0], bytes[offset..<range.upperBound].starts(with: mark) { return offset }
        offset += 1
      }
      return range.upperBound
    }
  }

  /// Cuts text into words and encodes each.
  private mutating func encodeWords(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    var wordStart = range.lowerBound
    var offset = wordStart
    var previous: UInt32 = 0
    merger.symbols.removeAll(keepingCapacity: true)
    while offset < range.upperBound {
      let (scalar, count) = decodeScalar(bytes, at: offset)
      let symbol = definition.merges.symbol(of: scalar)
      if !merger.symbols.isEmpty,
        symbol < 0 || merger.symbols.count == Self.wordLimit || !definition.merges.mayJoin(previous, scalar)
      {
        encodeWord(bytes, wordStart..<offset)
        wordStart = offset
      }
      if symbol >= 0 {
        merger.symbols.append(symbol)
      } else {
        emitUnknown(bytes[offset..<offset + count])
        wordStart = offset + count
      }
      previous = scalar
      offset += count
    }
    if !merger.symbols.isEmpty { encodeWord(bytes, wordStart..<offset) }
  }

  /// Encodes the word whose symbols stand in the merger, and empties the merger.
  private mutating func encodeWord(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
    defer { merger.symbols.removeAll(keepingCapacity: true) }
    if merger.symbols.count == 1 {
      emitSymbol(merger.symbols[0])
      return
    }
    var slot = -1
    if !recent.isEmpty {
      let word = UnsafeBufferPointer(rebasing: bytes[range])
      slot = Int(truncatingIfNeeded: Vocabulary.hash(word)) & (Self.memorySize - 1)
      let known = recent[slot]
      if known.count == word.count, bytes[known.start..<known.start + known.count].elementsEqual(word) {
        for index in known.outputStart..<known.outputStart + known.outputCount { output.append(output[index]) }
        unknownIsOpen = false
        return
      }
    }
    merger.merge(definition.merges)
    let outputStart = output.count
    var isPlain = true
    for symbol in merger.symbols {
      emitSymbol(symbol)
      if symbol >= definition.merges.phantomBase { isPlain = false }
    }
    if slot >= 0, isPlain {
      recent[slot] = RecentWord(
        start: range.lowerBound, count: range.count, outputStart: outputStart, outputCount: output.count - outputStart)
    }
  }

  private mutating func emitSymbol(_ symbol: Int32) {
    if let scalar = definition.merges.phantomScalar(of: symbol) {
      emitUnknown(Array(String(Character(scalar)).utf8)[...])
    } else {
      emit(symbol)
    }
  }

  private mutating func emitUnknown(_ bytes: some Sequence<UInt8>) {
    switch definition.fallback {
    case .bytes(let identifiers):
      for byte in bytes { emit(identifiers[Int(byte)]) }
    case .unknown(let identifier, let fused):
      if !(fused && unknownIsOpen) { output.append(identifier) }
      unknownIsOpen = true
    case .none: break
    }
  }
}

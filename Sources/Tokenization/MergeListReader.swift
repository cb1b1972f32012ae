import Support

/// Makes the table of a list of merges, one merge after another: rank is place in the list.
///
/// tokenizer.json brings such a list, and GGUF vocabularies of Gemma 4 and of bytes.
struct MergeListReader {
  private let vocabulary: Vocabulary
  private(set) var table: MergeTable
  /// These tokens stand for text that has no symbol, and end a word: a merge of one would have to reach across.
  private var barriers: [Bool]
  /// Tokens whose characters are recorded as neighbours already.
  private var seen: [Bool]
  private var rank: UInt32 = 0

  /// What is wrong with a merge.
  enum Fault: Error {
    /// A part, or the joined text, is not in the vocabulary.
    case unknownPart(ArraySlice<UInt8>, rank: UInt32)
    /// A part is an unknown or a byte token.
    case barrier(rank: UInt32)

    /// The fault as an error of a file.
    func error(_ name: String) -> BenchmarkError {
      switch self {
      case .unknownPart(let text, let rank):
        BenchmarkError(
          .invalidFile,
          "\(name): merge \(rank) names \"\(String(decoding: text, as: UTF8.self))\", which is not in the vocabulary")
      case .barrier(let rank):
        BenchmarkError(
          .unsupported,
          "\(name): merge \(rank), of an unknown or byte token, is not supported; no Gemma tokenizer uses it")
      }
    }
  }

  init(_ vocabulary: Vocabulary, capacity: Int, fallback: TokenizerDefinition.Fallback, unknown: Int32?) {
    self.vocabulary = vocabulary
    var table = MergeTable(capacity: capacity, phantomBase: Int32(vocabulary.identifierCount))
    for identifier in 0..<Int32(vocabulary.identifierCount) {
      let text = vocabulary.bytes(of: identifier)
      if text.isEmpty || text.count > 4 || vocabulary.identifier(of: text) != identifier { continue }
      text.withUnsafeBufferPointer { buffer in
        let (scalar, count) = decodeScalar(buffer, at: 0)
        if count == buffer.count { table.setSymbol(identifier, of: scalar) }
      }
    }
    self.table = table
    seen = [Bool](repeating: false, count: vocabulary.identifierCount)
    barriers = seen
    if let unknown { barriers[Int(unknown)] = true }
    if case .bytes(let identifiers) = fallback { for identifier in identifiers { barriers[Int(identifier)] = true } }
  }

  /// Adds the next merge, given as the joined text (valid UTF-8) and where its right part begins.
  mutating func add(_ text: ArraySlice<UInt8>, border: Int) throws(Fault) {
    let left = try part(text[..<border])
    let right = try part(text[border...])
    let joined = try part(text)
    if barriers[Int(left)] || barriers[Int(right)] { throw .barrier(rank: rank) }
    table.setJoin(left, right, rank: rank, symbol: joined)
    if !seen[Int(joined)] {
      seen[Int(joined)] = true
      table.addNeighbours(text)
    }
    rank += 1
  }

  private func part(_ text: ArraySlice<UInt8>) throws(Fault) -> Int32 {
    guard let identifier = vocabulary.identifier(of: text) else { throw .unknownPart(text, rank: rank) }
    return identifier
  }
}

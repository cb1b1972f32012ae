import Support

/// A SentencePiece `tokenizer.model` as its protobuf says it: sentencepiece_model.proto, the fields that matter here.
struct SentencePieceModel {
  /// ModelProto.SentencePiece.Type
  enum Kind: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  struct Piece {
    var text: ArraySlice<UInt8> = []
    var score: Float = 0
    var kind = Kind.normal
  }

  var pieces: [Piece] = []
  /// Whether the pieces are a GGUF file's, which llama.cpp reads as SentencePiece would not: pieces of every kind take part
  /// in merges, several may have one text, which then belongs to the first of them, scores need not be finite, and a piece
  /// for unknown text is needed only without byte pieces.
  var followsLlama = false
  /// The pieces that begin and end a sequence, where they are known by number.
  var beginningIdentifier: Int?
  var endIdentifier: Int?
  // TrainerSpec, with the defaults of the format
  var modelType = 1
  var byteFallback = false
  var beginningPiece = "<s>"
  var endPiece = "</s>"
  var whitespaceIsSuffix = false
  // NormalizerSpec
  var normalizerName = ""
  var characterMap: ArraySlice<UInt8> = []
  var addsDummyPrefix = true
  var removesExtraWhitespace = true
  var escapesWhitespace = true
  var denormalizerMap: ArraySlice<UInt8> = []

  private static let pieceLimit = 1024

  /// A model without pieces, to be filled by a reader of another format.
  init() {}

  /// Reads the file's bytes. `name` stands in front of the message of an error.
  init(_ bytes: [UInt8], name: String) throws(BenchmarkError) {
    var reader = ProtobufReader(bytes[...], name: name)
    while let (number, value) = try reader.next() {
      switch (number, value.bytes) {
      case (1, let message?): pieces.append(try Self.readPiece(message, index: pieces.count, name: name))
      case (2, let message?): try readTrainer(message, name: name)
      case (3, let message?): try readNormalizer(message, name: name)
      case (5, let message?):
        var inner = ProtobufReader(message, name: name)
        while let (number, value) = try inner.next() { if number == 2, let map = value.bytes { denormalizerMap = map } }
      case (1...3, nil), (5, nil):
        throw BenchmarkError(.invalidFile, "\(name): not a SentencePiece model: field \(number) is not a message")
      default: break
      }
      if pieces.count > Vocabulary.identifierLimit {
        throw BenchmarkError(.invalidFile, "\(name): more than \(Vocabulary.identifierLimit) pieces")
      }
    }
    if pieces.isEmpty { throw BenchmarkError(.invalidFile, "\(name): not a SentencePiece model: it has no pieces") }
  }

  private static func readPiece(_ message: ArraySlice<UInt8>, index: Int, name: String) throws(BenchmarkError) -> Piece
  {
    var piece = Piece()
    var reader = ProtobufReader(message, name: name)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: piece.text = value.bytes ?? []
      case 2: piece.score = value.float ?? .nan
      case 3:
        guard let kind = value.signed.flatMap({ Kind(rawValue: $0) }) else {
          throw BenchmarkError(.invalidFile, "\(name): piece \(index) has an unknown type")
        }
        piece.kind = kind
      default: break
      }
    }
    try check(piece, index: index, name: name)
    return piece
  }

  /// Throws for a piece that cannot be one: no text, too long, not UTF-8, no finite score.
  static func check(_ piece: Piece, index: Int, name: String) throws(BenchmarkError) {
    try checkText(piece.text, index: index, name: name)
    if !piece.score.isFinite { throw BenchmarkError(.invalidFile, "\(name): piece \(index) has no finite score") }
  }

  /// Throws for a text that no piece can have.
  static func checkText(_ text: ArraySlice<UInt8>, index: Int, name: String) throws(BenchmarkError) {
    if text.isEmpty { throw BenchmarkError(.invalidFile, "\(name): piece \(index) has no text") }
    if text.count > pieceLimit {
      throw BenchmarkError(.invalidFile, "\(name): piece \(index) is longer than \(pieceLimit) bytes")
    }
    if String(validating: text, as: UTF8.self) == nil {
      throw BenchmarkError(.invalidFile, "\(name): piece \(index) is not valid UTF-8")
    }
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>, name: String) throws(BenchmarkError) {
    var reader = ProtobufReader(message, name: name)
    while let (number, value) = try reader.next() {
      switch number {
      case 3: modelType = value.signed ?? 0
      case 24: whitespaceIsSuffix = value.flag ?? false
      case 35: byteFallback = value.flag ?? false
      case 46: beginningPiece = String(decoding: value.bytes ?? [], as: UTF8.self)
      case 47: endPiece = String(decoding: value.bytes ?? [], as: UTF8.self)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>, name: String) throws(BenchmarkError) {
    var reader = ProtobufReader(message, name: name)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: normalizerName = String(decoding: value.bytes ?? [], as: UTF8.self)
      case 2: characterMap = value.bytes ?? []
      case 3: addsDummyPrefix = value.flag ?? true
      case 4: removesExtraWhitespace = value.flag ?? true
      case 5: escapesWhitespace = value.flag ?? true
      default: break
      }
    }
  }
}

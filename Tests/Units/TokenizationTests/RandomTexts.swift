/// Ten thousand random texts, the same in Swift and in Python: tools/goldens/random_texts.py describes them.
struct RandomTexts {
  static let count = 10_000
  static let block = 100

  private static let words = split(
    """
    the of and a to in is you that it he was for on are with as I his they be at one have this from or had by hot \
    Question: Answer: token model benchmark naïve Straße café Привет мир Καλημέρα שלום مرحبا नमस्ते สวัสดี 你好 世界 \
    日本語 カナ 안녕 don't it's 3.14 $42 x²
    """)
  private static let specials = split(
    """
    <pad> <eos> <bos> <unk> <mask> <start_of_turn> <end_of_turn> <|turn> <turn|> <|channel> <channel|> <|think|> \
    <|"|> <start_of_image> <unused0> <unused99> [multimodal] <table> </table> <h1> <0x41> <0xFF> <0x0A> ▁
    """)
  private static let runs = [
    " ", "\n", "\t", "▁", "a", "=", "-", "0", "é", "中", "😀", "\u{A0}", "\r", "\r\n", "ab", "\u{301}",
  ]
  private static let emoji = [
    "😀", "👩‍👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "❤️", "🇩🇪", "🧑🏿‍🚀", "1️⃣", "\u{200D}", "\u{FE0F}",
  ]
  private static let planes: [UInt32] = [0, 0, 0, 1, 2, 3, 14, 15, 16]
  private static let blocks: [(Int, Int)] = [
    (0x00A0, 0x0250), (0x0370, 0x0500), (0x0590, 0x0780), (0x0900, 0x0E80), (0x1E00, 0x2100), (0x2190, 0x2600),
    (0x3040, 0x3100), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xFF00, 0xFFF0),
  ]
  private static let punctuation = Array("0123456789.,;:!?+-*/=<>|()[]{}#$%&@^~_'\"`\\ ".unicodeScalars)

  private static func split(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: " ").map { String($0) }
  }

  private var state: UInt64

  /// The text of a number from 0 up.
  static func text(_ index: Int) -> String {
    var texts = RandomTexts(state: UInt64(index))
    _ = texts.below(2)
    var scalars = String.UnicodeScalarView()
    for _ in 0..<1 + texts.below(6) { texts.addPiece(to: &scalars) }
    return String(scalars)
  }

  private mutating func below(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % count
  }

  private mutating func choice<Item>(_ items: [Item]) -> Item { items[below(items.count)] }

  private mutating func scalar(_ low: Int, _ high: Int) -> Unicode.Scalar {
    Unicode.Scalar(UInt32(low + below(high - low))) ?? "?"
  }

  private mutating func anyScalar() -> Unicode.Scalar {
    while true {
      let plane = choice(Self.planes)
      if let scalar = Unicode.Scalar(plane << 16 | UInt32(below(0x10000))) { return scalar }
    }
  }

  private mutating func addPiece(to text: inout String.UnicodeScalarView) {
    let kind = below(12)
    let count = 1 + below(8)
    switch kind {
    case 0, 1:
      for index in 0..<count {
        if index > 0 { text.append(" ") }
        text.append(contentsOf: choice(Self.words).unicodeScalars)
      }
    case 2: for _ in 0..<count { text.append(anyScalar()) }
    case 3:
      for _ in 0..<count {
        text.append(scalar(0x61, 0x7B))
        text.append(scalar(0x300, 0x370))
      }
    case 4: for _ in 0..<count { text.append(below(2) == 1 ? scalar(0, 0x20) : scalar(0x7F, 0xA0)) }
    case 5:
      let unit = choice(Self.runs).unicodeScalars
      for _ in 0..<1 + below(80) { text.append(contentsOf: unit) }
    case 6: text.append(contentsOf: choice(Self.specials).unicodeScalars)
    case 7:
      let special = Array(choice(Self.specials).unicodeScalars)
      text.append(contentsOf: special.prefix(1 + below(special.count)))
    case 8: for _ in 0..<count { text.append(contentsOf: choice(Self.emoji).unicodeScalars) }
    case 9: for _ in 0..<count { text.append(choice(Self.punctuation)) }
    case 10:
      let (low, high) = choice(Self.blocks)
      for _ in 0..<count { text.append(scalar(low, high)) }
    default:
      let unit = choice(Self.runs).unicodeScalars
      for _ in 0..<1 + below(4) { text.append(contentsOf: unit) }
    }
  }
}

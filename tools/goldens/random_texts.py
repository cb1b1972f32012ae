"""Ten thousand random texts, the same in Python and in Swift (Tests/Units/TokenizationTests/RandomTexts.swift).

Text number i comes from a generator that starts at i: x <- 6364136223846793005 x + 1442695040888963407 (mod 2^64), of
which the upper 31 bits count. All planes, combining marks, controls, texts of special tokens whole and cut, long runs of one
character, white space at the ends.
"""
COUNT = 10_000
BLOCK = 100

WORDS = ("the of and a to in is you that it he was for on are with as I his they be at one have this from or had by hot "
         "Question: Answer: token model benchmark naïve Straße café Привет мир Καλημέρα שלום مرحبا नमस्ते สวัสดี 你好 世界 "
         "日本語 カナ 안녕 don't it's 3.14 $42 x²").split()
SPECIALS = ("<pad> <eos> <bos> <unk> <mask> <start_of_turn> <end_of_turn> <|turn> <turn|> <|channel> <channel|> <|think|> "
            "<|\"|> <start_of_image> <unused0> <unused99> [multimodal] <table> </table> <h1> <0x41> <0xFF> <0x0A> ▁").split()
RUNS = [" ", "\n", "\t", "▁", "a", "=", "-", "0", "é", "中", "😀", "\u00a0", "\r", "\r\n", "ab", "́"]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "❤️", "🇩🇪", "🧑🏿‍🚀", "1️⃣", "\u200d", "\ufe0f"]
PLANES = [0, 0, 0, 1, 2, 3, 14, 15, 16]
BLOCKS = [(0x00A0, 0x0250), (0x0370, 0x0500), (0x0590, 0x0780), (0x0900, 0x0E80), (0x1E00, 0x2100), (0x2190, 0x2600),
          (0x3040, 0x3100), (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xFF00, 0xFFF0)]
PUNCTUATION = "0123456789.,;:!?+-*/=<>|()[]{}#$%&@^~_'\"`\\ "


class Generator:
    def __init__(self, seed):
        self.state = seed

    def below(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % count

    def choice(self, items):
        return items[self.below(len(items))]

    def between(self, low, high):
        return low + self.below(high - low)


def any_scalar(generator):
    while True:
        code = generator.choice(PLANES) << 16 | generator.below(0x10000)
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def piece(generator):
    kind = generator.below(12)
    count = 1 + generator.below(8)
    if kind <= 1:
        return " ".join(generator.choice(WORDS) for _ in range(count))
    if kind == 2:
        return "".join(any_scalar(generator) for _ in range(count))
    if kind == 3:
        return "".join(chr(generator.between(0x61, 0x7B)) + chr(generator.between(0x300, 0x370)) for _ in range(count))
    if kind == 4:
        return "".join(chr(generator.below(0x20) if generator.below(2) else generator.between(0x7F, 0xA0))
                       for _ in range(count))
    if kind == 5:
        return generator.choice(RUNS) * (1 + generator.below(80))
    if kind == 6:
        return generator.choice(SPECIALS)
    if kind == 7:
        text = generator.choice(SPECIALS)
        return text[:1 + generator.below(len(text))]
    if kind == 8:
        return "".join(generator.choice(EMOJI) for _ in range(count))
    if kind == 9:
        return "".join(generator.choice(PUNCTUATION) for _ in range(count))
    if kind == 10:
        low, high = generator.choice(BLOCKS)
        return "".join(chr(generator.between(low, high)) for _ in range(count))
    return generator.choice(RUNS) * (1 + generator.below(4))


def text(index):
    generator = Generator(index)
    generator.below(2)  # neighbouring seeds differ in few bits
    return "".join(piece(generator) for _ in range(1 + generator.below(6)))

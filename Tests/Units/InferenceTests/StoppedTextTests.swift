import Testing

@testable import Inference

/// The text of a generation as it grows, byte by byte.
@Suite struct StoppedTextTests {
  /// Appends pieces until a stop; returns the text, what was shown, and how many pieces it took.
  private func feed(_ pieces: [[UInt8]], stops: [String]) -> (text: String, shown: [String], count: Int) {
    var output = StoppedText(stops: stops)
    var shown: [String] = []
    for piece in pieces where !output.isStopped { shown.append(output.append(piece)) }
    return (output.text, shown, shown.count)
  }

  @Test("A stop is found however it is cut into pieces", arguments: 1...12)
  func pieces(size: Int) {
    let bytes = Array("The answer is 42.\n\nQuestion: what now?".utf8)
    let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    let result = feed(pieces, stops: ["Question:", "</s>"])
    #expect(result.text == "The answer is 42.\n\n")
    #expect(result.count < pieces.count || size > 9, "nothing is read after the stop")
  }

  @Test("Of several stops the first in the text counts, not the first in the list")
  func severalStops() {
    #expect(feed([Array("one two three".utf8)], stops: ["three", "two"]).text == "one ")
    #expect(feed([Array("one two".utf8), Array(" three".utf8)], stops: ["three", "o t"]).text == "one tw")
  }

  @Test("Of stops that overlap the one that begins first cuts, if both are complete at once")
  func overlappingStops() {
    #expect(feed([Array("abcdef".utf8)], stops: ["cd", "bcde"]).text == "a")
    #expect(feed(Array("abcdef".utf8).map { [$0] }, stops: ["cd", "bcde"]).text == "ab")
  }

  @Test("A beginning of a stop that comes to nothing stays in the text")
  func falseStart() {
    let result = feed(Array("aab aaab".utf8).map { [$0] }, stops: ["aaab"])
    #expect(result.text == "aab ")
    #expect(feed([Array("Quest".utf8), Array("ing".utf8)], stops: ["Question"]).text == "Questing")
  }

  @Test("A stop at the very front leaves an empty text")
  func stopAtFront() {
    let result = feed([Array("\n".utf8), Array("more".utf8)], stops: ["\n"])
    #expect(result.text.isEmpty && result.count == 1 && result.shown == [""])
  }

  @Test("A character cut in pieces is shown once it is whole")
  func characters() {
    let bytes = Array("é東🙂a".utf8)
    let result = feed(bytes.map { [$0] }, stops: [])
    #expect(result.shown == ["", "é", "", "", "東", "", "", "", "🙂", "a"])
    #expect(result.text == "é東🙂a")
  }

  @Test("What is incomplete at the end is shown as U+FFFD in the text, and not handed out before")
  func incompleteEnd() {
    let result = feed([Array("ab".utf8), [0xF0, 0x9F]], stops: [])
    #expect(result.shown == ["ab", ""])
    #expect(result.text == "ab\u{FFFD}")
  }

  @Test("Bytes that are no UTF-8 become U+FFFD and hold nothing up")
  func invalidBytes() {
    let result = feed([[0x80], [0xFF], Array("ok".utf8)], stops: ["k"])
    #expect(result.text == "\u{FFFD}\u{FFFD}o")
    #expect(result.shown.joined().hasSuffix("o"))
  }

  @Test("A stop of several bytes a character is found across pieces")
  func wideStop() {
    let result = feed(Array("東京です。次".utf8).map { [$0] }, stops: ["。"])
    #expect(result.text == "東京です")
  }

  @Test("Empty pieces change nothing")
  func emptyPieces() {
    let result = feed([[], Array("a".utf8), [], Array("b".utf8)], stops: ["x"])
    #expect(result.text == "ab" && result.shown == ["", "a", "", "b"])
  }
}

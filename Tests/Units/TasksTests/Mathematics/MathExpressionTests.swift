import Support
import Testing

@testable import Tasks

/// Answers compared by value, held to math-verify (Tests/Goldens/descriptions/mathematics.json) and to arithmetic.
@Suite struct MathExpressionTests {
  private static func golden(_ key: String) -> [(right: String, answer: String, isEqual: Bool)] {
    let path = TestData.packageRoot + "/Tests/Goldens/descriptions/mathematics.json"
    guard let bytes = try? FileSystem.read(path), let golden = try? JSONReader.parse(bytes, name: path).objectValue
    else {
      return []
    }
    return (golden[key]?.arrayValue ?? []).compactMap(\.arrayValue).map {
      ($0[0].stringValue ?? "", $0[1].stringValue ?? "", $0[2].integerValue == 1)
    }
  }

  private static let pairs = golden("pairs")

  @Test("Answers are equal where math-verify takes them for equal")
  func equalsMathVerify() {
    #expect(Self.pairs.count > 200)
    for (right, answer, isEqual) in Self.pairs {
      #expect(MathExpression.areEqual(right, answer) == isEqual, "\(right) and \(answer)")
    }
  }

  @Test("Responses are right where math-verify takes them for right")
  func findsAsMathVerify() {
    let responses = Self.golden("responses")
    #expect(responses.count > 30)
    for (right, response, isRight) in responses {
      #expect(MathVerifyHooks.isRight(right, response) == isRight, "\(right) in \(response)")
    }
    // math-verify does not read a formula that ends a sentence.
    #expect(MathVerifyHooks.isRight(#"\frac{3}{4}"#, #"the probability is $$\frac{3}{4}.$$"#))
  }

  @Test("An answer equals itself")
  func reflexive() {
    for text in Set(Self.pairs.flatMap { [$0.right, $0.answer] }) {
      #expect(MathExpression.areEqual(text, text), "\(text)")
    }
  }

  /// Where math-verify judges otherwise: what it does not evaluate (a bar over decimals, i, ± within a term), or does not look at (a base).
  @Test(
    "Answers that are equal by arithmetic",
    arguments: [
      (#"0.\overline{3}"#, #"\frac{1}{3}"#), (#"0.1\overline{6}"#, "1/6"), ("(1+i)^2", "2i"), (#"\frac{1}{i}"#, "-i"),
      ("i^2", "-1"), ("-2-2i", "-2(1+i)"), (#"e^{i\pi}"#, "-1"),
      (#"\frac{1\pm\sqrt{5}}{2}"#, #"\frac{1\mp\sqrt{5}}{2}"#),
      ("√2", #"\sqrt{2}"#), ("2π", #"2\pi"#), ("x²", "x^2"), ("3 × 4", "12"), ("1 1/2", "3/2"), ("5 square feet", "5"),
      (#"10\ \mathrm{m/s}"#, "10"), ("1:2", "0.5"), (#"\sqrt[3]{-8}"#, "-2"), (#"\pm\sqrt{31}"#, #"0+\pm\sqrt{31}"#),
      (#"\pm\sqrt{31}"#, #"\frac{\pm\sqrt{31}}{1}"#),
      ("2 \\le x < 3", "[2,3)"),
      (#"\begin{cases}"#, #"\begin{cases}"#), ("170!/169!", "170"), (#"\text{Evelyn}"#, "evelyn."),
      ("1e400", "1e400"), (#"\log 1000"#, "3"), (#"|3-5|"#, "2"), ("5", "5,5"),
      (#"\dfrac{\sqrt{3}}{3}"#, #"\tan 30\cdot\frac{\sqrt{3}}{3\tan 30}"#),
    ])
  func equal(right: String, answer: String) { #expect(MathExpression.areEqual(right, answer)) }

  @Test(
    "Answers that differ",
    arguments: [
      ("4343_6", "4343_7"), (#"\pi"#, "3.14159265"), ("1000000007", "1000000008"),
      ("99999999999999999999999999999999999999991", "99999999999999999999999999999999999999992"),
      ("10^{400}", "10^{500}"), ("1/0", "2/0"), (#"\infty"#, #"-\infty"#), (#"\infty"#, "10^{400}"), ("", ""),
      ("", "0"),
      ("stressed", "desserts"), ("(1,2)", "[1,2]"), ("(1,2)", "(1,2]"), ("(100,200)", "100200"), ("x^2", "x^3"),
      ("1, 2", "1"), ("x+y=1", "1"), ("x<3", "3"), ("x<3", "(3,\\infty)"), ("5", "5x"), ("0", "10^{-12}"),
      ("x-x+1", "2"),
      (#"\frac{1}{0}"#, #"\frac{1}{0}x"#), (#"\text{no}"#, #"\text{on}"#), ("1.0000001", "1"), ("-", "+"),
    ])
  func different(right: String, answer: String) { #expect(!MathExpression.areEqual(right, answer)) }

  @Test(
    "The answer of a response, as it is written",
    arguments: [
      (#"So $x=2$. The answer is \boxed{\frac{1}{2}}."#, #"\frac{1}{2}"#), (#"\boxed{1} then \boxed{2}"#, "1,2"),
      (#"It is $\boxed 7$ now"#, "7"), (#"$5$ and, cut at \boxed{12"#, "5"), ("1/2 of it", "1/2"),
      ("-1,234.5 owls", "-1234.5"),
      ("Final Answer: The final answer is $[2,5)$. I hope it is correct.", "[2,5)"),
      ("Answer: **1,234.50**", "1234.50"),
      (#"\boxed{3} Final Answer: The final answer is $4$. I hope it is correct."#, "4"), ("costs €5", "5"),
      ("The final answer is $1$ and $2$.", "1,2"), (#"We get \(x\) and, above, \[ y = 3 \]"#, " y = 3 "),
      ("the answer is: \n$$\\frac{3}{4}$$", #"\frac{3}{4}"#), ("The answer is blue.", nil), ("", nil),
    ] as [(String, String?)])
  func extraction(text: String, answer: String?) { #expect(MathExtraction.answer(in: text) == answer) }

  @Test("Hostile answers are read in little time, and crash nothing", .timeLimit(.minutes(1)))
  func hostile() {
    let parts = [
      "(", ")", "[", "]", "{", "}", "\\{", "\\}", "\\frac", "\\sqrt", "^", "_", "!", "|", ",", "=", "<", "+", "-",
      "\\pm", "2", "9.9",
      "x", "i", "e", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\", "\\log", "\\sin", "\\infty", "\\cup", "\\binom",
      "%",
      "\\text{a b}", "and", "$", ".", "\\overline{3}", "\\lfloor", "\\rfloor", "/", ":", "\\", "\u{0}", "é", "\\boxed{",
      "Final answer is ", "answer is ", "\\(", "\\]", "9999999999999999999999", "\\left.", " ",
    ]
    var generator = PythonRandom(seed: 7)
    for _ in 0..<4000 {
      let text = (0..<(1 + generator.below(24))).map { _ in parts[generator.below(parts.count)] }.joined()
      #expect(MathExpression.areEqual(text, text) || !text.isEmpty)
      _ = MathExpression.areEqual("2", text)
      _ = MathExtraction.answer(in: text)
    }
    for part in parts {
      let long = String(repeating: part, count: MathExpression.maximumBytes / part.utf8.count)
      for text in [long, "1" + long, long + "1", long + "x" + long] {
        _ = MathExpression.areEqual(text, "1" + text)
        _ = MathExpression.areEqual("x", text)
      }
      _ = MathExtraction.answer(in: String(repeating: part, count: 20000))
    }
    // Boxes in boxes, each closed.
    _ = MathExtraction.answer(
      in: String(repeating: "\\boxed{", count: 20000) + "1" + String(repeating: "}", count: 20000))
    for text in [
      "9^{9^{9^{9}}}", "99999999!", "\\binom{99999999}{49999999}", "2^{-999999999}", "0^{-1}", "\\log_1 2", "1_",
    ] {
      #expect(!MathExpression.areEqual(text, "17"))
    }
    let items = (0..<700).map { "\($0 % 10)" }.joined(separator: ",")
    #expect(MathExpression.areEqual("\\{" + items + "\\}", "\\{" + items + ",0\\}"))
  }
}

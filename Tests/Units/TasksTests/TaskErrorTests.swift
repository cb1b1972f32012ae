import DataSets
import Support
import Testing

@testable import Tasks

/// What a user reads when something is wrong.
struct TaskErrorTests {
  @Test(
    "A bad specification is an error that names the key and the remedy",
    arguments: [
      ("[]", "a task must be an object"),
      ("{}", "a task needs a \"type\": mmlu, gsm8k"),
      (#"{"type":"mmlo"}"#, "no such task: \"mmlo\"; did you mean \"mmlu\"?"),
      (#"{"type":"mmlu","shotz":5}"#, "unknown key \"shotz\"; did you mean \"shots\"?"),
      (#"{"type":"mmlu","shots":6}"#, "mmlu: shots: a whole number from 0 to 5 was expected, not 6"),
      (#"{"type":"mmlu","shot_count":"5"}"#, "mmlu: shot_count: a whole number from 0 to 5 was expected, not \"5\""),
      (#"{"type":"mmlu","shots":5,"shot_count":5}"#, "are the same option"),
      (#"{"type":"mmlu","subset":"abstract_algebre"}"#, "did you mean \"abstract_algebra\"?"),
      (#"{"type":"mmlu","split":"train"}"#, "no such split: \"train\""),
      (#"{"type":"gsm8k","chain_of_thought":1}"#, "true or false was expected, not 1"),
      (#"{"type":"gsm8k","seed":-1}"#, "gsm8k: seed: a whole number of 0 or more was expected"),
      (#"{"type":"gsm8k","draw":"first","seed":7}"#, "\"seed\" has no effect with draw \"first\""),
      (#"{"type":"gsm8k","draw":"none"}"#, "no such draw: \"none\""),
      (#"{"type":"gsm8k","maximum_tokens":0}"#, "maximum_tokens: a whole number from 1 to 1000000"),
    ])
  func specification(text: String, expected: String) throws {
    let value = try JSONReader.parse(text)
    let message = TestData.message { _ = try TaskCatalogue.load(TaskSpecification(value)) }
    #expect(message.contains(expected), "\(message)")
  }

  @Test("A missing file is named, with where to get it")
  func missing() throws {
    let message = TestData.message { _ = try TestData.mmlu(["subset": "virology"]) }
    #expect(message.contains("mmlu/dev/virology_dev.csv"), "\(message)")
    #expect(message.contains("github.com/hendrycks/test"))
    #expect(message.contains("GEMMABENCH_DATA"))
    let other = TestData.message { _ = try TestData.gsm8k(folder: "/nowhere") }
    #expect(other.contains("/nowhere/gsm8k/test.jsonl"), "\(other)")
    #expect(other.contains("github.com/openai/grade-school-math"))
  }

  @Test("Subjects of one's own in MMLU's layout are all asked, under another name than MMLU's")
  func ownSubjects() throws {
    let row = "q,1,2,3,4,A\n"
    let folder = try TestData.folder(of: [
      ("mmlu/test/tides_test.csv", row), ("mmlu/test/knots_test.csv", row), ("mmlu/dev/tides_dev.csv", row),
    ])
    let all = try TestData.mmlu(["shots": 0], folder: folder)
    #expect(all.name == "mmlu_own" && all.count == 2)
    #expect(try all.sample(at: 0).subject == "knots")
    let one = try TestData.mmlu(["shots": 1, "subset": "tides"], folder: folder)
    #expect(one.name == "mmlu_own_tides" && one.count == 1)
    let message = TestData.message { _ = try TestData.mmlu(["subset": "tide"], folder: folder) }
    #expect(message.contains("did you mean \"tides\"?"), "\(message)")
  }

  @Test(
    "A malformed row is an error with file and line",
    arguments: [
      ("q,1,2,3,4,A\r\nq,1,2,3,A\r\n", ":2: 6 fields"),
      ("q,1,2,3,4,A\n\"x\ny\",1,2,3,4,A\nq,1,2,3,4,E\n", ":4: the answer must be A, B, C or D"),
      ("q,1,2,3,4,A\n\"open,1,2\n,3", ":2: a quoted field is not closed"),
      ("\"q\"x,1,2,3,4,A\n", ":1: text after the closing quote"),
      ("", ": no questions"),
    ])
  func malformedTable(text: String, expected: String) throws {
    let folder = try TestData.folder(of: [("mmlu/test/virology_test.csv", text)])
    let message = TestData.message { _ = try TestData.mmlu(["subset": "virology", "shots": 0], folder: folder) }
    #expect(message.contains("virology_test.csv" + expected), "\(message)")
  }

  @Test(
    "A malformed line is an error with file and line",
    arguments: [
      ("{\"question\":\"q\",\"answer\":\"#### 1\"}\n{\"question\":}\n", ":2:13: a value was expected"),
      ("[]\n", ":1: a JSON object was expected"),
      ("\n{\"question\":\"q\"}\n", ":2: \"answer\" is missing"),
      ("{\"question\":1,\"answer\":\"#### 1\"}\n", ":1: \"question\" is a number"),
      ("{\"question\":\"q\",\"answer\":\"1\"}\n", ":1: the answer has no final number"),
      ("\n", ": no problems"),
    ])
  func malformedLines(text: String, expected: String) throws {
    let folder = try TestData.folder(of: [("gsm8k/test.jsonl", text)])
    let message = TestData.message { _ = try TestData.gsm8k(["shots": 0], folder: folder) }
    #expect(message.contains("test.jsonl" + expected), "\(message)")
  }

  @Test("More shots than solved problems is an error")
  func tooManyShots() {
    let message = TestData.message { _ = try TestData.gsm8k(["shots": 9]) }
    #expect(message.contains("8 few-shot examples are too few for 9 shots"), "\(message)")
  }

  @Test("Cut and altered data files end in a value or an error, never a crash")
  func mutations() throws {
    let bytes = try FileSystem.read(TestData.fixture + "/mmlu/test/abstract_algebra_test.csv")
    let lines = try FileSystem.read(TestData.fixture + "/gsm8k/test.jsonl")
    let task = try TestData.gsm8k(["shots": 0])
    var generator = PythonRandom(seed: 7)
    for original in [bytes, lines] {
      for end in 0...original.count {
        _ = try? DelimitedText.rows(of: Array(original[..<end]), path: "x")
        _ = try? LineDelimitedJSON.rows(of: Array(original[..<end]), path: "x")
      }
      for _ in 0..<2000 {
        var altered = original
        for _ in 0..<3 { altered[generator.below(altered.count)] = UInt8(generator.below(256)) }
        _ = try? DelimitedText.rows(of: altered, path: "x")
        _ = try? LineDelimitedJSON.rows(of: altered, path: "x")
        _ = try task.score(0, .generated(text: String(decoding: altered, as: UTF8.self), finishReason: .stop))
      }
    }
  }

  @Test("A table's fields may hold commas, line breaks and doubled quotes")
  func table() throws {
    let text = "\u{FEFF}a,\"b,c\",\"d\"\"e\"\r\n\r\n\"f\r\ng\",h\"i,\n,\rj"
    let rows = try DelimitedText.rows(of: Array(text.utf8), path: "x")
    #expect(rows.map(\.fields) == [["a", "b,c", "d\"e"], ["f\r\ng", "h\"i", ""], ["", ""], ["j"]])
    #expect(rows.map(\.line) == [1, 3, 5, 6])
  }
}

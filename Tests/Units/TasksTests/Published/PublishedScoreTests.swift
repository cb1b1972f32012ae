import Statistics
import Support
import Testing

@testable import Tasks

/// Published scores: that all are read, whose they are, how they are measured, and what is compatible with them.
@Suite struct PublishedScoreTests {
  private func score(
    _ benchmark: String = "MMLU", shots: String? = "5", metric: String = "accuracy", text: String = "59.6",
    kind: PublishedScore.Kind = .card
  ) -> PublishedScore {
    PublishedScore(
      model: "gemma-3-4b-pt", benchmark: benchmark, shots: shots, metric: metric, text: text, kind: kind,
      source: "a card")
  }

  private func interval(_ lower: Double, _ upper: Double) -> ConfidenceInterval {
    ConfidenceInterval(lower: lower, upper: upper, level: 0.95, method: .wilson)
  }

  @Test("Every cell of the tables is read, with its column's model and its block's source")
  func tables() throws {
    #expect(PublishedScore.all.count == 442)
    #expect(PublishedScore.all.allSatisfy { $0.value.isFinite && !$0.source.isEmpty && !$0.metric.isEmpty })
    let small = PublishedScore.of("gemma-3-270m-pt")
    #expect(
      small.map(\.benchmark) == ["HellaSwag", "BoolQ", "PIQA", "TriviaQA", "ARC-c", "ARC-e", "WinoGrande"])
    #expect(small.map(\.text) == ["40.9", "61.4", "67.7", "15.4", "29.0", "57.7", "52.0"])
    #expect(small.map(\.shots) == ["10", "0", "0", "5", "25", "0", "5"])
    #expect(small.allSatisfy { $0.kind == .card && $0.source.hasPrefix("Gemma 3 model card, https://") })
    // Cells that are empty are of no model: 1B has no MMLU on the card.
    let one = PublishedScore.of("gemma-3-1b-pt").filter { $0.benchmark == "MMLU" }
    #expect(one.map(\.text) == ["26.5"] && one[0].kind == .other && !one[0].isOfCard)
    // The card stands before what others measured, whatever stands first in the file.
    let two = PublishedScore.of("gemma-2-2b-pt").map(\.kind)
    #expect(two.firstIndex(of: .report) == two.count { $0 == .card } && two.contains(.card))
  }

  @Test("The tables hold the collected values, where these are here")
  func collection() throws {
    guard let text = try? FileSystem.readText(TestData.folder + "/published.tsv") else {
      print("skipped: no published.tsv among the data")
      return
    }
    let collected = text.split(separator: "\n").dropFirst().map { line -> String in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
      return "\(cells[0].split(separator: " ")[0]) \(cells[4])"
    }
    #expect(collected.sorted() == PublishedScore.all.map { "\($0.model) \($0.text)" }.sorted())
  }

  @Test("Every benchmark has a task or a reason why it has none")
  func everyBenchmark() {
    for score in PublishedScore.all {
      let protocols = score.protocols
      #expect(!protocols.isEmpty, "\(score.benchmark) \(score.shots ?? "-")")
      for way in protocols {
        #expect((way.task == nil) == (way.reason != nil), "\(score.benchmark)")
        #expect((way.task == nil) == way.metrics.isEmpty, "\(score.benchmark)")
      }
    }
    #expect(ScoreProtocol.all.allSatisfy { way in PublishedScore.all.contains { $0.benchmark == way.benchmark } })
  }

  @Test(
    "A model is found by its path, whatever its owner, format and quantisation",
    arguments: [
      ("google/gemma-3-270m", "gemma-3-270m-pt"), ("google/gemma-3-270m-it", "gemma-3-270m-it"),
      ("gemma-3-1b-pt", "gemma-3-1b-pt"), ("hf://google/gemma-3-4b-it@main", "gemma-3-4b-it"),
      ("unsloth/gemma-3-270m-it-GGUF:Q4_K_M", "gemma-3-270m-it"),
      ("unsloth/gemma-3-270m-it-unsloth-bnb-4bit", "gemma-3-270m-it"),
      ("google/gemma-3-1b-it-qat-q4_0-gguf", "gemma-3-1b-it"),
      ("/m/google_gemma-3-12b-it-IQ4_XS.gguf", "gemma-3-12b-it"),
      ("models/gemma-3-270m-Q8_0.gguf", "gemma-3-270m-pt"), ("~/gemma-3-270m/float32", "gemma-3-270m-pt"),
      ("unsloth/gemma-3n-E2B-it", "gemma-3n-E2B-it"), ("google/gemma-2-2b", "gemma-2-2b-pt"),
      ("lmstudio-community/gemma-3-4b-it-UD-Q4_K_XL.gguf", "gemma-3-4b-it"),
      ("x/gemma-4-26b-a4b-it-BF16", "gemma-4-26B-A4B-it"),
      (
        "/c/hub/models--google--gemma-3-270m/snapshots/9b0cfec892e2bc2afd938c98eabe4e4a7b1e0ca1", "gemma-3-270m-pt"
      ),
    ])
  func paths(path: String, name: String) { #expect(PublishedModel.find(path) == name) }

  @Test(
    "What is trained further, or not Google's, is no published model",
    arguments: [
      "me/gemma-3-270m-it-medical", "models/gemma-3-270m-it/checkpoint-500", "google/gemma-4-E2B", "Qwen/Qwen3-0.6B",
      "", "/",
      "model.gguf", "q4_0.gguf", "medgemma-4b-it",
    ])
  func strangers(path: String) { #expect(PublishedModel.find(path) == nil) }

  @Test("A name that is not known is an error with the nearest")
  func names() throws {
    let place = DocumentPlace(name: "plan")
    #expect(try PublishedModel.named("google/gemma-3-270m", at: place) == "gemma-3-270m-pt")
    #expect(try PublishedModel.named("none", at: place) == "none")
    let error = #expect(throws: BenchmarkError.self) { try PublishedModel.named("gemma-3-1b-ti", at: place["card"]) }
    #expect(error?.message == "plan: card: no scores of \"gemma-3-1b-ti\" are known; did you mean \"gemma-3-1b-it\"?")
  }

  @Test("A published value is compatible with an interval that its rounding reaches")
  func compatibility() {
    let one = score(text: "59.6")
    #expect(one.isCompatible(with: interval(0.59, 0.60), scale: 100))
    // 59.6 may be 59.55 to 59.65.
    #expect(one.isCompatible(with: interval(0.5964, 0.61), scale: 100))
    #expect(one.isCompatible(with: interval(0.50, 0.5955), scale: 100))
    #expect(!one.isCompatible(with: interval(0.5966, 0.61), scale: 100))
    #expect(!one.isCompatible(with: interval(0.50, 0.5954), scale: 100))
    // Two digits round less, none more.
    #expect(!score(text: "9.48").isCompatible(with: interval(0.0949, 0.1), scale: 100))
    #expect(score(text: "9").isCompatible(with: interval(0.0949, 0.1), scale: 100))
    #expect(score(text: "36.7").isCompatible(with: interval(36.74, 38), scale: 1))
  }

  @Test("A run fits a protocol by its task, its shots and its template")
  func protocols() {
    let mmlu = score().protocols
    #expect(mmlu.map(\.task) == ["mmlu"] && mmlu[0].shots(for: score()) == 5)
    #expect(mmlu[0].fits(score(), task: "mmlu", shots: 5, hasChatTemplate: false))
    #expect(!mmlu[0].fits(score(), task: "mmlu", shots: 0, hasChatTemplate: false))
    #expect(!mmlu[0].fits(score(), task: "mmlu_pro", shots: 5, hasChatTemplate: false))
    // Of several protocols between which the source does not choose all fit.
    let mathematics = score("GSM8K", shots: "8")
    #expect(mathematics.protocols.map(\.task) == ["gsm8k", "gsm8k_cot"])
    let hard = score("BIG-Bench Hard", shots: "few")
    #expect(hard.protocols.map(\.task) == ["bbh_cot_fewshot"] && hard.protocols[0].shots(for: hard) == nil)
    #expect(hard.protocols[0].fits(hard, task: "bbh_cot_fewshot", shots: 3, hasChatTemplate: true))
    // A range of shots.
    let range = score("AGIEval", shots: "3-5")
    #expect(range.protocols.map { $0.shots(for: range) } == [5])
    #expect(
      [2, 3, 4, 5, 6].map { range.protocols[0].fits(range, task: "agieval_en", shots: $0, hasChatTemplate: false) } == [
        false, true, true, true, false,
      ])
    // Without a chat template is what it says.
    let plain = score("GSM8K", metric: "accuracy, no chat template", kind: .other)
    #expect(plain.protocols[0].fits(plain, task: "gsm8k", shots: 5, hasChatTemplate: false))
    #expect(!plain.protocols[0].fits(plain, task: "gsm8k", shots: 5, hasChatTemplate: true))
  }

  @Test("A card's panel has the tasks there are, with its shots, and says why the others are missing")
  func panel() {
    let four = CardEntry.Panel(of: "gemma-3-4b-pt") { ["mmlu", "gsm8k_cot", "hellaswag"].contains($0) }
    #expect(
      four.tasks == [
        .init(name: "hellaswag", shots: 10), .init(name: "mmlu", shots: 5), .init(name: "gsm8k_cot", shots: 8),
      ])
    let reasons = Dictionary(uniqueKeysWithValues: four.missing.map { ($0.benchmark, $0.reason) })
    #expect(reasons["HumanEval"] == "runs what the model writes; the task humaneval does")
    #expect(reasons["BoolQ"] == "the catalogue has no such task" && reasons["GSM8K"] == nil)
    #expect(CardEntry.Panel.words([("a", "r"), ("b", "s"), ("c", "r")]) == "a, c (r); b (s)")
    // What others measured of a model is no part of its card.
    #expect(CardEntry.Panel(of: "gemma-3-1b-pt") { $0 == "mmlu" }.tasks == [])
    #expect(!four.thinks && CardEntry.Panel(of: "gemma-4-E2B-it") { $0 == "mmlu_pro" }.thinks)
    // Where the card does not say the shots, all that are known.
    #expect(
      CardEntry.Panel(of: "gemma-4-E2B-it") { $0 == "mmlu_pro" }.tasks == [
        .init(name: "mmlu_pro", shots: 5), .init(name: "mmlu_pro", shots: 0),
      ])
  }

  @Test("A card alone is no task")
  func alone() throws {
    let error = #expect(throws: BenchmarkError.self) { try TaskCatalogue.load(try TaskSpecification("card")) }
    #expect(error?.message.contains("give it in a plan") ?? false)
  }
}

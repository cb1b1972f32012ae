import Charts
import Evaluation
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Reporting

/// What a report says of an efficiency task, from a record made by hand.
@Suite struct EfficiencyReportTests {
  static func run(_ model: String = "tiny", steps: [Double] = [0.1, 0.15, 0.2, 0.25, 0.3]) throws -> RunRecord {
    let task = try TaskCatalogue.load(
      TaskSpecification([
        "type": "efficiency", "sample_prompts": ["a"], "output_lengths": [3], "repetitions": JSONValue(steps.count),
      ]))
    let measurements = steps.map { step in
      Measurement(
        promptTokens: 10, timeToFirstTokenSeconds: step / 10, prefillSeconds: step / 20,
        interTokenSeconds: [step, step],
        ignoredEndTokens: 0, peakMemoryBytes: 1_500_000_000)
    }
    let response = Response.measured(measurements)
    let sample = SampleRecord(
      id: "1/3", promptSHA256: "", target: "3 tokens", response: response,
      score: try task.score(0, response), flags: [], promptTokens: 10, answerTokens: 3, seconds: 1)
    return RunRecord(
      modelName: model, model: ["name": .string(model)], taskName: "efficiency", specification: task.specification,
      dataFiles: [], metrics: task.metrics, limit: nil, samples: [sample], plannedCount: 1, seconds: 2,
      tokensAsked: 48, tokensComputed: 48, startedAt: "2026-01-02T03:04:05Z")
  }

  @Test("The table shows rates, latency and memory with their units, and no percentages")
  func table() throws {
    let text = try Fixtures.report(cells: [Fixtures.cell(Self.run())]).render("table")
    let lines = text.split(separator: "\n")
    #expect(
      lines[2].contains("decode_tokens_per_second") && lines[2].contains(" 5.0/s ")
        && lines[2].contains(" 3.3/s – 10.0/s "))
    #expect(lines[3].contains("prefill_tokens_per_second") && lines[3].contains("1000.0/s"))
    #expect(lines[4].contains("time_to_first_token_seconds") && lines[4].contains("20.0 ms"))
    #expect(
      lines[5].contains("peak_memory_bytes") && lines[5].contains(" 1.50 GB ") && lines[5].contains("no interval"))
    #expect(!lines[2...5].contains { $0.contains("%") })
    #expect(text.contains("200.0 (100.0 – 300.0)"))
    #expect(text.contains("tokens: 48 in all requests, 48 computed, 0 reused from the prefix cache"))
  }

  @Test("Titles speak of intervals only where repetitions give some")
  func titles() throws {
    for (steps, hasIntervals) in [([0.1, 0.15, 0.2, 0.25, 0.3], true), ([0.1, 0.15], false)] {
      let report = try Fixtures.report(cells: [Fixtures.cell(Self.run(steps: steps))])
      #expect(try report.render("table").contains("medians of repetitions (bootstrap intervals)") == hasIntervals)
      guard case .charts(let charts) = EfficiencyCharts(source: ChartSource(report.record)).byLength else {
        Issue.record("no chart of the efficiency task")
        continue
      }
      #expect(charts[0].subtitle.contains("95% interval") == hasIntervals, "\(charts[0].subtitle)")
    }
  }

  @Test("What each prompt took fits a terminal of eighty columns, whatever the times, under every model's name")
  func width() throws {
    let names = ["google/gemma-3-1b-it:q4_0", "谷歌/杰玛-3-1b"]
    // A hundred thousand tokens a second and more, tens of seconds a token: wide numbers both.
    for steps in [[7.1e-6, 7.7e-6, 9.9e-6], [0.03, 0.04, 0.05], [11.123, 22.234, 33.345]] {
      let cells = try names.map { Fixtures.cell(try Self.run($0, steps: steps)) }
      let text = try Fixtures.report(cells: cells).render("table")
      let parts = text.split(separator: "\nEfficiency of each", maxSplits: 1)
      let lines = try #require(parts.last).split(separator: "\n").dropFirst()
      #expect(lines.count >= 2 * (2 + names.count), "\(text)")
      #expect(lines.allSatisfy { String($0).displayWidth <= 80 }, "\(text)")
      for head in ["decode /s", "prefill /s", "first token ms", "next token ms", "p95 ms", "p99 ms"] {
        #expect(lines.contains { $0.contains(head) })
      }
    }
  }

  @Test("Markdown and JSON have every prompt and length; a folder that was written reads back the same")
  func forms() throws {
    let report = try Fixtures.report(cells: [Fixtures.cell(Self.run())])
    #expect(try report.render("markdown").contains("| tiny | 1/3 | 10 | 3 |"))
    #expect(try report.render("samples").contains(#""inter_token_seconds":[0.1,0.1]"#))
    #expect(report.json.objectValue?["analysis"] == .null)
  }
}

import Configuration
import Support
import Sweeps

extension SweepReport {
  /// The raw results of one run of every model and task: what was asked, what came back, and each sample's score.
  func rawResults(of run: Int, _ format: OutputSettings.ExportFormat) -> String {
    switch format {
    case .yaml: rawResults(of: run).yaml
    case .json: rawResults(of: run).text(indented: true) + "\n"
    case .csv: rawTable(of: run)
    }
  }

  private func rawResults(of run: Int) -> JSONValue {
    let cells = record.cells.filter { $0.cell.run == run }.map { cell -> JSONValue in
      var object: JSONObject = [
        "model": .string(cell.modelName), "task": .string(cell.taskName), "seeds": .object(cell.cell.seeds.json),
      ]
      switch cell.outcome {
      case .failure(let error): object["error"] = .string(error.message)
      case .success(let result):
        object["result"] = result.json(level: record.plan.confidenceLevel)
        if record.plan.output.savesPredictions { object["samples"] = .array(result.samples.map(\.json)) }
      }
      return .object(object)
    }
    return [
      "gemmabench": .string(libraryVersion), "plan": .string(record.plan.name), "plan_hash": .string(record.plan.hash),
      "run_number": JSONValue(run), "started_at": .string(record.startedAt), "cells": .array(cells),
    ]
  }

  /// One line a sample and metric, by RFC 4180.
  private func rawTable(of run: Int) -> String {
    var lines = [
      "model,task,run_number,id,subject,metric,score,prediction,target,flags,prompt_tokens,answer_tokens,seconds"
    ]
    for cell in record.cells where cell.cell.run == run {
      guard case .success(let result) = cell.outcome, record.plan.output.savesPredictions else { continue }
      for sample in result.samples {
        for value in sample.score.metrics {
          let fields = [
            cell.modelName, cell.taskName, "\(run)", sample.id, sample.subject ?? "", value.name,
            value.value.map { "\($0)" } ?? "", value.prediction ?? "", sample.target,
            sample.flags.joined(separator: " "), "\(sample.promptTokens)", "\(sample.answerTokens)",
            "\(sample.seconds)",
          ]
          lines.append(fields.map(Self.field).joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  private static func field(_ text: String) -> String {
    let needsQuotes = text.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}

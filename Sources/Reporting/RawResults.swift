import Configuration
import Plan
import Records
import Support

extension SweepReport {
  /// The raw results of one run of every model and task: what was asked, what came back, and each sample's score.
  func rawResults(of run: Int, _ format: OutputSettings.ExportFormat) -> String {
    switch format {
    case .yaml: rawResults(of: run).yaml
    case .json: rawResults(of: run).text(indented: true) + "\n"
    case .csv: csv(of: record.plan.output.savesPredictions ? record.runs.filter { $0.seeds.run == run } : [])
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
}

import Evaluation
import Inference
import ModelHub
import Plan
import Records
import Store
import Support
import Tasks

/// What a plan will take, before it runs: cells, tokens, time. Reads tasks and tokenizers; loads no weights.
package struct PlanEstimate: Sendable {
  /// What one cell takes.
  package struct CellCost: Sendable {
    package let cell: Cell
    package let taskName: String
    /// Nil where the task's data are not on this machine.
    package let samples: Int?
    /// Tokens of the requests, and those of them that are computed: what requests share is computed once. Nil where the
    /// model is not on this machine, or cannot be read.
    package let asked: Int?
    package let computed: Int?
    /// Tokens that answers may have at most; nil where the task's data are not on this machine.
    package let generated: Int?
    /// At the fastest that the machine could do it, and as it can be expected to, if every answer is as long as it may be.
    package let leastSeconds: Double?
    package let expectedSeconds: Double?
  }

  package let plan: SweepPlan
  package let cells: [CellCost]
  /// Why a model's tokens are not known, by its name.
  package let obstacles: [(model: String, reason: String)]
  /// What running the plan would download of data sets, and why nothing more is known of these tasks.
  package let downloads: [(task: String, reason: String, dataSets: [HubDataSet.Pending])]
  /// Tasks that run once though the plan asks for more runs.
  package let unrepeatedTasks: [UnrepeatedTask]
  /// What the runs of each task cross, each with the number of its levels; tasks that cross nothing are left out.
  package let crossings: [(task: String, facets: [(variation: Variation, levels: Int)])]

  /// How much longer than expected a run may well take.
  package static let slowestFactor = 2.0

  /// Reads the tasks, counts the tokens of every prompt and measures the machine for a second.
  ///
  /// Errors: whatever keeps the plan from running (`PlanCheck`); a cancel.
  package init(
    _ plan: SweepPlan, defined: [CallbackTask] = [], registry: ProviderRegistry = ProviderRegistry(),
    progress: ProgressHandler
  ) throws(BenchmarkError) {
    self.plan = plan
    let sources = try plan.sources(registry)
    let tasks = try PlanCheck.tasks(of: plan, sources: sources, defined: defined, isEstimate: true, progress: progress)
    let planned = plan.cells(variations: tasks.map(plan.variations))
    var costs: [CellCost] = []
    var obstacles: [(String, String)] = []
    for (number, entry) in plan.models.enumerated() {
      var provider: (any Provider)?
      do throws(BenchmarkError) { provider = try sources[number].openForEstimate() } catch {
        obstacles.append((entry.name, error.message))
      }
      for cell in planned where cell.modelNumber == number {
        let state = Progress(
          stage: .plan, message: "\(entry.name) · \(tasks[cell.taskNumber].name)", completed: costs.count,
          total: planned.count)
        if !progress(state) { throw BenchmarkError(.cancelled, "\(plan.name): the estimate was cancelled") }
        let task = tasks[cell.taskNumber]
        do throws(BenchmarkError) { costs.append(try Self.cost(cell, task, plan, provider)) } catch {
          // A cell that will fail is no reason to say nothing of the others.
          obstacles.append((entry.name, "\(task.name): \(error.message)"))
          costs.append(try Self.cost(cell, task, plan, nil))
        }
      }
    }
    cells = costs
    self.obstacles = obstacles
    downloads = tasks.compactMap { $0 as? PendingTask }.map { ($0.name, $0.reason, $0.downloads) }
    let repeated = Set(planned.filter { $0.run > 1 }.map(\.taskNumber))
    crossings = tasks.compactMap { task in
      let facets = plan.design.crossing(runs: plan.runs, varying: plan.varying(task))
      return facets.isEmpty ? nil : (task: task.name, facets: facets)
    }
    let single = plan.runs == 1 ? [] : tasks.indices.filter { !repeated.contains($0) && !(tasks[$0] is PendingTask) }
    unrepeatedTasks = single.map { UnrepeatedTask(name: tasks[$0].name, isTimed: tasks[$0].isTimed) }
  }

  private static func cost(
    _ cell: Cell, _ canonicalTask: any BenchmarkTask, _ plan: SweepPlan, _ provider: (any Provider)?
  ) throws(BenchmarkError) -> CellCost {
    if canonicalTask is PendingTask {
      return CellCost(
        cell: cell, taskName: canonicalTask.name, samples: nil, asked: nil, computed: nil, generated: nil,
        leastSeconds: nil, expectedSeconds: nil)
    }
    let task = canonicalTask.varied(by: cell.seeds)
    let positions = try TaskRunner.positions(of: task, limit: plan.limit(ofTask: cell.taskNumber))
    guard let provider else {
      var generated = 0
      for position in positions { generated += try task.prompt(at: position).request.mostOutputTokens }
      return CellCost(
        cell: cell, taskName: task.name, samples: positions.count, asked: nil, computed: nil, generated: generated,
        leastSeconds: nil, expectedSeconds: nil)
    }
    let maker = try RequestMaker(cell.model.settings, provider, seed: cell.seeds.settingsSeed)
    var sum = RequestEstimate()
    var next = 0
    while next < positions.count {
      // As many prompts as a run takes at a time: they are what shares its beginnings.
      let part = positions[next..<min(next + TaskRunner.batchSize, positions.count)]
      let batch = try SampleBatch(task, positions: part, provider: provider, maker: maker)
      if let failure = batch.promptFailure { throw failure }
      sum += try provider.estimate(batch.requests)
      next = part.endIndex
    }
    let seconds = provider.seconds(for: sum, sideBySide: positions.count)
    return CellCost(
      cell: cell, taskName: task.name, samples: positions.count, asked: sum.heldTokens, computed: sum.computedTokens,
      generated: sum.generatedTokens, leastSeconds: seconds?.least, expectedSeconds: seconds?.expected)
  }

  /// The estimate as JSON; what is not known is null.
  package var json: JSONValue {
    func sum(_ values: [Double]) -> Double? { values.count == cells.count ? values.reduce(0, +) : nil }
    let least = sum(cells.compactMap(\.leastSeconds))
    let expected = sum(cells.compactMap(\.expectedSeconds))
    let rows = cells.map { cost -> JSONValue in
      [
        "model": .string(cost.cell.model.name), "task": .string(cost.taskName), "run_number": JSONValue(cost.cell.run),
        "varied": .array(cost.cell.seeds.varied.map { .string($0.rawValue) }),
        "samples": cost.samples.map { JSONValue($0) } ?? .null,
        "tokens_asked": cost.asked.map { JSONValue($0) } ?? .null,
        "tokens_computed": cost.computed.map { JSONValue($0) } ?? .null,
        "tokens_generated_at_most": cost.generated.map { JSONValue($0) } ?? .null,
        "seconds": JSONValue(optional: cost.expectedSeconds), "least_seconds": JSONValue(optional: cost.leastSeconds),
        "most_seconds": JSONValue(optional: cost.expectedSeconds.map { $0 * Self.slowestFactor }),
      ]
    }
    var reasons = JSONObject()
    for task in unrepeatedTasks { reasons[task.name] = .string(task.reason) }
    return [
      "name": .string(plan.name), "hash": .string(plan.hash), "cells": .array(rows),
      "seconds": JSONValue(optional: expected), "least_seconds": JSONValue(optional: least),
      "most_seconds": JSONValue(optional: expected.map { $0 * Self.slowestFactor }),
      "obstacles": .array(obstacles.map { ["model": .string($0.model), "reason": .string($0.reason)] }),
      "downloads": .array(
        downloads.map { task, reason, dataSets in
          ["task": .string(task), "reason": .string(reason), "data_sets": .array(dataSets.map(\.json))]
        }),
      "unrepeated_tasks": .array(unrepeatedTasks.map { .string($0.name) }), "unrepeated_reasons": .object(reasons),
      "crossings": .array(crossingsJSON),
      "warnings": .array(plan.warnings.map { .string($0) }),
    ]
  }

  private var crossingsJSON: [JSONValue] {
    crossings.map { task, facets in
      [
        "task": .string(task),
        "facets": .array(facets.map { ["facet": .string($0.variation.words), "levels": JSONValue($0.levels)] }),
      ]
    }
  }
}

import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// Charts of what scores cost: accuracy against time, latency, memory, efficiency.
struct CostCharts {
  let source: ChartSource

  /// Score against seconds a sample, a panel a task, with the models that none beats in both.
  var cost: ChartOutcome {
    var data = DataTable([
      "task", "model", "seconds", "seconds_lower", "seconds_upper", "score", "lower", "upper", "on_front",
    ])
    let panels = source.shares.compactMap { task -> XYChart.Panel? in
      struct Found {
        let model: String
        let seconds: Quantiles.Estimate
        let score: Double
        let interval: ConfidenceInterval?
      }
      let found = source.models.compactMap { model -> Found? in
        guard let score = source.estimate(task, model), let mean = score.mean,
          let seconds = Self.seconds(task, model, shares: [0.5], level: source.level)?.first, seconds.value > 0
        else { return nil }
        return Found(model: model, seconds: seconds, score: mean, interval: score.interval)
      }
      if found.isEmpty { return nil }
      let front = Self.front(found.map { ($0.seconds.value, task.metric.merit($0.score)) })
      let spots = found.enumerated().map { number, point in
        data.add(
          .text(task.name), .text(point.model), .number(point.seconds.value), .number(point.seconds.interval?.lower),
          .number(point.seconds.interval?.upper), .number(point.score), .number(point.interval?.lower),
          .number(point.interval?.upper), .text(front.contains(number) ? "yes" : "no"))
        return XYChart.Spot(
          point.seconds.value, point.score, xInterval: point.seconds.interval?.range, yInterval: point.interval?.range,
          label: point.model, isHollow: !front.contains(number),
          tooltip:
            "\(point.model) · \(task.name): \(task.metric.format.text(point.score)), \(Self.time(point.seconds.value)) per sample"
        )
      }
      return XYChart.Panel(
        title: task.name,
        xAxis: Axis(title: "median computing time of a sample", format: .number(unit: "s"), isLogarithmic: true),
        yAxis: task.metric.axis,
        series: [
          XYChart.Series(spots: front.map { spots[$0] }, join: .steps), XYChart.Series(spots: spots),
        ])
    }
    let percentiles = percentiles
    if panels.isEmpty {
      return percentiles.isEmpty
        ? .nothing(reason: "no run has times per sample") : .charts(percentiles)
    }
    return .charts(
      [
        Chart(
          name: ChartKind.cost.name, title: "Accuracy against cost",
          subtitle: "Mean score against the median computing time of a sample, with the \(source.intervalName) of both",
          notes: [
            "Steps: Pareto front: models that no other beats in both (full dots). \(Self.meaning)"
          ], body: .plane(XYChart(panels: panels)), data: data)
      ] + percentiles)
  }

  /// What the seconds of a sample are.
  private static let meaning =
    "Computing time is a sample's share of the model's passes on this machine, not the latency."

  /// The positions of points that no other is both cheaper and better than, by cost.
  static func front(_ points: [(cost: Double, score: Double)]) -> [Int] {
    var front: [Int] = []
    let order = points.indices.sorted {
      (points[$0].cost, -points[$0].score, $0) < (points[$1].cost, -points[$1].score, $1)
    }
    for index in order where front.last.map({ points[index].score > points[$0].score }) ?? true { front.append(index) }
    return front
  }

  /// How long one waits, as the efficiency task measures it.
  var latency: ChartOutcome {
    let charts = EfficiencyCharts(source: source).betweenTokens
    return charts.isEmpty
      ? .nothing(reason: "latency is measured by the efficiency task, which is not in this sweep") : .charts(charts)
  }

  /// Computing time of a sample: median and two percentiles, a group a task; none without times.
  private var percentiles: [Chart] {
    let shares = [0.5, 0.9, 0.99]
    let names = ["median", "90th percentile", "99th percentile"]
    var data = DataTable(["task", "model", "percentile", "seconds", "lower", "upper", "samples"])
    let groups = source.shares.compactMap { task -> ForestPlot.Group? in
      let rows = source.models.compactMap { model -> ForestPlot.Row? in
        guard let found = Self.seconds(task, model, shares: shares, level: source.level), found.count == shares.count,
          found[0].value > 0
        else { return nil }
        return ForestPlot.Row(
          label: model,
          values: [
            found.enumerated().map { number, estimate in
              data.add(
                .text(task.name), .text(model), .number(estimate.share * 100), .number(estimate.value),
                .number(estimate.interval?.lower), .number(estimate.interval?.upper),
                .number(Double(task.entries[model]?.runs.reduce(0) { $0 + $1.samples.count } ?? 0)))
              return ForestPlot.Value(
                estimate.value, interval: estimate.interval?.range, series: number,
                tooltip: "\(model) · \(task.name): \(names[number]) \(Self.time(estimate.value)) per sample")
            }
          ])
      }
      return rows.isEmpty ? nil : ForestPlot.Group(title: task.name, rows: rows)
    }
    if groups.isEmpty { return [] }
    return [
      Chart(
        name: "\(ChartKind.cost.name)-percentiles", title: "Computing time of a sample",
        subtitle: "Percentiles over samples, with their \(source.intervalName) by the bootstrap",
        notes: [Self.meaning],
        body: .intervals(
          ForestPlot(
            panels: [
              ForestPlot.Panel(
                axis: Axis(title: "computing time of a sample", format: .number(unit: "s"), isLogarithmic: true))
            ], groups: groups, series: names)),
        data: data)
    ]
  }

  /// What each model's weights take, and where it was measured, the most that the process held.
  var memory: ChartOutcome {
    struct Found {
      let model: String
      let weights: Double?
      let peak: Double?
    }
    var data = DataTable(["model", "weight_bytes", "peak_bytes"])
    let found = source.models.compactMap { model -> Found? in
      let runs = source.tasks.compactMap { $0.entries[model]?.runs.first }
      let weights = runs.compactMap { $0.model.objectValue?["weight_bytes"]?.doubleValue }.first
      let peak = runs.flatMap { $0.samples.compactMap { $0.score.value(of: TimingMetric.peakMemory.rawValue) } }.max()
      if weights == nil, peak == nil { return nil }
      data.add(.text(model), .number(weights), .number(peak))
      return Found(model: model, weights: weights, peak: peak)
    }
    if found.isEmpty { return .nothing(reason: "no run records the size of its model's weights") }
    let hasPeak = found.contains { $0.peak != nil }
    let names = ["weights", "peak resident set size"]
    func words(_ bytes: Double?) -> String { bytes.map { ValueUnit.bytes.text($0) } ?? "–" }
    let rows = found.map { found -> ForestPlot.Row in
      let values = [found.weights, found.peak].enumerated().compactMap { number, bytes in
        bytes.map {
          ForestPlot.Value(
            $0 / 1e9, series: number, tooltip: "\(found.model): \(names[number]) \(words($0))")
        }
      }
      return ForestPlot.Row(
        label: found.model, values: [values], texts: [words(found.weights)] + (hasPeak ? [words(found.peak)] : []))
    }
    // A small model beside one of many times its size would be at nothing on an axis from 0.
    let all = found.flatMap { [$0.weights, $0.peak] }.compactMap { $0 }.filter { $0 > 0 }
    let isWide = (all.max() ?? 1) > 10 * (all.min() ?? 1)
    return .charts([
      Chart(
        name: ChartKind.memory.name, title: "Memory",
        subtitle: hasPeak ? "Weights, and the peak resident set size of the process" : "Size of the weights",
        notes: (isWide ? ["The axis is logarithmic: each step is a multiple."] : [])
          + (hasPeak
            ? [] : ["The peak resident set size is measured by the efficiency task, which is not in this sweep."]),
        body: .intervals(
          ForestPlot(
            panels: [
              ForestPlot.Panel(
                axis: Axis(
                  title: "GB (10⁹ bytes)", format: .number(unit: "GB"), isLogarithmic: isWide,
                  includes: isWide ? [] : [0]))
            ],
            groups: [ForestPlot.Group(rows: rows)], series: hasPeak ? names : [],
            columns: Array(names.prefix(hasPeak ? 2 : 1)), showsValues: false)),
        data: data)
    ])
  }

  /// Percentiles of the seconds of a model's samples on a task, over all its runs; nil without a sample.
  private static func seconds(_ task: ChartSource.TaskColumn, _ model: String, shares: [Double], level: Double)
    -> [Quantiles.Estimate]?
  {
    let seconds = (task.entries[model]?.runs ?? []).flatMap { $0.samples.map(\.seconds) }
    return Quantiles.estimates(seconds, shares: shares, level: level, replicates: 1000)
  }

  static func time(_ seconds: Double) -> String {
    seconds < 1 ? ValueFormat.number(unit: "ms").text(seconds * 1000) : ValueFormat.number(unit: "s").text(seconds)
  }
}

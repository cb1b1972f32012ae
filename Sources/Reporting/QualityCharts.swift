import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support
import Tasks

/// Charts of what lies behind a score: quantisation, calibration, runs.
struct QualityCharts {
  let source: ChartSource

  /// A model's scores against the bits a weight takes, for models that were run with several quantisations.
  var quantization: ChartOutcome {
    var data = DataTable(["task", "base", "model", "type", "bits_per_weight", "score", "lower", "upper"])
    let panels = source.shares.compactMap { task -> XYChart.Panel? in
      var ladders: [(base: String, steps: [(step: Step, spot: XYChart.Spot)])] = []
      for model in source.models {
        guard let run = task.entries[model]?.runs.first, let step = Step(run),
          let estimate = source.estimate(task, model), let mean = estimate.mean
        else { continue }
        let spot = XYChart.Spot(
          step.bits, mean, yInterval: estimate.interval?.range, label: step.type,
          tooltip:
            "\(model) · \(task.name): \(task.metric.format.text(mean)) with \(step.bits.fixed(2)) bits per weight")
        if let place = ladders.firstIndex(where: { $0.base == step.base }) {
          ladders[place].steps.append((step, spot))
        } else {
          ladders.append((step.base, [(step, spot)]))
        }
        data.add(
          .text(task.name), .text(step.base), .text(model), .text(step.type), .number(step.bits), .number(mean),
          .number(estimate.interval?.lower), .number(estimate.interval?.upper))
      }
      ladders.removeAll { Set($0.steps.map(\.step.type)).count < 2 }
      if ladders.isEmpty { return nil }
      if ladders.count > Self.mostLabelledLadders { Self.labelOnce(&ladders) }
      return XYChart.Panel(
        title: task.name, xAxis: Axis(title: "bits per weight", format: .number(unit: ""), includes: [0]),
        yAxis: task.metric.axis,
        series: ladders.enumerated().map { number, ladder in
          XYChart.Series(
            name: ladders.count > 1 ? ladder.base : nil, number: number,
            spots: ladder.steps.map(\.spot).sorted { $0.x < $1.x }, join: .lines)
        })
    }
    if panels.isEmpty { return .nothing(reason: "no model was run with two quantisations or more") }
    return .charts([
      Chart(
        name: ChartKind.quantization.name, title: "What quantisation costs",
        subtitle: "Mean score against bits per weight, with the \(source.intervalName)",
        notes: ["Bits per weight: the bits of all loaded weights, divided by their number."],
        body: .plane(XYChart(panels: panels)), data: data)
    ])
  }

  /// More ladders than this have each type's name once, at its highest point: it takes about as many bits on all of them.
  private static let mostLabelledLadders = 3

  private static func labelOnce(_ ladders: inout [(base: String, steps: [(step: Step, spot: XYChart.Spot)])]) {
    var highest: [String: Double] = [:]
    for (step, spot) in ladders.flatMap(\.steps) { highest[step.type] = max(highest[step.type] ?? spot.y, spot.y) }
    for ladder in ladders.indices {
      for place in ladders[ladder].steps.indices {
        let (step, spot) = ladders[ladder].steps[place]
        if highest[step.type] == spot.y {
          highest[step.type] = nil
        } else {
          ladders[ladder].steps[place].spot.label = nil
        }
      }
    }
  }

  /// A model's place on its ladder.
  struct Step: Sendable, Equatable {
    /// The model without its quantisation.
    let base: String
    let type: String
    let bits: Double

    init?(_ run: RunRecord) {
      guard let model = run.model.objectValue, let parameters = model["parameters"]?.doubleValue, parameters > 0,
        let bytes = model["weight_bytes"]?.doubleValue, bytes > 0
      else { return nil }
      bits = bytes * 8 / parameters
      let stored = model["element_type"]?.stringValue ?? "as stored"
      type = model["quantization"]?.stringValue ?? stored
      base = model["base"]?.stringValue ?? Self.base(of: model["path"]?.stringValue ?? run.modelName)
    }

    /// The path's last part without ".gguf" and a type of GGUF at its end ("-Q4_K_M", ".f16").
    static func base(of path: String) -> String {
      var name = path.split(separator: "/").last.map(String.init) ?? path
      if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
      if name.lowercased().hasSuffix(".gguf") { name.removeLast(5) }
      for separator in ["-", "."] {
        guard let place = name.lastIndex(of: Character(separator)) else { continue }
        let ending = name[name.index(after: place)...].lowercased()
        let isType =
          ["f32", "f16", "bf16"].contains(ending)
          || (ending.first == "q" || ending.hasPrefix("iq")) && ending.contains { $0.isNumber }
        if isType { return String(name[..<place]) }
      }
      return name
    }
  }

  /// Reliability diagrams of multiple choice, a panel a model; one chart a task.
  var calibration: ChartOutcome {
    let charts = source.tasks.compactMap(calibration(of:))
    return charts.isEmpty
      ? .nothing(reason: "no run chose among continuations by their log-likelihoods")
      : .charts(Chart.numbered(charts))
  }

  private func calibration(of task: ChartSource.TaskColumn) -> Chart? {
    // Where lower is better, a score of 1 is no right answer.
    guard task.metric.isBinary, task.metric.higherIsBetter else { return nil }
    var data = DataTable([
      "model", "confidence_from", "confidence_to", "answers", "mean_confidence", "accuracy", "lower", "upper",
    ])
    let panels = source.models.compactMap { model -> XYChart.Panel? in
      guard let run = task.entries[model]?.runs.first else { return nil }
      var confidences: [Double] = []
      var isRight: [Bool] = []
      for sample in run.samples {
        guard let values = sample.response.logLikelihoodValues,
          let score = sample.score.value(of: task.metric.name),
          score == 0 || score == 1, let confidence = Calibration.confidence(logLikelihoods: values)
        else { continue }
        confidences.append(confidence.share)
        isRight.append(score == 1)
      }
      guard let found = Calibration(confidences: confidences, isRight: isRight, level: source.level) else { return nil }
      let fullest = Double(found.bins.map(\.count).max() ?? 1)
      let spots = found.bins.map { bin in
        data.add(
          .text(model), .number(bin.lower), .number(bin.upper), .number(Double(bin.count)), .number(bin.meanConfidence),
          .number(bin.accuracy), .number(bin.interval?.lower), .number(bin.interval?.upper))
        return XYChart.Spot(
          bin.meanConfidence, bin.accuracy, yInterval: bin.interval?.range,
          tooltip:
            "\(model): \(bin.count) answers, confidence \(ValueFormat.percent.text(bin.meanConfidence)), accuracy \(ValueFormat.percent.text(bin.accuracy))"
        )
      }
      let bars = found.bins.map { bin in
        XYChart.Bar(bin.lower...bin.upper, share: Double(bin.count) / fullest, tooltip: "\(bin.count) answers")
      }
      return XYChart.Panel(
        title: "\(model): error \(ValueFormat.percent.text(found.expectedError))",
        xAxis: Axis(title: "confidence", format: .percent, includes: [0, 1], bounds: 0...1),
        yAxis: Axis(title: "accuracy", format: .percent, includes: [0, 1], bounds: 0...1),
        series: [XYChart.Series(spots: spots, join: .lines)], bars: bars, hasDiagonal: true)
    }
    if panels.isEmpty { return nil }
    return Chart(
      name: Chart.fileName(.calibration, task.name), title: "\(task.name): calibration",
      subtitle:
        "Accuracy against the model's confidence, with the \(source.intervalName); dashed: perfect calibration",
      notes: [
        "Confidence: the chosen answer's share of the probabilities of all choices. Bars: how many answers. Error: the expected calibration error over ten bins."
      ], body: .plane(XYChart(panels: panels, isCompact: panels.count > 2)), data: data)
  }

  /// The runs of each model on each task, with their mean.
  func variation(_ repeated: [RepeatedRuns]) -> ChartOutcome {
    let charts = [variation(of: repeated.filter(\.metric.isShare), nil)]
    let others = repeated.filter { !$0.metric.isShare }
    var names: [String] = []
    for group in others where !names.contains(group.taskName) { names.append(group.taskName) }
    let found = (charts + names.map { name in variation(of: others.filter { $0.taskName == name }, name) })
      .compactMap { $0 }
    return found.isEmpty ? .nothing(reason: "no model ran a task more than once") : .charts(Chart.numbered(found))
  }

  /// One chart of tasks whose scores are shares, or of the one task that has another unit.
  private func variation(of repeated: [RepeatedRuns], _ taskName: String?) -> Chart? {
    var data = DataTable(["task", "model", "run", "score", "mean", "lower", "upper"])
    var groups: [ForestPlot.Group] = []
    for group in repeated {
      guard let mean = group.summary.mean else { continue }
      let place = "\(group.modelName) · \(group.taskName)"
      let format = group.metric.format
      var values = [
        ForestPlot.Value(
          mean, interval: group.interval?.range, isHollow: true,
          tooltip: "\(place): mean of \(group.scores.count) runs \(format.text(mean))")
      ]
      for (run, score) in zip(group.runs, group.scores) {
        data.add(
          .text(group.taskName), .text(group.modelName), .number(Double(run)), .number(score), .number(mean),
          .number(group.interval?.lower), .number(group.interval?.upper))
        values.append(
          ForestPlot.Value(score, isSmall: true, tooltip: "\(place), run \(run): \(format.text(score))"))
      }
      let row = ForestPlot.Row(label: group.modelName, values: [values])
      if let index = groups.firstIndex(where: { $0.title == group.taskName }) {
        groups[index].rows.append(row)
      } else {
        groups.append(ForestPlot.Group(title: group.taskName, rows: [row]))
      }
    }
    guard !groups.isEmpty, let metric = repeated.first?.metric else { return nil }
    let axis = taskName == nil ? Axis.share("score") : metric.axis
    return Chart(
      name: taskName.map { Chart.fileName(.variation, $0) } ?? ChartKind.variation.name,
      title: "Variation from run to run",
      subtitle: "Small dots are runs, hollow ones their mean with its \(source.intervalName)",
      notes: ["The interval is about other runs on the same items, not about other items."],
      body: .intervals(ForestPlot(panels: [ForestPlot.Panel(axis: axis)], groups: groups)), data: data)
  }
}

import Testing

@testable import Charts

/// Charts as extreme as they come: one model, forty, long names, names of other scripts, missing cells.
enum Samples {
  static let longNames = (0..<40).map { number in
    [
      "google/gemma-3-1b-it", "google/gemma-3n-E2B-it-quantized-q4_0-with-a-very-long-suffix", "谷歌/杰玛-3-270m-指令",
      "جيما-٢", "gemma-2-9b & <b>bold</b>",
    ][number % 5] + ":\(number)"
  }
  static let tasks = ["mmlu", "gsm8k", "a_custom_task_with_a_very_long_name_indeed", "日本語の質問応答", "x"]

  /// Pseudo-random numbers that are the same everywhere.
  private struct Numbers {
    var state: UInt64 = 7
    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31)
    }
  }

  private static func chart(_ name: String, _ body: Chart.Body, notes: [String] = []) -> Chart {
    Chart(
      name: name, title: "Chart \(name)", subtitle: "What the marks mean", notes: notes, body: body,
      data: DataTable(["model", "value"]))
  }

  static func heatmap(models: [String], tasks: [String]) -> Chart {
    var numbers = Numbers()
    let rows = models.map { model in
      Heatmap.Row(
        label: model,
        cells: tasks.map { task in
          if numbers.next() < 0.05 { return .absent("failed") }
          let value = numbers.next()
          return Heatmap.Cell(level: value, lines: ["\(Int(value * 1000) / 10)%", "10.0–99.9"], tooltip: task)
        })
    }
    return chart(
      "heatmap-\(models.count)x\(tasks.count)",
      .matrix(
        Heatmap(
          columns: tasks, groups: [Heatmap.Group(rows: rows)],
          key: Heatmap.Key(title: "score", labels: ["0%", "50%", "100%"]))), notes: ["–: no score"])
  }

  static func comparison(_ values: [Double]) -> Chart {
    let rows = values.enumerated().map { number, value in
      ForestPlot.Row(
        label: "model \(number)",
        values: [[ForestPlot.Value(value, interval: value - 0.0625...value + 0.0625, tooltip: "")]])
    }
    return chart(
      "comparison",
      .intervals(ForestPlot(panels: [.init(axis: .share("accuracy"))], groups: [.init(rows: rows)])))
  }

  static func intervals(
    models: [String], tasks: [String], series: Int = 1, columns: [String] = [], title: String = "第一 group"
  ) -> Chart {
    var numbers = Numbers()
    let rows = models.map { model in
      ForestPlot.Row(
        label: model,
        values: tasks.map { _ in
          numbers.next() < 0.05
            ? []
            : (0..<series).map { number in
              let value = numbers.next()
              return ForestPlot.Value(
                value, interval: max(0, value - 0.1)...min(1, value + 0.1), series: number, tooltip: model)
            }
        }, texts: columns.map { _ in "+1.0 [−3.0, 5.0]" })
    }
    let half = rows.count / 2
    return chart(
      "intervals-\(models.count)x\(tasks.count)x\(series)",
      .intervals(
        ForestPlot(
          panels: tasks.map { .init(title: $0, axis: .share("accuracy")) },
          groups: [.init(title: title, rows: Array(rows[..<half])), .init(rows: Array(rows[half...]))],
          series: series > 1 ? Array(longNames.prefix(series)) : [], columns: columns, reference: 0.5)))
  }

  static func cost(models: [String]) -> Chart {
    var numbers = Numbers()
    let few = models.count < 5
    let spots = models.enumerated().map { number, model in
      let x = few ? Double(number + 1) / 4 : 0.05 + numbers.next() * numbers.next() * 3
      let y = few ? Double(number + 1) / 5 : numbers.next()
      return XYChart.Spot(
        x, y, xInterval: x * 0.9...x * 1.1, yInterval: max(0, y - 0.03)...min(1, y + 0.03), label: model, tooltip: model
      )
    }
    return chart(
      "cost-\(models.count)",
      .plane(
        XYChart(panels: [
          .init(
            title: "mmlu", xAxis: Axis(title: "seconds a sample", format: .number(unit: "s"), isLogarithmic: true),
            yAxis: .share("accuracy"), series: [.init(spots: spots)])
        ])))
  }

  static func curves(models: [String]) -> Chart {
    var numbers = Numbers()
    let panels = ["tokens/s", "seconds to the first token"].map { title in
      XYChart.Panel(
        title: title, xAxis: Axis(title: "output tokens", format: .number(unit: "")),
        yAxis: Axis(title: title, format: .number(unit: ""), includes: [0]),
        series: models.enumerated().map { number, model in
          let base = 10 + numbers.next() * 12_000
          return .init(
            name: model, number: number,
            spots: [128.0, 256, 512].map { .init($0, base + $0 / 10, yInterval: base...base + 60, tooltip: model) },
            join: .lines)
        })
    }
    return chart("curves-\(models.count)", .plane(XYChart(panels: panels)))
  }

  static func bars(models: [String], flags: [String], tasks: [String]) -> Chart {
    var numbers = Numbers()
    let groups = tasks.map { task in
      BarChart.Group(
        title: task,
        rows: flags.map { flag in
          BarChart.Row(
            label: flag,
            bars: models.map { model in
              if numbers.next() < 0.1 { return .absent("failed") }
              let value = numbers.next()
              return BarChart.Bar(value, interval: max(0, value - 0.1)...min(1, value + 0.1), tooltip: model)
            })
        })
    }
    return chart(
      "bars-\(models.count)x\(flags.count)x\(tasks.count)",
      .bars(BarChart(axis: .share("share of samples"), groups: groups, series: models)))
  }

  /// Those whose drawings are kept as goldens.
  static let reviewed = [
    heatmap(models: ["gemma-3-270m", "gemma-3-1b-it", "gemma-3-4b-it"], tasks: ["mmlu", "gsm8k", "mmlu_mathematics"]),
    intervals(
      models: ["gemma-3-270m", "gemma-3-1b-it", "gemma-3-4b-it", "gemma-2-9b"], tasks: ["mmlu", "gsm8k"],
      title: "a group"),
    cost(models: ["gemma-3-270m", "gemma-3-1b-it", "gemma-3-4b-it"]),
  ]

  static let all: [Chart] = [
    heatmap(models: ["gemma"], tasks: ["mmlu"]), heatmap(models: longNames, tasks: tasks),
    heatmap(models: Array(longNames.prefix(3)), tasks: (0..<57).map { "high_school_government_and_politics_\($0)" }),
    intervals(models: ["gemma"], tasks: ["mmlu"]), intervals(models: longNames, tasks: tasks + tasks),
    intervals(models: (0..<57).map { "high_school_government_and_politics_\($0)" }, tasks: ["mmlu"], series: 3),
    intervals(models: Array(longNames.prefix(9)), tasks: ["x"], columns: ["points", "p", "p (Holm)"]),
    cost(models: ["gemma"]), cost(models: longNames), curves(models: ["gemma"]), curves(models: longNames),
    comparison([0, 1]), bars(models: ["gemma"], flags: ["no_answer"], tasks: ["mmlu"]),
    bars(models: longNames, flags: ["no_answer", "a_flag_of_a_task_with_a_name_that_does_not_end"], tasks: tasks),
  ]
}

extension Chart: CustomTestStringConvertible {
  public var testDescription: String { name }
}

import Charts
import Evaluation
import Plan
import Records
import Statistics
import Support

extension ChartKind {
  package static let flags = ChartKind(
    "flags",
    shows: """
      how often each flag was raised, such as `no_answer` or `stopped_at_length`: the share of a task's samples with its \
      interval, a bar per model
      """,
    absence: "no sample has a flag"
  ) { FlagCharts(source: $0.source).flags }
}

/// Charts of the flags of samples: what went other than planned, and how often.
struct FlagCharts {
  let source: ChartSource

  /// The share of samples with each flag, grouped by task, a bar a model.
  var flags: ChartOutcome {
    var data = DataTable(["task", "flag", "model", "share", "lower", "upper", "samples"])
    let groups = source.tasks.compactMap { task -> BarChart.Group? in
      let runs = task.entries.values.flatMap(\.runs)
      let names = Set(runs.flatMap(\.samples).flatMap(\.flags)).sorted()
      if names.isEmpty { return nil }
      let rows = names.map { flag in
        BarChart.Row(
          label: flag,
          bars: source.models.map { model in
            guard let estimate = share(of: flag, task, model), let share = estimate.mean else {
              return .absent(source.absence(task, model))
            }
            let interval = estimate.interval
            data.add(
              .text(task.name), .text(flag), .text(model), .number(share), .number(interval?.lower),
              .number(interval?.upper), .number(Double(estimate.count)))
            return BarChart.Bar(
              share, interval: interval?.range,
              tooltip:
                "\(model) · \(task.name) · \(flag): \(ValueFormat.percent.text(share)) of \(estimate.count.counted("sample"))"
            )
          })
      }
      return BarChart.Group(title: task.name, rows: rows)
    }
    if groups.isEmpty { return .nothing(reason: "no sample has a flag") }
    return .charts([
      Chart(
        name: ChartKind.flags.name, title: "Flags",
        subtitle: "Share of samples with each flag, with the \(source.intervalName)",
        notes: ["A sample can have several flags. Tasks without flags are not shown."],
        body: .bars(BarChart(axis: .share("share of samples"), groups: groups, series: source.models)), data: data)
    ])
  }

  /// The share of a model's samples with a flag; with several runs, of the samples' shares over runs. Nil without samples.
  private func share(of flag: String, _ task: ChartSource.TaskColumn, _ model: String) -> Estimate? {
    var raised: [String: [Double]] = [:]
    for sample in (task.entries[model]?.runs ?? []).flatMap(\.samples) {
      raised[sample.id, default: []].append(sample.flags.contains(flag) ? 1 : 0)
    }
    if raised.isEmpty { return nil }
    return Estimate(
      scores: raised.keys.sorted().map { raised[$0].flatMap(Moments.mean) }, isBinary: true, level: source.level
    ).within(0, 1)
  }
}

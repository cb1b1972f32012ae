import Evaluation
import Plan
import Records
import Reporting
import Running
import Statistics
import Store
import Support
import Tasks

/// Every option there is, as fronts read it: of plans, of models, of tasks, and of calls; and the charts.
enum Schema {
  /// The calls whose options the library takes as JSON, each declared beside what it configures.
  enum Call: String, CaseIterable {
    case stats, compare
    case compareReports = "compare_reports"
    case table, power
    case fetchData = "fetch_data"

    var options: [OptionSpecification] {
      switch self {
      case .stats: EstimateOptions.options
      case .compare: ComparisonOptions.options
      case .compareReports: ComparisonOptions.options + SweepComparisons.Axis.options
      case .table: SweepReport.pivotOptions
      case .power: PowerReport.Question.options
      case .fetchData: Schema.fetching
      }
    }
  }

  static var json: JSONValue {
    [
      "plan": list(PlanSchema.plan), "model": list(PlanSchema.model), "tasks": tasks,
      "calls": .object(
        (calls + Call.allCases.map { ($0.rawValue, $0.options) }).reduce(into: JSONObject()) { object, call in
          object[call.0] = list(call.1)
        }),
      "charts": .array(ChartKind.all.map(\.json)),
    ]
  }

  static var tasks: JSONValue {
    .array(
      TaskCatalogue.entries.map { entry in
        [
          "type": .string(entry.type), "title": .string(entry.title),
          "about": entry.about.map { .object($0.json) } ?? .null, "options": list(entry.options),
        ]
      })
  }

  private static func list(_ options: [OptionSpecification]) -> JSONValue { .array(options.map(\.json)) }

  private static func option(_ name: String, among options: [OptionSpecification]) -> [OptionSpecification] {
    options.filter { $0.name == name }
  }

  static let chatSeed = OptionSpecification("seed", default: 1234, range: .from(0), help: "seed of the sampling")

  private static let progress = OptionSpecification(
    "progress", .callback,
    help: "true for a line on standard error, or a function that gets the progress; returning false stops the call")
  private static let threads = option("threads", among: PlanSchema.plan)
  private static let cacheFolder = option("cache_dir", among: PlanSchema.model)
  /// What is fetched of a data set, and whence.
  fileprivate static let fetching =
    [
      OptionSpecification("revision", help: "branch, tag or commit; default that after \"@\" in the name, else main"),
      OptionSpecification("config", help: "configuration; default the data set's own"),
      OptionSpecification("split", .texts, help: "splits, such as test; default all"),
      OptionSpecification("offline", default: false, help: "whether the network must not be used"),
    ] + cacheFolder
  private static let force = OptionSpecification(
    "force", default: false, help: "whether existing files are replaced")

  private static let loading =
    ["name", "context_length", "quantization", "precision"].flatMap { option($0, among: PlanSchema.model) } + threads
    + cacheFolder
    + [
      OptionSpecification("local_only", default: false, help: "whether downloads are forbidden"),
      OptionSpecification(
        "any_size", default: false, help: "load even if the model needs more memory than is available"),
      progress,
    ]

  private static let observers = [
    OptionSpecification("on_sample", .callback, help: "function called with each scored sample; return false to stop"),
    OptionSpecification("on_cell", .callback, help: "function called with each finished cell; return false to stop"),
  ]

  /// The options of the other calls of Lua and Python, by the call's name in both.
  private static let calls: [(String, [OptionSpecification])] = [
    ("load_model", loading),
    (
      "quantize",
      [OptionSpecification("type", default: "q4_k", help: "type of the matrices, or a mixture such as q4_k_m"), force]
        + threads + cacheFolder + [progress]
    ),
    (
      "tokenize",
      [OptionSpecification("bos", default: false, help: "whether the beginning-of-sequence token is in front")]
    ),
    (
      "apply_chat_template",
      [
        OptionSpecification(
          "add_generation_prompt", default: true, help: "whether the prompt ends with the start of the model's turn"),
        OptionSpecification(
          "thinking", .flag,
          help: "whether thinking is on, where the template knows it (Gemma 4, Qwen 3); by default the template decides"
        ),
      ]
    ),
    (
      "chat",
      ModelSettings.options + [
        chatSeed,
        OptionSpecification(
          "on_text", .callback,
          help: "function called with each text and its part (thought or answer); return false to stop"),
      ]
    ),
    (
      "generate",
      [
        OptionSpecification("max_tokens", default: 256, help: "maximum number of tokens to generate"),
        OptionSpecification("stop", .texts, aliases: ["stops"], help: "texts that end the generation"),
        OptionSpecification("on_token", .callback, help: "function called with each token; return false to stop"),
      ] + SamplingParameters.options.filter { $0.name != "sampling_seed" }
        + [OptionSpecification("seed", default: 1234, help: "seed of the sampling")]
    ),
    (
      "run",
      option("limit", among: PlanSchema.plan) + [
        OptionSpecification(
          "batch_size", default: 0, range: .from(0),
          help: "number of generations decoded together; 0: as many as memory allows")
      ]
        + ModelSettings.options + [progress, observers[0]]
    ),
    ("write", [force]),
    (
      "sweep",
      [
        OptionSpecification("output", help: "folder for results and report", isPath: true),
        OptionSpecification("cache", default: true, help: "whether the response cache is used"), force, progress,
      ] + observers
    ),
    ("estimate", [progress]),
  ]
}

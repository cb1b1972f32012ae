import Evaluation
import Plan
import Records
import Reporting
import Running
import Statistics
import Store
import Support
import Tasks

/// Every option there is, as fronts read it: of plans, of models, of tasks, and of calls.
enum Schema {
  static var json: JSONValue {
    [
      "plan": list(PlanSchema.plan), "model": list(PlanSchema.model), "tasks": tasks,
      "calls": .object(
        calls.reduce(into: JSONObject()) { object, call in object[call.name] = list(call.options) }),
    ]
  }

  static var tasks: JSONValue {
    .array(
      TaskCatalogue.entries.map { entry in
        ["type": .string(entry.type), "title": .string(entry.title), "options": list(entry.options)]
      })
  }

  private static func list(_ options: [OptionSpecification]) -> JSONValue { .array(options.map(\.json)) }

  private static func option(_ name: String, among options: [OptionSpecification]) -> [OptionSpecification] {
    options.filter { $0.name == name }
  }

  private static let progress = OptionSpecification(
    "progress", .callback,
    help: "true for a line on standard error, or a function that gets the progress; returning false stops the call")
  private static let threads = option("threads", among: PlanSchema.plan)
  private static let cacheFolder = option("cache_dir", among: PlanSchema.model)
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

  private static let resampling = [
    OptionSpecification("confidence_level", default: .number(0.95), help: "confidence level of the interval"),
    OptionSpecification("metric", help: "metric of the task; default its main one"),
    OptionSpecification(
      "clusters", help: "kind of clusters: subject, or a kind that the samples name"),
    OptionSpecification("replicates", default: 10_000, help: "replicates of the bootstrap and the permutation test"),
    OptionSpecification("seed", default: 1234, help: "seed of the bootstrap and the permutation test"),
  ]
  private static let comparison =
    resampling + [
      OptionSpecification("margin", .number, help: "equivalence margin: adds an equivalence test")
    ]
  private static let observers = [
    OptionSpecification("on_sample", .callback, help: "function called with each scored sample; return false to stop"),
    OptionSpecification("on_cell", .callback, help: "function called with each finished cell; return false to stop"),
  ]

  /// The options of the calls of Lua and Python, by the call's name in both.
  private static let calls: [(name: String, options: [OptionSpecification])] = [
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
        OptionSpecification("seed", default: 1234, range: .from(0), help: "seed of the sampling"),
        OptionSpecification(
          "on_text", .callback, help: "function called with each text and its part (thought or answer); return false to stop"),
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
    (
      "stats",
      resampling + [OptionSpecification("interval", help: "method of the interval, such as wilson or bootstrap")]
    ),
    ("compare", comparison),
    (
      "compare_reports",
      comparison + [
        OptionSpecification("with", .any, help: "another report; by default the models of the first are compared"),
        OptionSpecification("by", help: "what the runs of a pair differ in, such as quantization; needs two values"),
      ]
    ),
    (
      "table",
      [
        OptionSpecification(
          "rows", default: "model", help: "axis of the rows: model, task, run, or a key of a plan's model"),
        OptionSpecification("columns", default: "task", help: "axis of the columns"),
      ]
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
    (
      "power",
      [
        OptionSpecification(
          "design", default: "paired", choices: ["paired", "independent"],
          help: "paired: same samples for both models; independent: different ones"),
        OptionSpecification("baseline", default: .number(0.5), help: "share that the first model answers correctly"),
        OptionSpecification("difference", .number, help: "share of the second minus that of the first"),
        OptionSpecification("items", .integer, help: "samples of each model"),
        OptionSpecification("power", default: .number(0.8), help: "target power"),
        OptionSpecification("significance", default: .number(0.05), help: "two-sided significance level"),
        OptionSpecification("discordance", .number, help: "share of samples that exactly one model answers correctly"),
        OptionSpecification("runs", default: 1, help: "runs of each sample, whose mean is its score"),
        OptionSpecification("repeats", default: 1, help: "responses to each sample within a run"),
        OptionSpecification(
          "sampling_variance", default: .number(0),
          help: "variance of one response's score about its sample's mean, as stats gives it"),
        OptionSpecification("half_width", .number, help: "half-width of the baseline's interval"),
      ]
    ),
  ]
}

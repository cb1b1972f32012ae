import Checkpoints
import Evaluation
import Support
import Tasks

/// The options of plans and of their models: which keys there are, what they mean, and what holds without them. Those of tasks
/// are in `TaskCatalogue`.
package enum PlanSchema {
  /// What stands at the top of a plan, or in one of its sections.
  package static let plan: [OptionSpecification] = [
    OptionSpecification("name", default: "sweep", help: "name of the run in reports"),
    OptionSpecification(
      "runs", default: 1, range: .from(1, to: 1000),
      help: "repetitions of each model x task pair; each has its own seeds"),
    OptionSpecification(
      "seed", default: 1234, range: .from(0), help: "seed from which the seeds of all runs derive"),
    OptionSpecification(
      "vary", .texts, default: .array(Variation.allCases.map { .string($0.rawValue) }),
      choices: Variation.allCases.map(\.rawValue), help: "what varies in the runs after the first"),
    OptionSpecification(
      "design", default: .string(RunDesign.together.rawValue), choices: RunDesign.allCases.map(\.rawValue),
      help: "together: each run varies everything; crossed: runs are all combinations of levels"),
    OptionSpecification(
      "limit", .integer, range: .from(0),
      help: "samples of each task (of each subject, where it has subjects); 0: all"),
    OptionSpecification("threads", .integer, range: .from(0), help: "worker threads; 0: one per processor"),
    OptionSpecification(
      "batch_size", .any, default: "auto", range: .from(1, to: 4096),
      help: "number of generations decoded together, or auto"),
    OptionSpecification(
      "confidence_level", default: .number(0.95), range: .between(0, and: 1), help: "confidence level of the intervals"),
    OptionSpecification("statistical_tests", default: true, help: "whether models are compared and ranked"),
    OptionSpecification(
      "stop_when", .any, help: "when a task may end early: {half_width: 0.02} or {decided: [a, b]}"),
  ]

  /// An option of a plan by its name.
  static func option(_ name: String, in options: [OptionSpecification] = plan) throws(BenchmarkError)
    -> OptionSpecification
  {
    guard let option = options.first(where: { $0.name == name }) else {
      throw BenchmarkError(.internalError, "plan: the schema has no option \"\(name)\"")
    }
    return option
  }

  /// How every model of a plan is asked, where its entry does not say otherwise: keys of the top level or of `evaluation`.
  static let commonKeys = ModelSettings.options.map(\.name)

  /// Keys of a plan's section `evaluation`.
  static let evaluationKeys = plan.map(\.name).filter { !["name", "threads"].contains($0) } + commonKeys

  /// What stands in an entry of `models`.
  package static let model: [OptionSpecification] = ofModel + ModelSettings.options

  private static let ofModel: [OptionSpecification] = [
    OptionSpecification("path", help: "checkpoint folder, GGUF file, or name on the Hub", isPath: true),
    OptionSpecification("name", help: "name of the model in reports"),
    OptionSpecification(
      "context_length", .integer, range: .from(0),
      help: "tokens of prompt and response together; 0: the model's, as far as memory has room"),
    OptionSpecification(
      "quantization", default: "none",
      help: "type to which weight matrices are quantised while loading: q4_0, q4_k, q8_0, ..."),
    OptionSpecification(
      "precision", default: "auto", choices: ["auto", "float32", "bfloat16", "float16"],
      help: "type of the activations; auto: int8 for quantised weights, else float32"),
    OptionSpecification(
      "base", help: "name of the unquantised model; reports group models with the same base"),
    OptionSpecification(
      "card",
      help: "name of the model whose published scores its own are shown beside, or none; default: as its path says"),
    OptionSpecification(
      "cache_dir", help: "the Hub's cache; default: HF_HUB_CACHE, else HF_HOME, else ~/.cache/huggingface/hub",
      isPath: true),
    OptionSpecification("revision", help: "branch, tag or commit on the Hub"),
    OptionSpecification("device_map", default: "auto", choices: ["auto", "cpu"], help: "device"),
    OptionSpecification("type", default: "gemma", help: "family on the Hub (with size, in place of path)"),
    OptionSpecification("generation", .any, help: "generation on the Hub, such as 3 (with size)"),
    OptionSpecification("size", .any, help: "size on the Hub, such as 1b (in place of path)"),
    OptionSpecification("variant", help: "it for an instruction-tuned model (with size)"),
  ]
}

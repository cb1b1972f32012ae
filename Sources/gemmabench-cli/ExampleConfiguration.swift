@preconcurrency import Glibc
import Support

/// What `gemmabench init` writes; scripts/config.yaml is the same but for its paths, and the tests run it.
enum ExampleConfiguration {
  /// The folder of the small models and their data, as the text has it.
  private static let folder = "scripts/pocket"

  /// Where that folder is: in the project's sources, or where the command was installed; nil if neither is here.
  static var folderHere: String? {
    if FileSystem.isFolder(folder + "/models") { return folder }
    var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = path.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    if count <= 0 { return nil }
    let prefix = String(decoding: path[..<count], as: UTF8.self).split(separator: "/").dropLast(2).map { "/" + $0 }
      .joined()
    let installed = prefix + "/share/gemmabench/pocket"
    return FileSystem.isFolder(installed + "/models") ? installed : nil
  }

  /// The text for a file in a folder, with the small models where they are.
  static func text(in target: String?) -> String {
    let here = folderHere ?? folder
    let pocket = here.hasPrefix("/") ? here : Paths.relative(here, to: target ?? ".")
    return form.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard let mark = line.firstRange(of: "POCKET") else { return String(line) }
      let path = pocket + line[mark.upperBound...]
      // In quotation marks where a folder may have any name: YAML reads them as JSON does.
      return String(line[..<mark.lowerBound]) + (here.hasPrefix("/") ? JSONValue.string(path).text() : path)
    }.joined(separator: "\n")
  }

  private static let form = """
    # A sweep: every model on every task, several times. Run it with
    #
    #     gemmabench run config.yaml
    #
    # `gemmabench plan config.yaml` estimates what it takes. Every key is explained in docs/configuration.md.
    name: two small models

    models:
      # The key is the model's name in reports. `path` is a checkpoint folder, a GGUF file, or a name on the Hugging Face
      # Hub such as google/gemma-3-1b-it. Paths are relative to this file. These two small models come with gemmabench;
      # replace them with your own.
      pocket-1m:
        path: POCKET/models/pocket-1m
      pocket-6m:
        path: POCKET/models/pocket-6m
        # quantization: true             # 4 bits (q4_0); or the name of a type: q8_0, q4_k, ...
      # A model of the Hub by what it is, in place of `path`:
      # gemma-9b: {type: gemma, size: 9b, variant: it}

    tasks:
      # `gemmabench tasks` lists the tasks and their options. Without `data` a task reads the folder that the variable
      # GEMMABENCH_DATA names, or the Hub. These questions were made for the two small models.
      mmlu:
        type: mmlu
        subset: all                      # a subject, or a group: mathematics, stem, ...
        shots: 5
        data: POCKET/data/mmlu
      gsm8k:
        type: gsm8k
        shots: 5
        chain_of_thought: true
        data: POCKET/data/gsm8k

    evaluation:
      runs: 3                            # run 1 as the tasks define it; the others vary few-shot examples and choice order
      # design: crossed                  # with 4, 6, 9, ... runs: the variance of each separately
      limit: 20                          # samples per task (of each subject, where a task has them); 0: all
      confidence_level: 0.95
      statistical_tests: true            # rankings, and which models differ significantly
      seed: 1234                         # all random numbers derive from it

    output:
      path: results/config
      visualize: true
      save_predictions: true
      export_formats: [yaml, json]       # of each run's raw results: yaml, json, csv

    hardware:
      device: auto
      threads: 0                         # 0: one per processor

    """
}

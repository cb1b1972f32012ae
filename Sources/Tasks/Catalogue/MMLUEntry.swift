import Evaluation
import Support

/// MMLU: the catalogue's task with the options that records know, and the authors' files as data beside the Hub's.
///
/// The prompt is that of lm-evaluation-harness's `mmlu` tasks, byte for byte: a line that names the subject, the first
/// questions of the subject's development file with their answers, and the question.
enum MMLUEntry {
  private static let type = "mmlu"
  private static let source =
    "MMLU's files are in data.tar, linked from https://github.com/hendrycks/test; without a folder the Hub's are read"

  static func entry(_ catalogue: CatalogueTask) -> TaskEntry {
    TaskEntry(
      type: type, title: catalogue.about.title,
      options: [
        TaskOption(
          "subset", default: "all",
          help: "a subject, or a group: \(MMLUSubjects.groups.map(\.name).joined(separator: ", "))"),
        TaskOption(
          "shots", aliases: ["shot_count"], default: 5, range: .from(0, to: 5), help: "number of few-shot examples"),
        TaskOption(
          "split", default: "test", choices: ["test", "validation"],
          help: "split that is evaluated: test or validation"),
        TaskOption(
          "fewshot_seed", .integer, aliases: ["few_shot_seed"], default: .null, range: .from(0),
          help: "seed that samples each subject's few-shot examples; without it the first of the file"),
        TaskOption(
          "choice_seed", .integer, default: .null, range: .from(0),
          help: "seed that shuffles the choices; without it their order in the file"),
        TaskOption(
          "data", default: .null,
          help: "folder with dev/ and test/, or of the Hub's layout; default GEMMABENCH_DATA/mmlu, else the Hub",
          isPath: true),
        DescribedEntry.revision,
      ], groups: MMLUSubjects.areas, metrics: catalogue.metrics, about: catalogue.about,
      dataSets: { (given: TaskSpecification) throws(BenchmarkError) in
        let chosen = try Chosen(given, catalogue)
        return try chosen.folder == nil ? DescribedEntry.dataSets(chosen.found, given) : []
      },
      load: { (given: TaskSpecification) throws(BenchmarkError) in try load(given, catalogue) })
  }

  /// What a specification chooses: where the data are, and the subjects.
  private struct Chosen {
    /// The authors' files; nil: the Hub's layout, or the Hub.
    let folder: DataFolder?
    let found: DescribedLoader.Found

    init(_ given: TaskSpecification, _ catalogue: CatalogueTask) throws(BenchmarkError) {
      let split = try given.text("split")
      let subset = try given.text("subset")
      let first = MMLUSubjects.subjects(of: subset)?.first ?? MMLUSubjects.all[0]
      let dataSet = try TaskDescription(catalogue.file(ofSubject: first)).dataset
      let folder = try DataFolder.given(given, name: type, source: source, dataSet: dataSet, split: split) {
        !MMLUFiles(folder: $0).subjects(of: split).isEmpty
      }
      self.folder = folder
      let present = folder.map { MMLUFiles(folder: $0).subjects(of: split) } ?? []
      let known = MMLUSubjects.subsets + present
      guard let subjects = MMLUSubjects.subjects(of: subset, present: present) else {
        throw BenchmarkError(
          .invalidArgument, "mmlu: no such subset: \"\(subset)\"\(NearestName.hint(subset, among: known))",
          key: "subset")
      }
      // A score on somebody's own questions must not go by MMLU's name.
      let label = MMLUSubjects.isOwn(present) ? "mmlu_own" : type
      var descriptions: [TaskDescription] = []
      for subject in subjects {
        var file = catalogue.file(ofSubject: subject)
        file.override(["test_split": .string(split)], at: DocumentPlace(name: file.path), folder: nil)
        descriptions.append(try TaskDescription(file))
      }
      found = DescribedLoader.Found(
        name: subset == "all" ? label : "\(label)_\(subset)", descriptions: descriptions, groups: MMLUSubjects.areas)
    }
  }

  private static func load(_ given: TaskSpecification, _ catalogue: CatalogueTask) throws(BenchmarkError)
    -> any BenchmarkTask
  {
    let chosen = try Chosen(given, catalogue)
    let shots = try given.integer("shots")
    let fewShotSeed = try given.optionalInteger("fewshot_seed")
    var changes = DescribedLoader.Changes(shots: shots)
    if let fewShotSeed { changes.seeds.fewShot = fewShotSeed }
    changes.seeds.drawsExamples = fewShotSeed != nil
    changes.seeds.drawsOnce = true
    changes.seeds.choices = try given.optionalInteger("choice_seed")
    // As records have it: the subjects' draws differ, and the examples' files stand first.
    changes.isSeededByName = true
    changes.readsExamplesFirst = true
    let source: any SplitSource =
      if let folder = chosen.folder { MMLUFiles(folder: folder) } else { try DescribedEntry.source(given) }
    let task = try DescribedLoader.task(chosen.found, type: type, source: source, changes: changes)
    let (subset, split) = (try given.text("subset"), try given.text("split"))
    return NamedTask(task, name: task.name) { task in
      var specification: JSONObject = [
        "type": .string(type), "subset": .string(subset), "shots": JSONValue(shots), "split": .string(split),
      ]
      let seeds = (task as? any SeededTask)?.seeds ?? DescribedTask.Seeds()
      if seeds.drawsExamples == true { specification["fewshot_seed"] = JSONValue(seeds.fewShot) }
      if let seed = seeds.choices { specification["choice_seed"] = JSONValue(seed) }
      specification[DescribedEntry.revisionKey] = task.specification[DescribedEntry.revisionKey]
      return specification
    }
  }
}

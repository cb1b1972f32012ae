import Support

extension CatalogueTask {
  /// Tasks that have options of their own, which records of them know, by their names.
  static let ownEntries: [(name: String, entry: @Sendable (CatalogueTask) -> TaskEntry)] = [
    ("mmlu", { MMLUEntry.entry($0) }), ("gsm8k", { GSM8KEntry.entry($0) }),
  ]

  var entry: TaskEntry {
    if let own = Self.ownEntries.first(where: { $0.name == name }) { return own.entry(self) }
    var hidden: Set<String> = []
    if output != .generation { hidden = ["max_tokens", "temperature", "sampling_seed", "repeats"] }
    // A text that is scored whole has nothing before it.
    if output == .rolling { hidden.formUnion(["shots", "fewshot_seed"]) } else { hidden.insert("stride") }
    if files[0]["unsafe_code"] == nil { hidden.insert(HarnessEntry.unsafeCodeKey) }
    return TaskEntry(
      type: name, title: about.title, options: DescribedEntry.options.filter { !hidden.contains($0.name) },
      about: about,
      dataSets: { (given: TaskSpecification) throws(BenchmarkError) in try DescribedEntry.dataSets(try found(), given)
      },
      load: { (given: TaskSpecification) throws(BenchmarkError) in try DescribedEntry.load(try found(), given) })
  }

  private func found() throws(BenchmarkError) -> DescribedLoader.Found {
    var descriptions: [TaskDescription] = []
    for file in files { descriptions.append(try TaskDescription(file)) }
    return DescribedLoader.Found(name: name, descriptions: descriptions, isTask: !hasSubjects)
  }
}

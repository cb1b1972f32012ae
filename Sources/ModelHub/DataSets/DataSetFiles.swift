import Support

extension DataSetCard.Configuration {
  /// Files that are not data.
  private static let otherFiles = [
    "README.md", "config.json", "dataset_info.json", "dataset_infos.json", "dummy_data.zip", "dataset_dict.json",
  ]

  /// The files of each split.
  ///
  /// - Parameter paths: All files of the repository.
  ///
  /// Errors: a split without files, a file that is not there.
  package func files(among paths: [String], of repository: String) throws(BenchmarkError) -> [DataSetCard.Split] {
    let patterns: [DataSetCard.Split]
    if let splits {
      patterns = splits
    } else {
      patterns = try SplitNames.patterns { (pattern) throws(BenchmarkError) in try matches(pattern, among: paths) }
      if patterns.isEmpty {
        throw BenchmarkError(.notFound, "\(repository): no data files\(folder.map { " in \($0)" } ?? "")")
      }
    }
    var result: [DataSetCard.Split] = []
    for split in patterns {
      var files: [String] = []
      for pattern in split.files {
        let found = try matches(pattern, among: paths)
        if found.isEmpty, !FilePattern.hasWildcards(pattern) { throw missing(split, pattern) }
        // A file that two patterns mean counts twice, as in `datasets`.
        files += found
      }
      if files.isEmpty { throw missing(split, split.files.joined(separator: ", ")) }
      result.append(DataSetCard.Split(name: split.name, files: files))
    }
    return result
  }

  private func missing(_ split: DataSetCard.Split, _ pattern: String) -> BenchmarkError {
    BenchmarkError(.notFound, "the split \"\(split.name)\" of the configuration \"\(name)\" has no files: \(pattern)")
  }

  /// The files that a pattern means, sorted. Hidden ones, and those in folders of two underscores, only where it names them.
  private func matches(_ pattern: String, among paths: [String]) throws(BenchmarkError) -> [String] {
    let whole = (folder.map { $0.isEmpty ? "" : $0 + "/" } ?? "") + pattern
    let pattern = try FilePattern(whole)
    let parts = whole.split(separator: "/").filter { $0 != "." }
    func hidden(_ parts: [Substring]) -> Int { parts.count { $0.hasPrefix(".") } }
    func special(_ parts: [Substring]) -> Int { parts.dropLast().count { $0.hasPrefix("__") } }
    return paths.filter { path in
      let names = path.split(separator: "/")
      guard let name = names.last, pattern.matches(path) else { return false }
      return (!Self.otherFiles.contains(String(name)) || parts.last == name) && hidden(names) == hidden(parts)
        && special(names) == special(parts)
    }.sorted()
  }
}

/// Splits that only names of files and folders tell, as `datasets` finds them.
enum SplitNames {
  private static let keywords = [
    ("train", ["train", "training"]), ("validation", ["validation", "valid", "dev", "val"]),
    ("test", ["test", "testing", "eval", "evaluation"]),
  ]
  private static let separators = "[-._ 0-9]"

  /// The patterns of the splits: of the first way in which there are files.
  static func patterns(
    _ files: (String) throws(BenchmarkError) -> [String]
  ) throws(BenchmarkError) -> [DataSetCard.Split] {
    // data/train-00000-of-00002.parquet, and splits of any other name beside it.
    let digits = String(repeating: "[0-9]", count: 5)
    let shard = "-\(digits)-of-\(digits)*.*"
    var splits: Set<String> = []
    for path in try files("data/*" + shard) {
      guard let name = path.split(separator: "/").last else { continue }
      // The name is what stands before the last "-00000-of-00002".
      let parts = name.split(separator: "-", omittingEmptySubsequences: false)
      let isNumber = { (part: Substring) in part.count >= 5 && part.prefix(5).allSatisfy(\.isWholeNumber) }
      if let end = parts.indices.last(where: { index in
        index > 0 && index + 2 < parts.count && isNumber(parts[index]) && parts[index + 1] == "of"
          && isNumber(parts[index + 2])
      }) {
        splits.insert(parts[..<end].joined(separator: "-"))
      }
    }
    if !splits.isEmpty {
      let known = keywords.map(\.0)
      return (known.filter(splits.contains) + splits.subtracting(known).sorted()).map {
        DataSetCard.Split(name: $0, files: ["data/\($0)" + shard])
      }
    }
    let folders = ["**/K/**", "**/KS*/**", "**/*SK/**", "**/*SKS*/**"]
    let names = ["**/KS*", "**/*SKS*"]
    for forms in [folders, names] {
      var found: [DataSetCard.Split] = []
      for (split, words) in keywords {
        let patterns = words.flatMap { word in forms.map { pattern($0, word) } }
        for pattern in patterns where try !files(pattern).isEmpty {
          found.append(DataSetCard.Split(name: split, files: patterns))
          break
        }
      }
      if !found.isEmpty { return found }
    }
    return try files("**").isEmpty ? [] : [DataSetCard.Split(name: "train", files: ["**"])]
  }

  /// A form with the keyword for K and the characters around words for S.
  private static func pattern(_ form: String, _ keyword: String) -> String {
    form.map { $0 == "K" ? keyword : $0 == "S" ? separators : String($0) }.joined()
  }
}

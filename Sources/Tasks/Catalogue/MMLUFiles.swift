import DataSets
import Support

/// MMLU's rows as its authors publish them: the folders dev, val and test with a file of comma-separated values for each subject.
struct MMLUFiles: SplitSource {
  let folder: DataFolder

  static let letters = ["A", "B", "C", "D"]

  private static func part(_ split: String) -> String { split == "validation" ? "val" : split }

  /// The subjects whose files of a split are there, sorted.
  func subjects(of split: String) -> [String] {
    let part = Self.part(split)
    return folder.stems(in: part, ending: "_\(part).csv")
  }

  /// The questions of a subject, which is the configuration's name.
  ///
  /// Errors: a file that is missing or empty; a malformed row, with file and line.
  func split(_ name: String, of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    let part = Self.part(name)
    let (bytes, file) = try folder.read("\(part)/\(reference.name ?? "")_\(part).csv")
    var rows: [JSONObject] = []
    for row in try DelimitedText.rows(of: bytes, path: file.path) {
      guard row.fields.count == 6 else {
        throw BenchmarkError(
          .invalidFile,
          "\(file.path):\(row.line): 6 fields (question, A, B, C, D, answer) were expected, not \(row.fields.count)")
      }
      guard let answer = Self.letters.firstIndex(of: row.fields[5]) else {
        throw BenchmarkError(
          .invalidFile, "\(file.path):\(row.line): the answer must be A, B, C or D, not \"\(row.fields[5])\"")
      }
      rows.append([
        "question": .string(row.fields[0]), "choices": .array(row.fields[1...4].map { .string($0) }),
        "answer": JSONValue(answer),
      ])
    }
    if rows.isEmpty { throw BenchmarkError(.invalidFile, "\(file.path): no questions") }
    return DataSplit(rows: rows, files: [file])
  }
}

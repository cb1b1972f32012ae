import Support

/// Finds the published name of a model by where it lies.
package enum PublishedModel {
  /// What a plan says of a model that no card is of, whatever its path is called.
  package static let none = "none"

  /// The published name behind a path, a file's name or a name on the Hub: the last part, without owner, format and
  /// quantisation. `google/gemma-3-270m`, `unsloth/gemma-3-270m-GGUF:Q4_K_M` and `models/gemma-3-270m-Q8_0.gguf` are
  /// `gemma-3-270m-pt`. Nil if nothing is published of it.
  ///
  /// What else stands in a name makes it another model: `gemma-3-270m-it-medical` is none of Google's.
  package static func find(_ path: String) -> String? {
    for part in path.split(separator: "/").reversed() {
      var part = part.prefix { $0 != "@" && $0 != ":" }
      // A snapshot lies in a folder called by its commit, and that in the repository's.
      if part == "snapshots" || part.utf8.count == 40 && part.allSatisfy(\.isHexDigit) { continue }
      if part.hasPrefix("models--") { part = lastName(part) }
      let words = words(part)
      if words.isEmpty { continue }
      let name = words.joined(separator: "-")
      return PublishedScore.models.first { $0.lowercased() == name || $0.lowercased() == name + "-pt" }
    }
    return nil
  }

  /// The published name that somebody gave, or one like it; an error with the nearest.
  package static func named(_ name: String, at place: DocumentPlace) throws(BenchmarkError) -> String {
    if name == none { return name }
    if let found = find(name) { return found }
    let hint = NearestName.hint(name, among: PublishedScore.models)
    throw place.error("no scores of \"\(name)\" are known\(hint)", .notFound)
  }

  /// `NAME` of `models--OWNER--NAME`.
  private static func lastName(_ folder: Substring) -> Substring {
    var rest = folder
    for index in folder.indices where folder[index...].hasPrefix("--") {
      rest = folder[folder.index(index, offsetBy: 2)...]
    }
    return rest
  }

  /// Words at the end of a name that say how the weights are stored.
  private static let formats: Set<Substring> = [
    "gguf", "qat", "unsloth", "bnb", "ud", "mlx", "onnx", "awq", "gptq", "litert", "lm", "hf", "text", "int4", "int8",
    "fp8",
    "bf16", "f16", "f32", "fp16", "fp32", "bfloat16", "float16", "float32", "w4a16", "w8a8", "dynamic", "unquantized",
    "4bit",
    "8bit", "4", "8", "bit", "k", "s", "m", "l", "xl", "xs", "xxs", "nl", "0", "1",
  ]

  /// The words of a name, in lower case, without the owner in front and the format behind.
  private static func words(_ name: Substring) -> ArraySlice<Substring> {
    var words = Substring(name.lowercased()).split { $0 == "-" || $0 == "_" || $0 == "." }[...]
    while let last = words.last, formats.contains(last) || isQuantization(last) { words = words.dropLast() }
    if words.first == "google" { words = words.dropFirst() }
    return words
  }

  /// `q4`, `iq3`, `tq1`.
  private static func isQuantization(_ word: Substring) -> Bool {
    let rest = word.drop { $0 == "i" || $0 == "t" }
    return rest.first == "q" && rest.count == 2 && (rest.last?.isNumber ?? false)
  }
}

import Support

/// The Gemma repositories on the Hub, and the short form that names them by generation, size and variant.
package enum GemmaNames {
  /// A published model: its generation as people write it, its size, and its repositories.
  struct Family {
    let generation: String
    let size: String
    /// Repository of the pre-trained and of the instruction-tuned weights, below `google/`; nil: not published.
    let pretrained: String?
    let instructionTuned: String?
  }

  /// Every text-capable Gemma of the main line, as `google/NAME` on the Hub.
  static let families: [Family] = [
    plain("1", "2b", "gemma-2b"), plain("1", "7b", "gemma-7b"),
    Family(generation: "1.1", size: "2b", pretrained: nil, instructionTuned: "gemma-1.1-2b-it"),
    Family(generation: "1.1", size: "7b", pretrained: nil, instructionTuned: "gemma-1.1-7b-it"),
    plain("2", "2b", "gemma-2-2b"), plain("2", "9b", "gemma-2-9b"), plain("2", "27b", "gemma-2-27b"),
    plain("3", "270m", "gemma-3-270m"), third("1b"), third("4b"), third("12b"), third("27b"),
    plain("3n", "e2b", "gemma-3n-E2B"), plain("3n", "e4b", "gemma-3n-E4B"),
    plain("4", "e2b", "gemma-4-E2B"), plain("4", "e4b", "gemma-4-E4B"), plain("4", "12b", "gemma-4-12B"),
    plain("4", "26b-a4b", "gemma-4-26B-A4B"), plain("4", "31b", "gemma-4-31B"),
  ]

  private static func plain(_ generation: String, _ size: String, _ name: String) -> Family {
    Family(generation: generation, size: size, pretrained: name, instructionTuned: "\(name)-it")
  }

  /// Gemma 3 from 1B up says `-pt` where the others say nothing.
  private static func third(_ size: String) -> Family {
    Family(generation: "3", size: size, pretrained: "gemma-3-\(size)-pt", instructionTuned: "gemma-3-\(size)-it")
  }

  /// All repository names below `google/`.
  static var names: [String] { families.flatMap { [$0.pretrained, $0.instructionTuned].compactMap { $0 } } }

  /// `google/NAME` of a name that stands alone, whatever its case; nil if Google has no such Gemma.
  static func repository(named name: String) -> String? {
    names.first { $0.lowercased() == name.lowercased() }.map { "google/\($0)" }
  }

  /// The repository of a short form.
  ///
  /// - Parameters:
  ///   - type: `gemma`, or with the generation inside: `gemma3`, `gemma-3n`.
  ///   - generation: `1`, `1.1`, `2`, `3`, `3n` or `4`; nil: that of the type, else 1, or the only one with that size.
  ///   - size: such as `2b`, `270m`, `e4b`; `26b` is enough for `26b-a4b`.
  ///   - variant: `it` (instruction-tuned) or `pt` (pre-trained); nil: `it`.
  /// - Throws: a combination that is not published, with those that are.
  package static func repository(type: String, generation: String?, size: String, variant: String?)
    throws(BenchmarkError) -> String
  {
    let type = type.lowercased()
    guard type.hasPrefix("gemma") else {
      throw BenchmarkError(.unsupported, "model type \"\(type)\": only gemma is known, such as type: gemma, size: 2b")
    }
    let inside = String(type.dropFirst("gemma".count).drop { $0 == "-" || $0 == "_" })
    if let generation, !inside.isEmpty, inside != generation.lowercased() {
      throw BenchmarkError(
        .invalidArgument, "model type \"\(type)\" and generation \"\(generation)\" contradict each other; leave one out"
      )
    }
    let small = size.lowercased()
    var wanted = generation?.lowercased() ?? inside
    if wanted.isEmpty {
      // "gemma, 2b" is the first of that name; a size that one later generation alone has means that one.
      let having = unique(families.filter { $0.size == small }.map(\.generation)).filter { $0 != "1.1" }
      wanted = having.contains("1") || having.isEmpty ? "1" : having[0]
      if having.count > 1, wanted != "1" {
        throw BenchmarkError(
          .invalidArgument,
          "gemma, size \(small): published in the generations \(having.joined(separator: " and "));"
            + " give \"generation\" too")
      }
    }
    let place = "gemma generation \(wanted), size \(small)"
    // "3, e2b" is what the 3n models are called too.
    let family = families.first {
      ($0.generation == wanted || $0.generation == wanted + "n") && ($0.size == small || $0.size == "\(small)-a4b")
    }
    guard let family else {
      let known = families.filter { $0.generation == wanted }.map(\.size)
      let list =
        known.isEmpty
        ? "generations: \(unique(families.map(\.generation)).joined(separator: ", "))"
        : "sizes of generation \(wanted): \(known.joined(separator: ", "))"
      throw BenchmarkError(.notFound, "\(place): not published; known \(list)")
    }
    let variantName = (variant ?? "it").lowercased()
    let name: String?
    switch variantName {
    case "it", "instruct", "instruction-tuned", "chat": name = family.instructionTuned
    case "pt", "base", "pretrained", "pre-trained": name = family.pretrained
    default:
      throw BenchmarkError(
        .invalidArgument, "\(place): variant \"\(variantName)\": must be it (instruction-tuned) or pt (pre-trained)")
    }
    guard let name else {
      let other = family.instructionTuned ?? family.pretrained ?? ""
      throw BenchmarkError(
        .notFound, "\(place), variant \(variantName): not published; known: google/\(other)")
    }
    return "google/\(name)"
  }

  private static func unique(_ names: [String]) -> [String] {
    names.enumerated().filter { !names[..<$0.offset].contains($0.element) }.map(\.element)
  }
}

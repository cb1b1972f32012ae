@preconcurrency import Glibc
import Support

/// Chooses, of the files of a repository, those that a Gemma needs.
enum FileSelection {
  /// Files beside the weights: configuration, tokenizer, chat template.
  static let companions = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "chat_template.json",
  ]
  private static func isCompanion(_ path: String) -> Bool {
    companions.contains(path) || path.hasPrefix("additional_chat_templates/") && path.hasSuffix(".jinja")
  }

  static let singleName = "model.safetensors"
  static let indexName = "model.safetensors.index.json"

  /// The paths wanted of a repository with these paths.
  ///
  /// Safetensors come before GGUF where a repository has both and nothing else is said. `globs`, if there are any, choose
  /// alone: `*` and `?` match slashes too, as in huggingface_hub.
  /// - Throws: nothing to choose; several GGUF files and nothing that names one.
  static func choose(_ paths: [String], reference: HubReference, globs: [String]) throws(BenchmarkError) -> [String] {
    if !globs.isEmpty {
      let chosen = paths.filter { path in globs.contains { fnmatch($0, path, 0) == 0 } }
      if chosen.isEmpty {
        throw BenchmarkError(
          .notFound,
          "\(reference): none of its \(paths.count) files matches \(globs.joined(separator: ", "));"
            + " it has \(shortList(paths))")
      }
      return chosen
    }
    if reference.file == nil, paths.contains(where: { isWeights($0) }) {
      // The single file goes before shards, as in loading.
      let single = paths.contains(singleName)
      return paths.filter { isCompanion($0) || (single ? $0 == singleName : isWeights($0)) }
    }
    return try chooseGGUF(paths, reference: reference)
  }

  /// The GGUF file that a reference means, with all its parts if it is split; the first part comes first.
  static func chooseGGUF(_ paths: [String], reference: HubReference) throws(BenchmarkError) -> [String] {
    // mmproj files hold vision towers, not language models.
    let candidates = paths.filter { $0.lowercased().hasSuffix(".gguf") && !$0.lowercased().contains("mmproj") }.sorted()
    var groups: [(name: String, parts: [String])] = []
    for path in candidates {
      let name = groupName(path)
      if let position = groups.firstIndex(where: { $0.name == name }) {
        groups[position].parts.append(path)
      } else {
        groups.append((name, [path]))
      }
    }
    guard !groups.isEmpty else {
      if paths.contains("adapter_config.json") {
        throw BenchmarkError(
          .unsupported,
          "\(reference): an adapter (adapter_config.json), not a model; merge it into its base model and name the folder"
        )
      }
      throw BenchmarkError(
        .notFound, "\(reference): no safetensors or GGUF weights; it has \(shortList(paths))")
    }
    var matching = groups
    if let file = reference.file {
      matching = groups.filter { $0.parts.contains(file) }
      if matching.isEmpty {
        let wanted = folded(file)
        matching = groups.filter { folded(baseName($0.name)).contains(wanted) }
      }
    }
    if matching.count == 1 { return matching[0].parts }
    let names = (matching.isEmpty ? groups : matching).map { $0.parts[0] }
    let problem = reference.file.map {
      matching.isEmpty ? "no GGUF file matches \"\($0)\"" : "\"\($0)\" matches several"
    }
    throw BenchmarkError(
      .invalidArgument,
      "\(reference): \(problem ?? "several GGUF files"); name one as"
        + " \(reference.repository):FILE, of \(shortList(names))")
  }

  /// `model.safetensors`, one of its shards or their index, at the top of the repository; not a variant such as
  /// `model.fp16.safetensors`.
  static func isWeights(_ path: String) -> Bool {
    path == singleName || path == indexName
      || (path.hasPrefix("model-") && path.hasSuffix(".safetensors") && !path.contains("/"))
  }

  /// A path without the `-00001-of-00003` of a split file.
  private static func groupName(_ path: String) -> String {
    let stem = path.dropLast(".gguf".count)
    let tail = stem.suffix(15).utf8
    let isPart =
      tail.count == 15
      && zip(tail, "-00000-of-00000".utf8).allSatisfy { byte, form in
        form == UInt8(ascii: "0") ? byte >= 0x30 && byte <= 0x39 : byte == form
      }
    return isPart ? String(stem.dropLast(15)) : String(stem)
  }

  private static func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// A name without what people write differently: case, and `-`, `_` and `.` between words.
  private static func folded(_ name: String) -> String {
    String(name.lowercased().map { "-_.".contains($0) ? "_" : $0 })
  }

  private static func shortList(_ names: [String]) -> String {
    let shown = names.prefix(12).joined(separator: ", ")
    return names.count > 12 ? "\(shown) and \(names.count - 12) more" : names.isEmpty ? "no files" : shown
  }
}

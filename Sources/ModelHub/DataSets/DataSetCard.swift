import Configuration
import Support

/// What the README.md of a data set's repository says of its configurations: the member `configs` of the YAML in front.
///
/// As the package `datasets` reads it (https://huggingface.co/docs/hub/datasets-manual-configuration). Without a README.md, or
/// without that member, there is one configuration, whose splits are told by the names of files and folders.
package struct DataSetCard: Sendable, Equatable {
  /// A configuration: part of a data set with its own columns or files.
  package struct Configuration: Sendable, Equatable {
    package let name: String
    /// The folder that its files lie in; nil: the repository.
    package let folder: String?
    /// The patterns of each split's files in their order; nil: told by names.
    package let splits: [Split]?
    let isDefault: Bool
    /// Options of the readers of `datasets`, such as `sep`: without them the rows may be other ones.
    let readerOptions: [String]

    init(name: String, folder: String?, splits: [Split]?, isDefault: Bool, readerOptions: [String] = []) {
      self.name = name
      self.folder = folder
      self.splits = splits
      self.isDefault = isDefault
      self.readerOptions = readerOptions
    }
  }

  /// A part of a configuration: `train`, `validation`, `test` or of any other name, with patterns or paths of files.
  package struct Split: Sendable, Equatable {
    package let name: String
    package let files: [String]

    package init(name: String, files: [String]) {
      self.name = name
      self.files = files
    }
  }

  /// What a configuration is called that has no name.
  static let defaultName = "default"
  /// Members of a configuration that do not change how its files are read.
  private static let plainMembers = [
    "config_name", "data_files", "data_dir", "default", "description", "version", "features", "drop_labels",
    "drop_metadata",
  ]

  package let configurations: [Configuration]

  /// The card of a repository without a README.md.
  package init() {
    configurations = [Configuration(name: Self.defaultName, folder: nil, splits: nil, isDefault: true)]
  }

  init(configurations: [Configuration]) { self.configurations = configurations }

  /// Reads a README.md; `path` stands in front of the message of an error.
  package init(readme: [UInt8], path: String) throws(BenchmarkError) {
    guard let front = Self.frontMatter(readme) else {
      self = DataSetCard()
      return
    }
    let value = try YAMLReader.parse(front, name: path).value
    guard let configs = value.objectValue?["configs"], !configs.isNull, configs != .array([]) else {
      self = DataSetCard()
      return
    }
    guard let entries = configs.arrayValue else {
      throw BenchmarkError(.invalidFile, "\(path): \"configs\" must be a list, not \(configs.typeName)")
    }
    var configurations: [Configuration] = []
    for entry in entries {
      let configuration = try Self.configuration(entry, path)
      if configurations.contains(where: { $0.name == configuration.name }) {
        throw BenchmarkError(.invalidFile, "\(path): the configuration \"\(configuration.name)\" stands twice")
      }
      configurations.append(configuration)
    }
    self.configurations = configurations
  }

  /// A configuration by its name; nil: the one that is the default.
  ///
  /// Errors: an unknown name; several configurations, none of which is the default, or several are.
  package func configuration(named name: String?, of repository: String) throws(BenchmarkError) -> Configuration {
    let names = configurations.map(\.name)
    if let name {
      guard let found = configurations.first(where: { $0.name == name }) else {
        throw BenchmarkError(
          .notFound, "\(repository): no configuration \"\(name)\"\(NearestName.hint(name, among: names))")
      }
      return found
    }
    let defaults = configurations.filter { configurations.count == 1 || $0.name == Self.defaultName || $0.isDefault }
    if defaults.count == 1 { return defaults[0] }
    throw BenchmarkError(
      .invalidArgument,
      "\(repository): \(defaults.isEmpty ? "none" : "more than one") of the configurations is the default; name one: "
        + names.joined(separator: ", "))
  }

  /// The YAML between the first two lines of three hyphens; nil if the text does not begin with one.
  private static func frontMatter(_ readme: [UInt8]) -> [UInt8]? {
    let text = readme.dropFirst(ByteOrderMark.length(readme))
    let lines = text.split(omittingEmptySubsequences: false) { $0 == 0x0A }
    let isMark = { (line: ArraySlice<UInt8>) in
      line.reversed().drop { [0x20, 0x09, 0x0D].contains($0) }.elementsEqual("---".utf8)
    }
    guard let first = lines.firstIndex(where: { !$0.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }),
      isMark(lines[first]), let last = lines[(first + 1)...].firstIndex(where: isMark)
    else { return nil }
    // Empty lines in place of what stands before, so that errors have the lines of the file.
    return Array(repeating: 0x0A, count: first + 1) + Array(lines[(first + 1)..<last].joined(separator: [0x0A]))
  }

  private static func configuration(_ entry: JSONValue, _ path: String) throws(BenchmarkError) -> Configuration {
    guard let object = entry.objectValue, let name = object["config_name"].flatMap(text), !name.isEmpty else {
      throw BenchmarkError(.invalidFile, "\(path): each entry of \"configs\" must have a \"config_name\"")
    }
    var folder: String?
    if let value = object["data_dir"], !value.isNull {
      guard let text = value.stringValue, isInside(text) else {
        throw BenchmarkError(.invalidFile, "\(path): \"data_dir\" of \"\(name)\" must be a folder of the repository")
      }
      folder = text.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
    let files = object["data_files"] ?? .null
    return Configuration(
      name: name, folder: folder, splits: files.isNull ? nil : try splits(files, of: name, path),
      isDefault: object["default"]?.boolValue ?? false,
      readerOptions: object.keys.filter { !plainMembers.contains($0) })
  }

  /// The splits: a pattern or a list of patterns is `train`; otherwise a list of objects with `split` and `path`.
  private static func splits(_ files: JSONValue, of name: String, _ path: String) throws(BenchmarkError) -> [Split] {
    let expected = BenchmarkError(
      .invalidFile,
      "\(path): \"data_files\" of \"\(name)\" must be a pattern, a list of patterns, or a list of objects with \"split\" "
        + "and \"path\"")
    func patterns(_ value: JSONValue) throws(BenchmarkError) -> [String] {
      var patterns: [String] = []
      for value in value.arrayValue ?? [value] {
        guard let pattern = value.stringValue, !pattern.isEmpty else { throw expected }
        if !isInside(pattern) {
          throw BenchmarkError(
            .unsupported, "\(path): \"data_files\" of \"\(name)\": \"\(pattern)\" is not in the repository")
        }
        patterns.append(pattern)
      }
      return patterns
    }
    guard let entries = files.arrayValue, entries.contains(where: { $0.objectValue != nil }) else {
      return [Split(name: "train", files: try patterns(files))]
    }
    var splits: [Split] = []
    for entry in entries {
      guard let object = entry.objectValue, let split = object["split"].flatMap(text), let files = object["path"] else {
        throw expected
      }
      if splits.contains(where: { $0.name == split }) {
        throw BenchmarkError(
          .invalidFile, "\(path): \"data_files\" of \"\(name)\": the split \"\(split)\" stands twice")
      }
      splits.append(Split(name: split, files: try patterns(files)))
    }
    return splits
  }

  /// A name; those that look like numbers are texts too.
  private static func text(_ value: JSONValue) -> String? { value.stringValue ?? value.integerValue.map { "\($0)" } }

  /// Whether a path can only lie in the repository: no URL, no absolute path, no way up.
  private static func isInside(_ path: String) -> Bool {
    !path.hasPrefix("/") && !path.contains("://") && !path.split(separator: "/").contains("..")
  }
}

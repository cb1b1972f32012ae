import Evaluation
import Support

/// Several described tasks as one: a group of a file, or the tasks that have a tag.
///
/// Each task is a subject of it. The mean over all samples is the harness's with `weight_by_size`, the mean over the subjects
/// that without.
struct GroupTask: SeededTask {
  let name: String
  let groups: [SampleGroup]
  let metrics: [Metric]
  let repeats: Int
  var scoresTogether: Bool { members.contains(where: \.scoresTogether) }
  private var members: [DescribedTask]
  /// Where each member's samples begin, and the count of all.
  private let starts: [Int]
  private let digest: String

  /// Errors: no members; members without a metric in common, or with different repeats; two of one name.
  init(_ name: String, _ members: [DescribedTask], groups: [SampleGroup] = []) throws(BenchmarkError) {
    guard let first = members.first else {
      throw BenchmarkError(.invalidArgument, "\(name): the group has no tasks")
    }
    self.name = name
    self.groups = groups
    self.members = members
    var names = Set<String>()
    for member in members {
      if !names.insert(member.name).inserted {
        throw BenchmarkError(.invalidArgument, "\(name): the task \(member.name) is in the group twice")
      }
      if member.repeats != first.repeats {
        throw BenchmarkError(
          .unsupported,
          "\(name): \(first.name) has \(first.repeats) repeats and \(member.name) \(member.repeats); give \"repeats\"",
          key: "repeats")
      }
    }
    repeats = first.repeats
    // Right answers and answers of different numbers of choices cannot be counted together.
    let isUniform = members.allSatisfy { $0.choiceCount == first.choiceCount }
    metrics = first.metrics.filter { metric in
      (isUniform || metric.aggregate.sums != .confusion)
        && members.allSatisfy { $0.metrics.contains { $0.name == metric.name && $0.aggregate == metric.aggregate } }
    }
    if metrics.isEmpty {
      throw BenchmarkError(
        .unsupported,
        "\(name): the tasks of the group have no metric in common; run them one by one: "
          + members.map(\.name).joined(separator: ", "))
    }
    starts = members.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    digest = SHA256.hexadecimal(members.map { "\($0.name) \($0.description.digest)\n" }.joined())
  }

  var type: String { members[0].type }

  var seeds: DescribedTask.Seeds { members[0].seeds }

  var specification: JSONObject {
    var specification = members[0].specification
    if type == DescribedTask.harnessType { specification["task"] = .string(name) }
    specification[DescribedEntry.digestKey] = .string(digest)
    let shots = Set(members.map(\.shots))
    if shots.count > 1 { specification["shots"] = nil }
    specification[HarnessEntry.hooksKey] = members.lazy.compactMap { $0.specification[HarnessEntry.hooksKey] }.first
    if members.contains(where: { $0.description.programs != nil }) { specification[HarnessEntry.unsafeCodeKey] = true }
    return specification
  }

  var notices: [String] {
    var files: [DataFile] = []
    var omissions: [String] = []
    for member in members {
      files += member.description.pythonFiles.filter { !files.contains($0) }
      omissions += member.description.said.filter { !omissions.contains($0) }
    }
    return DescribedTask.notices(name, files, omissions)
  }

  var dataFiles: [DataFile] {
    members.reduce(into: []) { files, member in
      for file in member.dataFiles where !files.contains(file) { files.append(file) }
    }
  }

  var count: Int { starts.last ?? 0 }

  var variations: [Variation] {
    Variation.allCases.filter { variation in members.contains { $0.variations.contains(variation) } }
  }

  func varied(by seeds: RunSeeds) -> any BenchmarkTask {
    var varied = self
    varied.members = members.map { $0.varied(by: seeds) as? DescribedTask ?? $0 }
    return varied
  }

  private func place(_ index: Int) throws(BenchmarkError) -> (member: DescribedTask, index: Int) {
    try checkPosition(index)
    let member = (starts.firstIndex { $0 > index } ?? starts.count) - 1
    return (members[member], index - starts[member])
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample {
    let (member, index) = try place(index)
    let sample = try member.sample(at: index)
    return Sample(
      id: "\(member.name)/\(sample.id)", attributes: SampleAttributes(subject: member.name), target: sample.target,
      document: sample.document)
  }

  func prompt(at index: Int) throws(BenchmarkError) -> Prompt {
    let (member, index) = try place(index)
    return try member.prompt(at: index).ofSample("\(member.name)/\(index)", SampleAttributes(subject: member.name))
  }

  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score {
    let (member, index) = try place(index)
    let score = try member.score(index, response)
    return Score(
      metrics: metrics.compactMap { metric in score.metrics.first { $0.name == metric.name } }, flags: score.flags)
  }
}

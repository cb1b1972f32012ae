import Checkpoints
@preconcurrency import Glibc
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// The first law of the engine: a record is the same bytes whatever runs beside it, on however many threads, with whatever was
/// computed before, and, of quantised weights, with whichever instructions the machine has.
@Suite struct InvarianceTests {
  static let types = QuantizationScheme.types.map(\.name)

  /// What decides nothing: threads, sequences side by side, whether shared beginnings are computed once.
  struct Setting: CustomStringConvertible {
    let threads: Int
    let batch: Int
    let rows: Int
    let sharesPrefixes: Bool
    var description: String { "\(threads) threads, batch \(batch), \(rows) rows, sharing \(sharesPrefixes)" }
  }

  static let settings = [
    Setting(threads: 1, batch: 1, rows: 1, sharesPrefixes: false),
    Setting(threads: 1, batch: 64, rows: 256, sharesPrefixes: true),
    Setting(threads: 2, batch: 7, rows: 256, sharesPrefixes: true),
    Setting(threads: 2, batch: 64, rows: 19, sharesPrefixes: false),
    Setting(threads: 2, batch: 1, rows: 64, sharesPrefixes: true),
  ]

  static func tasks() throws -> [any BenchmarkTask] {
    let drawn = try TaskCatalogue.load(
      TaskSpecification([
        "type": "gsm8k", "shots": 1, "maximum_tokens": 8, "data": .string(Fixtures.gsm8k), "temperature": 1.0,
        "top_k": 100,
      ]))
    return [try Fixtures.mathematics(shots: 1), try Fixtures.problems(), drawn]
  }

  /// The records of all samples, times left out: they are what no law can hold.
  static func records(_ model: LocalProvider, _ tasks: [any BenchmarkTask], _ setting: Setting) throws -> [String] {
    var limits = BatchLimits()
    limits.sequences = setting.batch
    limits.rows = setting.rows
    limits.sharesPrefixes = setting.sharesPrefixes
    return try tasks.flatMap { task in
      try TaskRunner.run(task, on: model, limit: 2, limits: limits) { _ in true }.samples.map { sample in
        var object = try #require(sample.json.objectValue)
        object["seconds"] = nil
        return JSONValue.object(object).text()
      }
    }
  }

  @Test("Threads, batch and prefix reuse change no byte of a record", arguments: types)
  func records(type: String) throws {
    let checkpoint = try RandomCheckpoint()
    let tasks = try Self.tasks()
    var first: [String]?
    for setting in Self.settings {
      let model = try LocalProvider.load(
        ModelSpecification(
          checkpoint.folder, name: "random", threads: setting.threads, quantization: QuantizationScheme(name: type))
      ) { _, _ in }
      let found = try Self.records(model, tasks, setting)
      #expect(found.count == 14)
      if let first {
        for (place, (one, other)) in zip(first, found).enumerated() {
          #expect(one == other, "\(type), \(setting), sample \(place)")
        }
      } else {
        first = found
      }
    }
  }

  @Test("Sharing beginnings saves what it says, and no sharing saves nothing")
  func savings() throws {
    let model = try Fixtures.model()
    var limits = BatchLimits()
    limits.sharesPrefixes = false
    var requests: [TokenRequest] = []
    for continuation in [" A", " B", " C"] {
      requests += try model.requestTokenizer.scoreRequests(
        context: "The fox ran over the hill.", continuations: [continuation]
      )
      .map { .score($0) }
    }
    let unshared = try model.scheduler(limits)
    try unshared.run(requests) { _, _, _ in }
    #expect(unshared.tokensReused == 0 && unshared.tokensComputed == unshared.tokensHeld)
    let shared = try model.scheduler()
    try shared.run(requests) { _, _, _ in }
    #expect(shared.tokensHeld == unshared.tokensHeld && shared.tokensReused > 0)
  }

  @Test("Every instruction set of this machine gives the same bytes", arguments: types)
  func instructionSets(type: String) throws {
    let command = try #require(Self.command, "gemmabench-cli stands beside the tests")
    let checkpoint = try RandomCheckpoint()
    var found: [(set: String, samples: [String])] = []
    for set in ["generic", "scalar", "avx2", "avx512", "neon"] {
      let arguments = [
        command, "run", checkpoint.folder, "mmlu", "gsm8k", "--data", "\(Fixtures.folder)/tasks/data", "--subset",
        "mathematics", "--shots", "1", "--limit", "1", "--threads", "2", "--quantization", type, "--name", "random",
        "--format", "samples", "--quiet",
      ]
      let quoted = arguments.map { "'\($0)'" }.joined(separator: " ")
      let (text, status) = Self.shell("GEMMABENCH_CACHE=off GB_ISA=\(set) \(quoted) 2>&1")
      if status != 0, text.contains("which this machine lacks") { continue }
      try #require(status == 0, "\(text)")
      found.append(
        (
          set,
          try text.split(separator: "\n").map { line in
            var object = try #require(try JSONReader.parse(String(line)).objectValue)
            object["seconds"] = nil
            return JSONValue.object(object).text()
          }
        ))
    }
    let first = try #require(found.first)
    #expect(first.samples.count == 6)
    for (set, samples) in found.dropFirst() {
      #expect(samples == first.samples, "\(type): \(set) and \(first.set) differ")
    }
  }

  /// The command that was built with the tests.
  private static var command: String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let build = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let folders = [own.split(separator: "/").dropLast().joined(separator: "/"), "\(build)/.build/release"]
    return folders.map { "/\($0)/gemmabench-cli" }.first { access($0, X_OK) == 0 }
  }

  /// What a command of the shell prints, and its exit status.
  private static func shell(_ line: String) -> (text: String, status: Int32) {
    guard let pipe = popen(line, "r") else { return ("no shell", -1) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return (String(decoding: bytes, as: UTF8.self), pclose(pipe) >> 8)
  }
}

import Evaluation
@preconcurrency import Glibc
import Inference
import Support
import Tasks
import Testing

@testable import Plan
@testable import Records
@testable import Running
@testable import Store

/// A folder that goes away with its last user.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = "/tmp/gemmabench-store-\(getpid())-\(UInt64.random(in: 0...(.max)))"
    try FileSystem.makeFolder(path)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    if !FileSystem.isFolder(path) {
      unlink(path)
      return
    }
    for name in (try? FileSystem.list(path)) ?? [] { remove(path + "/" + name) }
    rmdir(path)
  }
}

/// Stores: what is kept, what is not asked again, and that nobody can tell a run that was interrupted from one that was not.
@Suite struct RunStoreTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let build = BuildIdentity(version: "1", instructionSet: "any")

  private func keeping(_ name: String, cache: ResponseCache? = nil) throws -> Persistence {
    Persistence(
      store: try RunStore(folder: "\(folder.path)/\(name)"), cache: cache, environment: ["machine": "a test's"])
  }

  /// Runs a plan, cancelled when so many samples are done; the number of samples that had to be asked.
  @discardableResult
  private func run(
    _ plan: SweepPlan, in name: String, cache: ResponseCache? = nil, build: BuildIdentity = Self.build,
    until count: Int = .max
  ) throws -> (record: SweepRecord, found: Int) {
    var found: [Int: Int] = [:]
    let registry = ProviderRegistry(build: build)
    let record = try SweepRunner.run(plan, registry: registry, keeping: keeping(name, cache: cache)) { progress in
      if progress.stage != .run { return true }
      found[progress.cellNumber] = progress.foundCount
      return progress.completed < count
    }
    return (record, found.values.reduce(0, +))
  }

  /// What a record says, without times.
  private func words(_ record: SweepRecord) -> [String] {
    record.cells.flatMap { cell -> [String] in
      guard let run = try? cell.outcome.get() else { return ["\(cell.taskName) failed"] }
      let timeless: Set<String> = ["seconds", "started_at", "sample_seconds", "load_seconds"]
      func plain(_ value: JSONValue) -> String {
        guard var object = value.objectValue else { return value.text() }
        for key in timeless { object[key] = nil }
        object["model"] = object["model"].map { .string(plain($0)) }
        return JSONValue.object(object).text()
      }
      return [plain(run.json(level: 0.95))] + run.samples.map { plain($0.json) + ($0.prompt ?? "no prompt") }
    }
  }

  @Test("An interrupted run, gone on with, is the run that was not interrupted", arguments: [1, 2, 3])
  func resumption(after count: Int) throws {
    let plan = try Fixtures.plan(
      tasks: [
        ["type": "mmlu", "subset": "mathematics", "shots": 1, "data": .string(Fixtures.mmlu)],
        ["type": "gsm8k", "shots": 0, "maximum_tokens": 4, "data": .string(Fixtures.gsm8k)],
      ])
    let whole = try SweepRunner.run(plan) { _ in true }
    let stored = try run(plan, in: "whole").record
    #expect(words(stored) == words(whole))
    let part = try run(plan, in: "parts", until: count).record
    #expect(part.isCancelled)
    let rest = try run(plan, in: "parts")
    #expect(!rest.record.isCancelled && words(rest.record) == words(whole))
    #expect(rest.found >= part.runs.reduce(0) { $0 + $1.samples.count })
    // A third time there is nothing left to do, and no model is loaded.
    var stages: Set<Progress.Stage> = []
    let registry = ProviderRegistry(build: Self.build)
    let again = try SweepRunner.run(plan, registry: registry, keeping: keeping("parts")) { progress in
      stages.insert(progress.stage)
      return true
    }
    #expect(words(again) == words(whole) && stages == [.fingerprint])
    let read = try RunStore(reading: "\(folder.path)/parts").sweep(nil)
    #expect(words(read.record) == words(whole) && read.libraryVersion == "1")
  }

  @Test("A stop rule decides the same after an interruption")
  func stopRule() throws {
    let plan = try Fixtures.plan(
      tasks: [["type": "mmlu", "subset": "mathematics", "shots": 0, "data": .string(Fixtures.mmlu)]],
      more: ["stop_when": ["half_width": 0.4]])
    let whole = try SweepRunner.run(plan) { _ in true }
    try run(plan, in: "a", until: 2)
    #expect(try words(run(plan, in: "a").record) == words(whole))
  }

  @Test("A larger limit in the same folder asks only for what is new, and each plan keeps its own samples")
  func limits() throws {
    let tasks: JSONValue = [["type": "mmlu", "subset": "mathematics", "shots": 0, "data": .string(Fixtures.mmlu)]]
    let small = try Fixtures.plan(tasks: tasks, more: ["limit": 1])
    let large = try Fixtures.plan(tasks: tasks, more: ["limit": 2])
    let first = try run(small, in: "a").record
    let second = try run(large, in: "a")
    #expect(first.runs[0].samples.count == 5 && second.record.runs[0].samples.count == 10 && second.found == 5)
    #expect(try run(small, in: "a").record.runs[0].samples.count == 5)
    let history = try StoreHistory.sweeps(below: folder.path).compactMap(\.objectValue)
    #expect(history.map { $0["sweep"] } == [1, 2] && history.map { $0["state"] } == ["complete", "complete"])
    #expect(history[0]["sessions"] == 2)
    #expect(try SavedSweep.readRun("\(folder.path)/a#1").record.runs[0].samples.count == 5)
    #expect(try SavedSweep.readRun("\(folder.path)/a").record.plan.limit == 1)
    #expect(throws: BenchmarkError.self) { try SavedSweep.readRun("\(folder.path)/a#3") }
  }

  @Test("A cell that fails stops no other, is in the store with its reason, and is tried again")
  func failure() throws {
    // Weights that are no numbers show once they are quantised.
    let broken = "\(folder.path)/broken"
    try FileSystem.makeFolder(broken)
    for name in ["config.json", "tokenizer.json"] {
      try FileSystem.write(try FileSystem.read("\(Fixtures.tiny)/\(name)"), to: "\(broken)/\(name)")
    }
    var weights = try FileSystem.read("\(Fixtures.tiny)/model.safetensors")
    let header = 8 + Int(weights[0]) + Int(weights[1]) << 8 + Int(weights[2]) << 16
    for index in header..<weights.count { weights[index] = 0xFF }
    try FileSystem.write(weights, to: "\(broken)/model.safetensors")
    let models: JSONValue = [
      ["path": .string(broken), "name": "none", "quantization": "q8_0"], ["path": .string(Fixtures.tiny)],
    ]
    let plan = try Fixtures.plan(models: models)
    for _ in 0..<2 {
      let record = try run(plan, in: "a").record
      #expect(record.cells.count == 4 && record.runs.count == 2)
      if case .failure(let error) = record.cells[0].outcome { #expect(error.message.contains("not finite")) }
    }
    let history = try StoreHistory.sweeps(below: folder.path).first?.objectValue
    #expect(history?["state"] == "failed")
  }

  @Test("A folder at work on is refused, by the number of the process")
  func lock() throws {
    let store = try RunStore(folder: folder.path)
    let error = #expect(throws: BenchmarkError.self) { try RunStore(folder: folder.path) }
    #expect(error?.message.contains("\(getpid())") == true)
    #expect(try RunStore(reading: folder.path).history().isEmpty)
    _ = store
  }

  @Test("Another plan that asks the same pays nothing; whatever changes the answer misses")
  func cache() throws {
    let cache = ResponseCache(folder: "\(folder.path)/cache")
    let plan = try Fixtures.plan()
    let first = try run(plan, in: "a", cache: cache)
    #expect(first.found == 0 && cache.warning == nil)
    let another = try Fixtures.plan(more: ["name": "another", "confidence_level": 0.9])
    let second = try run(another, in: "b", cache: ResponseCache(folder: "\(folder.path)/cache"))
    #expect(second.found == 6)
    #expect(
      second.record.runs.map { $0.samples.map(\.response) } == first.record.runs.map { $0.samples.map(\.response) })
    #expect(second.record.runs.map { $0.samples.map(\.seconds) } == first.record.runs.map { $0.samples.map(\.seconds) })
    let tokens = try Fixtures.plan(
      tasks: [["type": "gsm8k", "shots": 0, "maximum_tokens": 5, "data": .string(Fixtures.gsm8k)]])
    #expect(try run(tokens, in: "c", cache: cache).found == 0)
    let quantised = try Fixtures.plan(models: [["path": .string(Fixtures.tiny), "quantization": "q8_0"]])
    #expect(try run(quantised, in: "d", cache: cache).found == 0)
    // Weights of another digest.
    let copy = "\(folder.path)/copy"
    try FileSystem.makeFolder(copy)
    for name in try FileSystem.list(Fixtures.tiny) where FileSystem.isFile("\(Fixtures.tiny)/\(name)") {
      var bytes = try FileSystem.read("\(Fixtures.tiny)/\(name)")
      if name.hasSuffix(".safetensors") { bytes[bytes.count - 1] ^= 1 }
      let file = open("\(copy)/\(name)", O_WRONLY | O_CREAT, 0o600)
      #expect(write(file, bytes, bytes.count) == bytes.count)
      close(file)
    }
    let changed = try Fixtures.plan(models: [["path": .string(copy), "name": "tiny"]])
    #expect(try run(changed, in: "e", cache: cache).found == 0)
  }

  /// Builds that differ from the tests' own in one thing.
  private static let otherBuilds: [(difference: String, build: BuildIdentity)] = [
    ("version", BuildIdentity(version: "2", instructionSet: "any")),
    ("instruction set", BuildIdentity(version: "1", instructionSet: "another")),
    ("arithmetic", BuildIdentity(version: "1", instructionSet: "any") { _ in "ordered" }),
  ]

  @Test(
    "Another version, instruction set or arithmetic is asked anew, from the store and from the cache", arguments: 0..<3)
  func builds(number: Int) throws {
    let plan = try Fixtures.plan()
    let cache = ResponseCache(folder: "\(folder.path)/cache")
    try run(plan, in: "a", cache: cache)
    #expect(try run(plan, in: "a", cache: cache).record.runs.count == 2)
    let (difference, build) = Self.otherBuilds[number]
    #expect(try run(plan, in: "a", cache: cache, build: build).found == 0, "\(difference)")
    #expect(try run(plan, in: "b", cache: cache, build: build).found == 6, "\(difference): its own answers are found")
  }

  @Test("A precision is another arithmetic: none is what GB_MATMUL says, and it alone follows it")
  func precisions() throws {
    func names(_ standard: String) -> [String] {
      let build = BuildIdentity { precision in precision.map { $0 == .bfloat16 ? "rounded" : "ordered" } ?? standard }
      return [nil, .float32, .bfloat16].map { build.arithmetic($0) }
    }
    #expect(names("automatic") == ["automatic", "ordered", "rounded"])
    let own = BuildIdentity()
    #expect(own.arithmetic(.float32) == "ordered" && own.arithmetic(.bfloat16) == "rounded")
    let cache = ResponseCache(folder: "\(folder.path)/cache")
    try run(Fixtures.plan(), in: "a", cache: cache)
    let rounded = try Fixtures.plan(models: [["path": .string(Fixtures.tiny), "precision": "bfloat16"]])
    #expect(try run(rounded, in: "b", cache: cache).found == 0)
  }

  @Test("Answers of an arithmetic that depends on what is asked beside are not kept for others")
  func openBLAS() throws {
    let build = BuildIdentity(version: "1", instructionSet: "any") { _ in "openblas 0.3.21 Zen" }
    let cache = ResponseCache(folder: "\(folder.path)/cache")
    try run(Fixtures.plan(), in: "a", cache: cache, build: build)
    #expect(try run(Fixtures.plan(), in: "b", cache: cache, build: build).found == 0)
    #expect(try run(Fixtures.plan(), in: "b", cache: cache, build: build).record.runs.count == 2)
  }

  @Test("The machines and builds that worked on a sweep are in its record, each once")
  func environments() throws {
    let plan = try Fixtures.plan()
    try run(plan, in: "a", until: 1)
    #expect(try run(plan, in: "a").record.environments == [["machine": "a test's"]])
    var other = try keeping("a")
    other.environment = ["machine": "another"]
    let registry = ProviderRegistry(build: Self.build)
    let record = try SweepRunner.run(plan, registry: registry, keeping: other) { _ in true }
    #expect(record.environments == [["machine": "a test's"], ["machine": "another"]])
  }

  @Test("A cache that cannot be used is told of, and stops nothing")
  func brokenCache() throws {
    try FileSystem.makeFolder("\(folder.path)/cache")
    try FileSystem.write(String(repeating: "no cache ", count: 200), to: "\(folder.path)/cache/answers.db")
    let cache = ResponseCache(folder: "\(folder.path)/cache")
    #expect(try run(Fixtures.plan(), in: "a", cache: cache).record.runs.count == 2)
    #expect(cache.warning?.contains("damaged") == true)
  }

  @Test("What was asked is kept: context, continuations and document of every sample")
  func questions() throws {
    let record = try run(Fixtures.plan(), in: "a").record
    let store = try RunStore(reading: "\(folder.path)/a")
    for run in record.runs {
      let questions = try store.questions(sweep: 1, model: run.modelName, task: run.taskName, run: 1)
      #expect(questions.count == run.samples.count)
      for sample in run.samples {
        let question = try #require(questions[sample.id])
        #expect(SHA256.hexadecimal(question.context) == sample.promptSHA256 && question.document.objectValue != nil)
      }
    }
  }
}

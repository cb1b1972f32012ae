import Evaluation
import Inference
import Plan
import Records
import Store
import Support
import Tasks

/// A model of a plan, opened when first needed: the cells of a model may all be in the store.
final class LazyProvider {
  let entry: SweepPlan.ModelEntry
  let source: any ProviderSource
  /// Where responses are saved; if anywhere, the model needs an identity.
  private let keeping: Persistence
  private var opened: Result<any Provider, BenchmarkError>?
  private var identity: Result<ProviderIdentity, BenchmarkError>?
  /// Bytes of the process before any model.
  private let baseBytes: Int?
  /// Bytes that the process would hold with this model alone, freshly loaded; nil if they are not known.
  private(set) var heldBytes: Int?

  /// Whether the model is in memory.
  var isOpen: Bool { if case .success = opened { true } else { false } }

  init(_ entry: SweepPlan.ModelEntry, _ source: any ProviderSource, keeping: Persistence, baseBytes: Int?) {
    self.entry = entry
    self.source = source
    self.keeping = keeping
    self.baseBytes = baseBytes
  }

  /// Lets the model go once its cells are done.
  func release() { opened = nil }

  func open(progress: ProgressHandler) throws(BenchmarkError) -> any Provider {
    if let opened { return try opened.get() }
    let result = Result<any Provider, BenchmarkError> { () throws(BenchmarkError) in
      // The identity is of what is loaded, so it is made first where something will be kept.
      if keeping.store != nil || keeping.cache != nil { _ = try identity(progress: progress) }
      let before = ProcessMemory.residentBytes
      let provider = try source.open { progress(Progress($0, of: entry.name)) }
      if let baseBytes, let before, let after = ProcessMemory.residentBytes { heldBytes = baseBytes + after - before }
      return provider
    }
    opened = result
    return try result.get()
  }

  /// Where the answers of a cell go, and where they may be found; nothing without a store and a cache.
  func keep(_ place: CellPlace, _ task: any BenchmarkTask, _ session: StoreSession?, progress: ProgressHandler)
    throws(BenchmarkError) -> (journal: CellJournal?, answers: ModelResponses?)
  {
    if session == nil, keeping.cache == nil { return (nil, nil) }
    let found = try identity(progress: progress)
    var answers: ModelResponses?
    // What depends on the requests beside it is no answer to the same request at another time.
    if let cache = keeping.cache, source.capabilities.isBatchInvariant {
      answers = ModelResponses(cache, model: found.content)
    }
    let identity = CellIdentity(
      model: entry, provider: found, task: task, run: place.cell.run, seeds: place.cell.seeds.ofAnswers.json)
    return (try session?.journal(place, identity: identity), answers)
  }

  private func identity(progress: ProgressHandler) throws(BenchmarkError) -> ProviderIdentity {
    if let identity { return try identity.get() }
    let result = Result<ProviderIdentity, BenchmarkError> { () throws(BenchmarkError) in
      try source.identity { progress(Progress($0, of: entry.name)) }
    }
    identity = result
    return try result.get()
  }
}

extension Progress {
  /// Of a source, by the model's name.
  package init(_ source: SourceProgress, of name: String) {
    let stage: Stage =
      switch source.stage {
      case .download: .download
      case .fingerprint: .fingerprint
      case .load: .load
      }
    self.init(stage: stage, message: name, completed: source.bytesDone, total: source.bytesTotal)
  }
}

extension SweepPlan {
  /// Where the models of the plan come from, in its order.
  ///
  /// - Parameter cache: knows digests of files that were read earlier.
  func sources(_ registry: ProviderRegistry, cache: ResponseCache? = nil) throws(BenchmarkError)
    -> [any ProviderSource]
  {
    var sources: [any ProviderSource] = []
    for entry in models {
      sources.append(
        try registry.source(
          of: ModelSpecification(
            entry.path, name: entry.name, threads: threads, contextLength: entry.contextLength,
            quantization: entry.quantization, precision: entry.precision, base: entry.base,
            cacheFolder: entry.cacheFolder), digests: cache))
    }
    return sources
  }
}

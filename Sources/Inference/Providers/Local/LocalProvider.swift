import Checkpoints
import Evaluation
import Support
import Tensors
import Tokenization
import Transformer

/// A model on this machine: its tokenizer and chat template, and its weights unless it is for estimates alone. Immutable, shared
/// freely between threads.
package final class LocalProvider: Provider {
  package let name: String
  /// The tokenizer of requests.
  package let requestTokenizer: RequestTokenizer
  /// The model with its weights; nil of a provider for estimates.
  package let model: (any SequenceModel)?
  package let loadSeconds: Double
  /// What it is a quantisation of, as a plan says; nil where it says nothing.
  let base: String?
  /// Of the files that the weights came from; nil where nobody asked for their digests.
  private let watch: ModelWatch?
  private let cost: (run: RunCost, machine: MachineLimits)?

  package var path: String { requestTokenizer.path }
  package var tokenizer: Tokenizer { requestTokenizer.tokenizer }
  package var contextLength: Int { requestTokenizer.contextLength }
  package var endTokens: [Int32] { requestTokenizer.endTokens }
  package var warnings: [String] { tokenizer.warnings + (model?.facts.warnings ?? []) }

  private init(
    name: String, requestTokenizer: RequestTokenizer, model: (any SequenceModel)?, loadSeconds: Double = 0,
    base: String? = nil, watch: ModelWatch? = nil, cost: (run: RunCost, machine: MachineLimits)? = nil
  ) {
    self.name = name
    self.requestTokenizer = requestTokenizer
    self.model = model
    self.loadSeconds = loadSeconds
    self.base = base
    self.watch = watch
    self.cost = cost
  }

  package var capabilities: Capabilities {
    Capabilities(
      chat: (try? chatTemplate()) != nil, isBatchInvariant: model?.facts.isBatchInvariant ?? true)
  }

  /// Loads a Hugging Face checkpoint folder with its tokenizer, or a GGUF file with both inside. `progress` receives bytes done and bytes in all.
  ///
  /// A tokenizer may know tokens beyond the embedding table; a text that holds one is refused when it comes.
  ///
  /// - Parameter fingerprint: of the files, made before; then the provider watches them.
  /// - Throws: not a directory, a malformed or unsupported checkpoint, a context length beyond what the model was made
  ///   for.
  package static func load(
    _ specification: ModelSpecification, fingerprint: ModelFingerprint? = nil,
    progress: (UInt64, UInt64) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> LocalProvider {
    let start = Clock.seconds()
    let path = specification.location
    try checkExistence(path)
    let file = try GGUFModel.path(for: path)
    // Identify the folder first, so that its error wins over that of a missing or malformed file.
    if file == nil { _ = try CheckpointFolder(path) }
    let threads = specification.threads ?? Processors.available
    let (tokenizer, language) = try sideBySide {
      () throws(BenchmarkError) in
      try Tokenizer.load(path: file ?? path)
    } _: { () throws(BenchmarkError) in
      try LanguageModel.load(
        path: file ?? path, threads: threads, quantization: specification.quantization,
        precision: specification.precision, progress: progress)
    }
    let requestTokenizer = try RequestTokenizer(
      path: path, tokenizer: tokenizer, configuration: language.configuration,
      contextLength: specification.contextLength)
    let watch = try fingerprint.map { (fingerprint) throws(BenchmarkError) in
      try ModelWatch(name: specification.displayName, fingerprint)
    }
    return LocalProvider(
      name: specification.displayName, requestTokenizer: requestTokenizer, model: TransformerModel(language),
      loadSeconds: Clock.seconds() - start, base: specification.base, watch: watch)
  }

  /// The tokenizer and the configuration of a checkpoint folder or a GGUF file; no weight is read.
  ///
  /// - Parameter machine: what times are estimated by; nil: no time is.
  package static func forEstimates(_ specification: ModelSpecification, machine: MachineLimits? = nil)
    throws(BenchmarkError) -> LocalProvider
  {
    let path = specification.location
    let inventory = try ModelInventory(path: path)
    let requestTokenizer = try RequestTokenizer(
      path: path, tokenizer: try Tokenizer.load(path: try GGUFModel.path(for: path) ?? path),
      configuration: inventory.configuration, contextLength: specification.contextLength)
    return LocalProvider(
      name: specification.displayName, requestTokenizer: requestTokenizer, model: nil,
      cost: machine.map {
        (
          RunCost(inventory, quantization: specification.quantization, precision: specification.precision),
          $0
        )
      })
  }

  package func chatTemplate(_ choice: ModelSettings.Template) throws(BenchmarkError) -> ChatTemplate? {
    try requestTokenizer.chatTemplate(choice, name: name)
  }

  package func thoughtMarkers(of template: ChatTemplate) -> ThoughtMarkers? {
    // A template of the user's own may write none, while the model thinks all the same.
    ThoughtMarkers.find(template: template.text, tokenizer: tokenizer) ?? ThoughtMarkers.find(tokenizer: tokenizer)
  }

  package func recommendedSampling() throws(BenchmarkError) -> SamplingParameters {
    try requestTokenizer.recommendedSampling()
  }

  package func fitted(_ request: Request) throws(BenchmarkError) -> Request { try requestTokenizer.fitted(request) }

  package func promptTokens(_ text: String) throws(BenchmarkError) -> [Int32] {
    try requestTokenizer.promptTokens(text)
  }

  package func checkUnchanged() throws(BenchmarkError) { try watch?.check() }

  package func estimate(_ requests: [Request]) throws(BenchmarkError) -> RequestEstimate {
    try RequestParts(requests, requestTokenizer, cut: .fromLeft).estimate
  }

  package func seconds(for estimate: RequestEstimate, sideBySide: Int) -> (least: Double, expected: Double)? {
    cost.map { cost in
      cost.run.seconds(
        computed: estimate.computedTokens, logits: estimate.logitRows, generated: estimate.generatedTokens,
        sequences: estimate.runsAlone ? 1 : sideBySide, machine: cost.machine)
    }
  }

  /// What runs requests as tokens.
  package func scheduler(_ limits: BatchLimits = BatchLimits()) throws(BenchmarkError) -> Scheduler {
    guard let model else {
      throw BenchmarkError(.internalError, "internal error: \(name) was opened for estimates, without weights")
    }
    return Scheduler(model: model, tokenizer: tokenizer, contextLength: contextLength, limits: limits)
  }

  /// Throws if there is neither a folder nor a GGUF file at a path.
  package static func checkExistence(_ path: String) throws(BenchmarkError) {
    if FileSystem.isFolder(path) { return }
    if let file = try GGUFModel.path(for: path), FileSystem.isFile(file) { return }
    if let size = FileState(path: path)?.size, size < GitPointer.limit, FileSystem.isFile(path) {
      _ = try FileSystem.read(path)  // throws for a pointer
    }
    if FileSystem.isFile(path), path.hasSuffix(".safetensors") {
      throw BenchmarkError(.notFound, "\(path): this is only a weights file; give the folder that contains it")
    }
    throw BenchmarkError(
      .notFound,
      "\(path): \(FileSystem.isFile(path) ? "not a GGUF file" : "no such folder or file"); a model is a folder with"
        + " config.json, *.safetensors and a tokenizer, or a GGUF file")
  }

  /// Does two things at a time, the second on the caller's thread; the first one's error goes before the second's.
  private static func sideBySide<First, Second>(
    _ first: () throws(BenchmarkError) -> First, _ second: () throws(BenchmarkError) -> Second
  ) throws(BenchmarkError) -> (First, Second) {
    var (left, right): (Result<First, BenchmarkError>?, Result<Second, BenchmarkError>?)
    WorkerPool(threads: 2).run { thread, count in
      if thread == 0 { right = Result(catching: second) }
      if thread == count - 1 { left = Result(catching: first) }
    }
    guard let left, let right else {
      throw BenchmarkError(.internalError, "internal error: a half of the model was not loaded")
    }
    return (try left.get(), try right.get())
  }
}

import Checkpoints
import Support
import Tensors
import Tokenization
import Transformer

/// A loaded Gemma: weights, tokenizer and the name that reports call it by. Immutable, shared freely between threads.
package final class Model: Sendable {
  package let name: String
  package let path: String
  package let language: LanguageModel
  package let tokenizer: Tokenizer
  /// Tokens that prompt and answer may take together.
  package let contextLength: Int
  package let loadSeconds: Double
  /// What it is a quantisation of, as a plan says; nil where it says nothing.
  package let base: String?
  /// Tokens that end a text, ascending: the configuration's and the tokenizer's.
  package let endTokens: [Int32]
  /// What of the files was put right or left out, a line each.
  package var warnings: [String] { tokenizer.warnings + language.warnings }

  /// A cache for the context of a model trained on 128k tokens would take gigabytes; nobody's prompt is that long.
  private static let defaultContextLength = 8192

  /// How a model is loaded; nil is the default of each field.
  package struct Options: Sendable {
    package var name: String?
    package var threads: Int?
    package var contextLength: Int?
    /// What matrices are quantised to while loading; nil leaves them as they are stored.
    package var quantization: QuantizationScheme?
    /// What activations are rounded to; nil: what GB_MATMUL says, as a rule 8 bits for quantised weights, float32 for others.
    package var precision: Precision?
    /// What the model is a quantisation of, for reports.
    package var base: String?
    package init(
      name: String? = nil, threads: Int? = nil, contextLength: Int? = nil, quantization: QuantizationScheme? = nil,
      precision: Precision? = nil, base: String? = nil
    ) {
      self.base = base
      self.name = name
      self.threads = threads
      self.contextLength = contextLength
      self.quantization = quantization
      self.precision = precision
    }
  }

  private init(
    name: String, path: String, language: LanguageModel, tokenizer: Tokenizer, contextLength: Int, loadSeconds: Double,
    base: String?
  ) {
    self.base = base
    self.name = name
    self.path = path
    self.language = language
    self.tokenizer = tokenizer
    self.contextLength = contextLength
    self.loadSeconds = loadSeconds
    endTokens = Self.endTokens(language.configuration, tokenizer)
  }

  /// Loads a Hugging Face checkpoint folder with its tokenizer, or a GGUF file with both inside. `progress` receives bytes done and bytes in all.
  ///
  /// A tokenizer may know tokens beyond the embedding table; a text that holds one is refused when it comes.
  ///
  /// Errors: not a directory, a malformed or unsupported checkpoint, a context length beyond what the model was made
  /// for.
  package static func load(
    path: String, options: Options, progress: (UInt64, UInt64) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) -> Model {
    let start = Clock.seconds()
    try checkExistence(path)
    let file = try GGUFModel.path(for: path)
    // What the folder is, before a file of it is missed or found malformed.
    if file == nil { _ = try CheckpointFolder(path) }
    let threads = options.threads ?? Processors.available
    let (tokenizer, language) = try sideBySide {
      () throws(BenchmarkError) in
      try Tokenizer.load(path: file ?? path)
    } _: { () throws(BenchmarkError) in
      try LanguageModel.load(
        path: file ?? path, threads: threads, quantization: options.quantization, precision: options.precision,
        progress: progress)
    }
    let configuration = language.configuration
    let contextLength = try contextLength(options.contextLength, of: configuration)
    return Model(
      name: options.name
        ?? ModelName.standard(of: path, quantization: options.quantization, precision: options.precision),
      path: path, language: language, tokenizer: tokenizer,
      contextLength: contextLength, loadSeconds: Clock.seconds() - start, base: options.base)
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

  /// The context length asked for, or the default; an error beyond what the model was made for.
  static func contextLength(_ asked: Int?, of configuration: TransformerConfiguration) throws(BenchmarkError) -> Int {
    let maximum = configuration.maximumPositions
    let length = asked ?? min(maximum, defaultContextLength)
    if length < 2 || length > maximum {
      throw BenchmarkError(
        .invalidArgument, "context_length \(length): must be between 2 and \(maximum)")
    }
    return length
  }
}

import Checkpoints
import Evaluation
import Support

/// Where a provider comes from, before it is opened: all that is known of it without its weights. A run whose answers are all in
/// the store opens none.
package protocol ProviderSource: AnyObject {
  /// What reports call it.
  var name: String { get }
  /// What it can do, as far as that is known beforehand.
  var capabilities: Capabilities { get }
  /// Bytes of its weights on this machine; nil where they are not here yet, or elsewhere.
  var weightBytes: Double? { get }
  /// Whether it fits into memory beside what is there.
  var fitsBeside: Bool { get }
  /// Throws what keeps it from being opened, as far as it shows beforehand.
  ///
  /// - Parameters:
  ///   - settings: how it will be asked.
  ///   - isEstimate: for an estimate, an unreachable Hub is no error.
  func check(_ settings: ModelSettings, isEstimate: Bool) throws(BenchmarkError)
  /// Names what answers: the key of stores and caches is made of it. May take long, and is then kept.
  func identity(_ progress: SourceProgressHandler) throws(BenchmarkError) -> ProviderIdentity
  /// Opens it. Once its identity was asked for, the provider watches that it stays what it was.
  func open(_ progress: SourceProgressHandler) throws(BenchmarkError) -> any Provider
  /// A provider for estimates alone, without weights; nothing is downloaded for it.
  func openForEstimate() throws(BenchmarkError) -> any Provider
}

extension ProviderSource {
  package var weightBytes: Double? { nil }
  package var fitsBeside: Bool { true }
  package func check(_ settings: ModelSettings, isEstimate: Bool) throws(BenchmarkError) {}
  package func openForEstimate() throws(BenchmarkError) -> any Provider { try open { _ in true } }
}

/// What names an answering model: its weights, tokenizer with template, configuration, arithmetic, and the build; or a server.
package struct ProviderIdentity: Sendable, Equatable {
  /// What decides an answer, apart from the request.
  package let content: JSONValue
  /// What decides beside it how long an answer takes.
  package let device: JSONObject
  /// The digests of files, as records keep them.
  package let fingerprint: JSONValue

  package init(content: JSONValue, device: JSONObject = [:], fingerprint: JSONValue = .null) {
    self.content = content
    self.device = device
    self.fingerprint = fingerprint
  }
}

/// Where a source stands that is being fetched, read or loaded.
package struct SourceProgress: Sendable {
  package enum Stage: Sendable { case download, fingerprint, load }

  package let stage: Stage
  package let bytesDone: Int
  package let bytesTotal: Int
}

/// Receives the progress of a source; false asks to stop.
package typealias SourceProgressHandler = (SourceProgress) -> Bool

/// A model as a plan or a caller names it, and how it is opened; nil is the default of each field.
package struct ModelSpecification: Sendable {
  /// A folder, a GGUF file, or a name on the Hub such as `google/gemma-3-1b-it`.
  package var location: String
  package var name: String?
  package var threads: Int?
  package var contextLength: Int?
  /// What matrices are quantised to while loading; nil leaves them as they are stored.
  package var quantization: QuantizationScheme?
  /// What activations are rounded to; nil: what GB_MATMUL says, as a rule 8 bits for quantised weights, float32 for others.
  package var precision: Precision?
  /// What the model is a quantisation of, for reports.
  package var base: String?
  /// The Hub's cache; nil: where the environment says.
  package var cacheFolder: String?
  /// Whether what is not here may be downloaded; HF_HUB_OFFLINE forbids it in any case.
  package var allowsDownload = true
  /// Whether a model larger than the memory available is loaded all the same.
  package var ignoresMemory = false

  package init(
    _ location: String, name: String? = nil, threads: Int? = nil, contextLength: Int? = nil,
    quantization: QuantizationScheme? = nil, precision: Precision? = nil, base: String? = nil,
    cacheFolder: String? = nil
  ) {
    self.location = location
    self.name = name
    self.threads = threads
    self.contextLength = contextLength
    self.quantization = quantization
    self.precision = precision
    self.base = base
    self.cacheFolder = cacheFolder
  }

  /// The name that was given, else the one that follows from location and arithmetic.
  package var displayName: String {
    name ?? ModelName.standard(of: location, quantization: quantization, precision: precision)
  }
}

/// Digests of files by their state, so that a large file is read once.
package protocol DigestKeeping: AnyObject {
  func digest(of path: String, state: String) -> String?
  func keep(digest: String, of path: String, state: String)
}

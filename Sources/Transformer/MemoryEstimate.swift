import Checkpoints
import Support
import Tensors

/// Bytes of memory that a model takes while it runs.
package struct MemoryEstimate: Sendable, Equatable {
  /// The tensors as they lie in memory.
  package let weightBytes: Int
  /// Keys and values of all sequences, filled to the context length.
  package let keyValueBytes: Int
  /// Scratch memory of one forward pass.
  package let workspaceBytes: Int
  /// One row of logits for each sequence.
  package let logitBytes: Int

  package var totalBytes: Int { weightBytes + keyValueBytes + workspaceBytes + logitBytes }
}

extension TransformerConfiguration {
  /// What running the model takes: its tensors, the keys and values of each sequence, and scratch memory.
  ///
  /// - Parameters:
  ///   - weightBytes: of the tensors; of a file's, or `weightBytes(as:)`.
  ///   - contextLength: positions of each sequence.
  ///   - sequences: how many are kept and computed side by side.
  ///   - threads: of a forward pass.
  package func memoryEstimate(weightBytes: Int, contextLength: Int, sequences: Int = 1, threads: Int) -> MemoryEstimate
  {
    let tokens = min(LanguageModel.chunkTokens, contextLength * sequences)
    let scratch = WorkspacePart.allCases.reduce(0) {
      $0 + $1.count(self, tokens: tokens, positions: contextLength, threads: threads)
    }
    let number = MemoryLayout<Float>.stride
    return MemoryEstimate(
      weightBytes: weightBytes, keyValueBytes: sequences * keyValueBytes(positions: contextLength),
      workspaceBytes: scratch * number, logitBytes: sequences * vocabularySize * number)
  }

  /// Numbers in the tensors of a checkpoint of this configuration; tied matrices count once.
  ///
  /// Throws for a configuration whose tensors are beyond counting.
  package func parameterCount() throws(BenchmarkError) -> Int { try countedClaims().elementCount }

  /// Bytes of the tensors if matrices are stored as one element type and vectors as float32, with the exceptions that
  /// quantising makes for the output matrix and for rows that are no whole blocks.
  package func weightBytes(as elementType: ElementType) throws(BenchmarkError) -> Int {
    let claims = try countedClaims()
    let output = QuantizationScheme(type: elementType).elementType(
      of: "lm_head.weight", shape: [vocabularySize, hiddenSize], stored: .bfloat16, tiesEmbeddings: tiesEmbeddings,
      layerCount: layerCount)
    let outputCount = vocabularySize * hiddenSize
    var matrices = 0
    var bytes = 0
    func add(_ count: Int, _ type: ElementType) throws(BenchmarkError) {
      let (product, overflow) = (count / type.blockLength).multipliedReportingOverflow(by: type.blockBytes)
      let (sum, sumOverflow) = bytes.addingReportingOverflow(product)
      if overflow || sumOverflow {
        throw BenchmarkError(.invalidFile, "the model's tensors are too large: their size overflows 64 bits")
      }
      bytes = sum
      matrices += count
    }
    for (columns, count) in claims.matrixElements {
      let ofOutput = columns == hiddenSize ? outputCount : 0
      try add(ofOutput, output)
      try add(count - ofOutput, QuantizationScheme.fallback(elementType, columns: columns))
    }
    return bytes + (claims.elementCount - matrices) * MemoryLayout<Float>.stride
  }

  /// All tensors claimed as loading would claim them.
  private func countedClaims() throws(BenchmarkError) -> WeightLoader {
    var claims = WeightLoader(counting: self)
    _ = try TransformerWeights(self, &claims)
    return claims
  }
}

extension LanguageModel {
  /// Bytes of a checkpoint's matrices as they would lie in memory, and the numbers in its tensors; nothing is brought in.
  ///
  /// Throws what loading would of missing, unused and mis-shaped tensors, and of a quantisation or precision that they
  /// cannot have.
  package static func residentWeights(
    of checkpoint: Checkpoint, _ configuration: TransformerConfiguration, quantization: QuantizationScheme? = nil,
    precision: Precision? = nil
  ) throws(BenchmarkError) -> (bytes: Int, parameterCount: Int) {
    var claims = try WeightLoader(
      checkpoint, configuration, arithmetic: precision.map { ComputeType($0) } ?? .standard,
      quantization: quantization)
    _ = try TransformerWeights(configuration, &claims)
    try claims.check(precision)
    _ = try claims.finish()
    return (claims.loads.reduce(0) { $0 + $1.residentBytes }, claims.elementCount)
  }
}

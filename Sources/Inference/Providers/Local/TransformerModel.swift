import Support
import Tensors
import Transformer

/// A model on this machine's processors, as a scheduler sees it.
package struct TransformerModel: SequenceModel {
  package let language: LanguageModel
  package let facts: SequenceFacts

  package init(_ language: LanguageModel) {
    self.language = language
    facts = SequenceFacts(
      vocabularySize: language.configuration.vocabularySize,
      maximumPositions: language.configuration.maximumPositions, parameterCount: language.parameterCount,
      weightBytes: language.weightBytes, bytesPerPass: language.bytesPerPass,
      multiplyAddsPerToken: language.multiplyAddsPerToken,
      isBatchInvariant: LanguageModel.isBatchInvariant(arithmetic: language.arithmeticName),
      ignoredTensorCount: language.ignoredTensorCount, elementTypeName: language.elementTypeName,
      activationName: language.activationName, arithmeticName: language.arithmeticName,
      quantizationName: language.quantization?.name, threadCount: language.threadCount, warnings: language.warnings)
  }

  package func makeCache(capacity: Int) throws(BenchmarkError) -> any SequenceCache {
    try language.makeCache(capacity: capacity)
  }

  package func keyValueBytes(positions: Int) -> Int { language.configuration.keyValueBytes(positions: positions) }

  package func machineSpeed() throws(BenchmarkError) -> MachineSpeed { try language.machineSpeed() }

  package func forward(_ segments: [SequenceSegment]) throws(BenchmarkError) -> [LogitSummary] {
    var parts: [Segment] = []
    parts.reserveCapacity(segments.count)
    for segment in segments {
      guard let cache = segment.cache as? KeyValueCache else {
        throw BenchmarkError(.invalidArgument, "the cache belongs to another kind of model")
      }
      parts.append(Segment(cache: cache, tokens: segment.tokens, logitCount: segment.wanted.count))
    }
    let logits = try language.forward(parts)
    var summaries: [LogitSummary] = []
    summaries.reserveCapacity(logits.rowCount)
    for segment in segments {
      for wanted in segment.wanted {
        let row = summaries.count
        summaries.append(
          LogitSummary(
            greatest: logits.greatest(row),
            logProbabilities: wanted.tokens.map { logits.logProbability(of: $0, row: row) },
            // The numbers stay where they are as long as their logits live.
            row: wanted.needsRow ? logits.withRow(row) { LogitRow(owner: logits, values: $0) } : nil))
      }
    }
    return summaries
  }
}

extension KeyValueCache: SequenceCache {}

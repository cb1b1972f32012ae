import Checkpoints
import Support
import Tokenization
import Transformer

/// What requests will put through a model, known from its tokenizer and configuration alone; no weight is read.
package struct RequestTokens: RequestMaking, Sendable {
  package let path: String
  package let tokenizer: Tokenizer
  package let configuration: TransformerConfiguration
  package let contextLength: Int
  package let endTokens: [Int32]
  package let cost: RunCost

  /// Of a checkpoint folder or a GGUF file.
  package init(
    path: String, contextLength: Int? = nil, quantization: QuantizationScheme? = nil, precision: Precision? = nil
  ) throws(BenchmarkError) {
    let inventory = try ModelInventory(path: path)
    self.path = path
    configuration = inventory.configuration
    tokenizer = try Tokenizer.load(path: try GGUFModel.path(for: path) ?? path)
    self.contextLength = try Model.contextLength(contextLength, of: configuration)
    endTokens = Model.endTokens(configuration, tokenizer)
    cost = RunCost(inventory, quantization: quantization, precision: precision)
  }

  /// Seconds that requests take, at the least and as expected: of `computed` tokens of prompts, `logits` of them with a row of
  /// logits, and `generated` tokens of answers, up to `sequences` of them side by side.
  package func seconds(
    computed: Int, logits: Int, generated: Int, sequences: Int, machine: MachineLimits
  ) -> (least: Double, expected: Double) {
    cost.seconds(computed: computed, logits: logits, generated: generated, sequences: sequences, machine: machine)
  }
}

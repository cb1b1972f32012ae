import Checkpoints
import Support
import Tensors

/// The tensors of a language model in a checkpoint, checked whole against its configuration, without loading it.
package struct ModelInventory: Sendable {
  package let checkpoint: Checkpoint
  package let configuration: TransformerConfiguration
  /// In a fixed order, by their Hugging Face names without what stands before `embed_tokens`.
  package let tensors: [(name: String, tensor: StoredTensor)]
  /// Whether 1 is to be added to the gains of norms.
  package let completesGains: Bool

  /// Opens a checkpoint. Errors: whatever loading the model would refuse, but nothing is brought into memory.
  package init(path: String) throws(BenchmarkError) {
    checkpoint = try Checkpoint(path: path)
    configuration = try TransformerConfiguration(of: checkpoint)
    var claims = try WeightLoader(checkpoint, configuration, arithmetic: .ordered)
    _ = try TransformerWeights(configuration, &claims)
    completesGains = claims.completesGains
    let tied = configuration.tiesEmbeddings
    let found = claims.languageTensors.filter { !tied || $0.name != LanguageTensors.output }
    tensors = found.sorted { left, right in
      func place(_ name: String) -> Int {
        let parts = name.split(separator: ".", maxSplits: 2)
        return parts.count > 2 && parts[0] == "layers" ? Int(parts[1]) ?? .max : -1
      }
      return (place(left.name), left.name) < (place(right.name), right.name)
    }
  }
}

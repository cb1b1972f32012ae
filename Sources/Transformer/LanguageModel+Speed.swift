import Support
import Tensors

extension LanguageModel {
  /// Bytes of weights that one pass over a few tokens reads; of experts, as many as one token visits.
  package var bytesPerPass: Int { layerMatrices.reduce(weights.head.byteCount) { $0 + $1.byteCount } }

  /// Multiplications of weights with activations for each token, the output head and attention not counted.
  package var multiplyAddsPerToken: Int { layerMatrices.reduce(0) { $0 + $1.rows * $1.columns } }

  /// What this machine can do with this model's threads and activations; takes about half a second.
  package func machineSpeed() throws(BenchmarkError) -> MachineSpeed {
    try MachineSpeed.measure(on: pool, form: weights.layers.first?.gate.activationForm ?? .float32)
  }

  private var layerMatrices: [WeightMatrix] {
    weights.layers.flatMap { layer -> [WeightMatrix] in
      var matrices = [layer.query, layer.output, layer.gate, layer.up, layer.down]
      if let own = layer.keyValue { matrices += [own.key] + (own.value.map { [$0] } ?? []) }
      if let experts = layer.experts {
        let visited = experts.settings.countPerToken
        matrices += [experts.router] + experts.gateUp.prefix(visited) + experts.down.prefix(visited)
      }
      if let streams = layer.streams { matrices += [streams.laurelLeft, streams.laurelRight] }
      if let input = layer.perLayerInput { matrices += [input.gate, input.projection] }
      return matrices
    }
  }
}

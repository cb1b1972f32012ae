import Support
import Tensors

extension ForwardPass {
  /// layerInputs = (norm(W x / sqrt(H)) + table[token] * sqrt(P)) / sqrt(2), x the token's embedding, `[T, L, P]`.
  func fillLayerInputs(_ weights: SharedPerLayerInputWeights, _ tokens: [Int32]) {
    let size = weights.settings.size
    let total = configuration.layerCount * size
    let inputs = workspace[.layerInputs]
    multiply(weights.projection, workspace[.hidden], to: inputs)
    model.pool.run { thread, threads in
      let own = workspace[.tableRow] + thread * total
      for row in WorkerPool.share(of: rows.count, thread: thread, count: threads) {
        let target = inputs + row * total
        kernels.scale(target, 1 / Float(width).squareRoot(), total)
        for layer in 0..<configuration.layerCount {
          let part = target + layer * size
          kernels.rms_norm(part, weights.norm.start, part, size, configuration.normEpsilon)
        }
        let token = Int(tokens[row])
        weights.table.copyRow(token < weights.settings.vocabularySize ? token : 0, to: own)
        kernels.scale(own, Float(size).squareRoot(), total)
        kernels.add(target, own, total)
        kernels.scale(target, Float(0.5).squareRoot(), total)
      }
    }
  }

  /// hidden += norm(W_projection (gelu(W_gate hidden) * input)); with several streams, all but the first instead, and
  /// the active one, scaled, goes through the gate.
  func takeLayerInput(_ weights: PerLayerInputWeights, _ layer: TransformerLayer) {
    let size = weights.gate.rows
    let total = configuration.layerCount * size
    let gate = workspace[.layerInputGate]
    let normed = workspace[.normed]
    var source = workspace[.hidden]
    if let streams = layer.streams {
      copyCorrected(streams, to: normed)
      source = normed
    }
    multiply(weights.gate, source, to: gate)
    run(rows.count, work: rows.count * size * 8) { range in
      for row in range {
        kernels.gelu_multiply(
          gate + row * size, workspace[.layerInputs] + row * total + layer.plan.index * size, size)
      }
    }
    multiply(weights.projection, gate, to: normed)
    guard let streams = layer.streams else { return addToHidden(normed, norm: weights.norm) }
    normalize(normed, weights.norm, to: normed)
    addToStreams(streams, normed)
  }
}

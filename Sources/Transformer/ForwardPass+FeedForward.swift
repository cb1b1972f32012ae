import Statistics
import Support
import Tensors

extension ForwardPass {
  /// hidden += norm(W_down (act(W_gate x) * W_up x)), x = norm(hidden); a mixture of experts joins before that norm.
  func feedForward(_ layer: TransformerLayer) {
    let normed = workspace[.normed]
    normalize(workspace[.hidden], layer.feedForwardNorm, to: normed)
    activate(layer, normed)
    multiply(layer.down, workspace[.gate], to: normed)
    if let experts = layer.experts {
      normalize(normed, experts.denseOutputNorm, to: normed)
      fillExpertSum(experts)
      normalize(workspace[.expertSum], experts.outputNorm, to: workspace[.expertSum])
      kernels.add(normed, workspace[.expertSum], rows.count * width)
    }
    addToHidden(normed, norm: layer.feedForwardOutputNorm)
  }

  /// gate = act(W_gate x) * W_up x, `[T, F]`; act is GELU or SiLU.
  private func activate(_ layer: TransformerLayer, _ input: Floats) {
    let inner = layer.plan.feedForwardSize
    let gate = workspace[.gate]
    let up = workspace[.up]
    let isSparse = layer.plan.activationSparsity > 0
    let input = prepare(input, for: [layer.gate, layer.up])
    let multiplyActivated = configuration.traits.activation == .silu ? kernels.silu_multiply : kernels.gelu_multiply
    model.pool.run { thread, threads in
      let range = WorkerPool.share(of: inner, grain: layer.gate.rowGrain, thread: thread, count: threads)
      layer.gate.multiply(range, input: input, output: gate, outputStride: inner)
      layer.up.multiply(range, input: input, output: up, outputStride: inner)
      if isSparse { return }
      for row in 0..<rows.count {
        let start = row * inner + range.lowerBound
        multiplyActivated?(gate + start, up + start, range.count)
      }
    }
    if !isSparse { return }
    // The cut needs whole rows.
    let deviations = Float(NormalDistribution.quantile(layer.plan.activationSparsity) ?? 0)
    run(rows.count, work: rows.count * inner * 4) { range in
      for row in range {
        RowKernels.keepAbove(gate + row * inner, inner, deviations: deviations)
        multiplyActivated?(gate + row * inner, up + row * inner, inner)
      }
    }
  }
}

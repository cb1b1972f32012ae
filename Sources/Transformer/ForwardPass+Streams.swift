import Support
import Tensors

/// Gemma 3n's residual streams, `[S, T, H]` in the workspace. The active one is hidden while a layer computes it.
extension ForwardPass {
  private func stream(_ index: Int) -> Floats { workspace[.streams] + index * workspace.tokens * width }
  private var streamStride: Int { workspace.tokens * width }

  /// streams = [hidden, W_1 hidden, ...], each row as strong as that of hidden.
  func spreadStreams(_ weights: StreamWeights) {
    multiply(weights.spread.enumerated().map { ($1, stream($0 + 1)) }, workspace[.hidden])
    run(rows.count, work: rows.count * width * 16) { range in
      stream(0).advanced(by: range.lowerBound * width)
        .update(from: workspace[.hidden] + range.lowerBound * width, count: range.count * width)
      for row in range { matchStrength(of: stream(0) + row * width, row: row, weights.settings) }
    }
  }

  /// hidden = mean of [streams 0, W_1 streams 1, ...], each row as strong as that of stream 0, `[T, H]`.
  func gatherStreams(_ weights: StreamWeights) {
    let settings = weights.settings
    for (index, matrix) in weights.gather.enumerated() {
      multiply(matrix, stream(index + 1), to: workspace[.normed])
      stream(index + 1).update(from: workspace[.normed], count: rows.count * width)
    }
    run(rows.count, work: rows.count * width * 16) { range in
      for row in range {
        let target = workspace[.hidden] + row * width
        matchStrength(of: stream(0) + row * width, row: row, settings)
        target.update(from: stream(0) + row * width, count: width)
        for index in 1..<settings.streamCount { kernels.add(target, stream(index) + row * width, width) }
        kernels.scale(target, 1 / Float(settings.streamCount), width)
      }
    }
  }

  /// Scales a row of the streams from 1 on to the root mean square of a given row.
  private func matchStrength(of model: Floats, row: Int, _ settings: AlternatingUpdateSettings) {
    let target = RowKernels.meanSquare(model, width).squareRoot()
    for index in 1..<settings.streamCount {
      let own = stream(index) + row * width
      kernels.scale(own, target / max(RowKernels.meanSquare(own, width), 1e-5 as Float).squareRoot(), width)
    }
  }

  /// streams += their predictions, mixed row by row by what the active stream says; hidden = the active one.
  func predictStreams(_ weights: AlternatingUpdateWeights) {
    let count = weights.settings.streamCount
    let active = weights.settings.activeStream
    withCoefficients { row, coefficients in
      mixingFactors(weights, stream(active) + row * width, to: coefficients)
      let mixture = coefficients + count
      weights.prediction.multiply(
        0..<count * count, input: coefficients, inputStride: count, tokens: 1, output: mixture,
        outputStride: count * count)
      RowKernels.predict(
        workspace[.streams] + row * width, stride: streamStride, mixture: mixture, streamCount: count, count: width)
      (workspace[.hidden] + row * width).update(from: stream(active) + row * width, count: width)
    }
  }

  /// streams += how far hidden is from its prediction, by factors that hidden itself says.
  func correctStreams(_ weights: AlternatingUpdateWeights) {
    let count = weights.settings.streamCount
    withCoefficients { row, coefficients in
      let hidden = workspace[.hidden] + row * width
      mixingFactors(weights, hidden, to: coefficients)
      let factors = coefficients + count
      weights.correction.multiply(
        0..<count, input: coefficients, inputStride: count, tokens: 1, output: factors, outputStride: count)
      for index in 0..<count { factors[index] += 1 }
      RowKernels.correct(
        workspace[.streams] + row * width, stride: streamStride, activated: hidden, factors: factors,
        streamCount: count, active: weights.settings.activeStream, count: width)
    }
  }

  /// tanh(W_router norm(x) / H), `[S]`; the division stands in the norm's gain.
  private func mixingFactors(_ weights: AlternatingUpdateWeights, _ row: Floats, to target: Floats) {
    let count = weights.settings.streamCount
    withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { normed in
      guard let start = normed.baseAddress else { return }
      kernels.rms_norm(row, weights.routerNorm.start, start, width, configuration.normEpsilon)
      weights.router.multiply(
        0..<count, input: start, inputStride: width, tokens: 1, output: target, outputStride: count)
    }
    kernels.softcap(target, 1, count)
  }

  /// Calls `body` for each row with room for `[S + S * S]` numbers.
  private func withCoefficients(_ body: (_ row: Int, _ coefficients: Floats) -> Void) {
    let count = configuration.alternatingUpdates.map { $0.streamCount } ?? 0
    model.pool.run { thread, threads in
      let own = workspace[.coefficients] + thread * (count + count * count)
      for row in WorkerPool.share(of: rows.count, thread: thread, count: threads) { body(row, own) }
    }
  }

  /// target = the corrected active stream, scaled number by number, `[T, H]`.
  func copyCorrected(_ weights: AlternatingUpdateWeights, to target: Floats) {
    run(rows.count, work: rows.count * width * 4) { range in
      for row in range {
        let own = target + row * width
        own.update(from: stream(weights.settings.activeStream) + row * width, count: width)
        if let scale = weights.correctedScale { RowKernels.multiply(own, by: scale.start, width) }
      }
    }
  }

  /// Adds rows to all streams but the first, whichever is active.
  func addToStreams(_ weights: AlternatingUpdateWeights, _ source: Floats) {
    run(rows.count, work: rows.count * width * 16) { range in
      for index in 1..<weights.settings.streamCount {
        for row in range { kernels.add(stream(index) + row * width, source + row * width, width) }
      }
    }
  }

  /// laurel = normed + norm(W_right W_left normed), `[T, H]`.
  func fillLaurel(_ weights: AlternatingUpdateWeights) {
    let laurel = workspace[.laurel]
    multiply(weights.laurelLeft, workspace[.normed], to: workspace[.laurelInner])
    multiply(weights.laurelRight, workspace[.laurelInner], to: laurel)
    normalize(laurel, weights.laurelNorm, to: laurel)
    kernels.add(laurel, workspace[.normed], rows.count * width)
  }

  /// hidden = (hidden + laurel) / sqrt(2).
  func addLaurel() {
    kernels.add(workspace[.hidden], workspace[.laurel], rows.count * width)
    kernels.scale(workspace[.hidden], Float(0.5).squareRoot(), rows.count * width)
  }
}

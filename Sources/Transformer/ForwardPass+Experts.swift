import Glibc
import Support
import Tensors

extension ForwardPass {
  /// One row's visit to one expert. The visits of a pass are in the order of the experts, then of the rows.
  private struct Visit {
    let expert: Int
    let row: Int
    let weight: Float
  }

  /// expertSum = sum over a row's experts of weight * W_down (gelu(W_gate x) * W_up x), x = norm(hidden), `[T, H]`.
  func fillExpertSum(_ experts: ExpertWeights) {
    let visits = route(experts)
    let inner = experts.settings.feedForwardSize
    let input = workspace[.expertInput]
    let activations = workspace[.expertInner]
    let output = workspace[.expertOutput]
    run(visits.count, work: visits.count * width * 4) { range in
      for slot in range {
        kernels.rms_norm(
          workspace[.hidden] + visits[slot].row * width, experts.inputNorm.start, input + slot * width, width,
          configuration.normEpsilon)
      }
    }
    let groups = Self.groups(visits)
    let prepared = prepare(input, for: experts.gateUp, count: visits.count)
    model.pool.run { thread, threads in
      let range = WorkerPool.share(of: inner, grain: 48, thread: thread, count: threads)
      for slots in groups {
        let matrix = experts.gateUp[visits[slots.lowerBound].expert]
        let target = activations + slots.lowerBound * 2 * inner
        for half in [range, inner + range.lowerBound..<inner + range.upperBound] {
          matrix.multiply(half, input: prepared.rows(slots), output: target, outputStride: 2 * inner)
        }
        for slot in 0..<slots.count {
          let gate = target + slot * 2 * inner + range.lowerBound
          kernels.gelu_multiply(gate, gate + inner, range.count)
        }
      }
    }
    let inners = prepare(activations, for: experts.down, stride: 2 * inner, count: visits.count)
    model.pool.run { thread, threads in
      let range = WorkerPool.share(of: width, grain: 48, thread: thread, count: threads)
      for slots in groups {
        experts.down[visits[slots.lowerBound].expert].multiply(
          range, input: inners.rows(slots), output: output + slots.lowerBound * width, outputStride: width)
      }
    }
    sum(visits, output)
  }

  /// Adds up each row's visits in the order of the experts, whatever other rows chose.
  private func sum(_ visits: [Visit], _ output: Floats) {
    let total = workspace[.expertSum]
    run(rows.count, work: visits.count * width * 2) { range in
      (total + range.lowerBound * width).update(repeating: 0, count: range.count * width)
      for (slot, visit) in visits.enumerated() where range.contains(visit.row) {
        let source = output + slot * width
        kernels.scale(source, visit.weight, width)
        kernels.add(total + visit.row * width, source, width)
      }
    }
  }

  /// The slots of each expert that has any.
  private static func groups(_ visits: [Visit]) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var start = 0
    for slot in visits.indices where slot + 1 == visits.count || visits[slot + 1].expert != visits[slot].expert {
      groups.append(start..<slot + 1)
      start = slot + 1
    }
    return groups
  }

  /// Which experts each row goes to: the most probable ones, the lower of equals first, by weights that sum to one,
  /// times the expert's own scale.
  private func route(_ experts: ExpertWeights) -> [Visit] {
    let count = experts.settings.count
    let scores = workspace[.routerScores]
    normalize(workspace[.hidden], experts.routerGain, to: workspace[.expertSum])
    multiply(experts.router, workspace[.expertSum], to: scores)
    var visits: [Visit] = []
    visits.reserveCapacity(rows.count * experts.settings.countPerToken)
    for row in 0..<rows.count {
      let own = UnsafeMutableBufferPointer(start: scores + row * count, count: count)
      Self.softmax(own)
      var chosen: [Int] = []
      for _ in 0..<experts.settings.countPerToken {
        var best = -1
        for index in own.indices where !chosen.contains(index) && (best < 0 || own[index] > own[best]) { best = index }
        chosen.append(best)
      }
      let total = chosen.reduce(Float(0)) { $0 + own[$1] }
      for index in chosen {
        visits.append(Visit(expert: index, row: row, weight: own[index] / total * experts.scales.start[index]))
      }
    }
    visits.sort { ($0.expert, $0.row) < ($1.expert, $1.row) }
    return visits
  }

  private static func softmax(_ scores: UnsafeMutableBufferPointer<Float>) {
    let greatest = scores.max() ?? 0
    var sum = 0.0
    for index in scores.indices {
      let value = exp(Double(scores[index] - greatest))
      scores[index] = Float(value)
      sum += value
    }
    for index in scores.indices { scores[index] = Float(Double(scores[index]) / sum) }
  }
}

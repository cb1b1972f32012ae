import Tensors

/// One chunk of tokens through the layers. Sizes: tokens T, hidden H, heads N, key-value heads G, head size D,
/// feed-forward F, vocabulary V.
///
/// Work is shared by columns of an output, by tokens, or by (head, tile of tokens); never along a sum.
struct ForwardPass {
  let model: LanguageModel
  let cache: KeyValueCache
  let workspace: Workspace

  private typealias Floats = UnsafeMutablePointer<Float>
  private var configuration: GemmaConfiguration { model.configuration }
  private var kernels: KernelTable { Kernels.best }

  /// Appends the tokens to the cache and writes the logits of the last `wanted`, `[wanted, V]`.
  func run(_ tokens: ArraySlice<Int32>, wanted: Int, logits: UnsafeMutablePointer<Float>) {
    let count = tokens.count
    embed(tokens)
    fillRotary(count)
    for (index, layer) in model.layers.enumerated() {
      // After its keys and values are stored, the last layer owes the wanted tokens only.
      let first = index == model.layers.count - 1 ? count - wanted : 0
      attend(layer, index: index, count: count, first: first)
      if first == count { break }
      feedForward(layer, first: first, count: count)
    }
    cache.count += count
    if wanted > 0 { writeLogits(first: count - wanted, count: wanted, to: logits) }
  }

  /// hidden = embedding[token] * sqrt(H), `[T, H]`.
  private func embed(_ tokens: ArraySlice<Int32>) {
    let width = configuration.hiddenSize
    let factor = Float(Double(width).squareRoot())
    for (row, token) in tokens.enumerated() {
      let target = workspace.hidden.start + row * width
      model.embedding.copyRow(Int(token), to: target)
      kernels.scale(target, factor, width)
    }
  }

  /// The angles of this chunk's positions for both kinds of layer, `[2, T, 2, D / 2]`.
  private func fillRotary(_ count: Int) {
    let size = configuration.headSize
    let position = cache.count
    run(count, work: count * size * 64) { range in
      for row in range {
        for (kind, rotary) in [(0, model.localRotary), (1, model.globalRotary)] {
          let target = workspace.rotary.start + (kind * workspace.tokens + row) * size
          rotary.fill(position + row, cosines: target, sines: target + size / 2)
        }
      }
    }
  }

  /// hidden += W_o attention(norm(hidden)), for the rows from `first`; keys and values of all rows join the cache.
  private func attend(_ layer: GemmaLayer, index: Int, count: Int, first: Int) {
    let width = configuration.hiddenSize
    let queryWidth = configuration.headCount * configuration.headSize
    let keyWidth = configuration.keyValueHeadCount * configuration.headSize
    let normed = workspace.normed.start
    normalize(workspace.hidden.start, layer.inputNorm, to: normed, count: count)
    model.pool.run { thread, threads in
      func multiply(_ matrix: WeightMatrix, _ output: Floats, from: Int, outputWidth: Int) {
        matrix.multiply(
          WorkerPool.share(of: matrix.rows, grain: 24, thread: thread, count: threads), input: normed + from * width,
          inputStride: width, tokens: count - from, output: output + from * outputWidth, outputStride: outputWidth)
      }
      multiply(layer.query, workspace.queries.start, from: first, outputWidth: queryWidth)
      multiply(layer.key, workspace.keys.start, from: 0, outputWidth: keyWidth)
      multiply(layer.value, workspace.values.start, from: 0, outputWidth: keyWidth)
    }
    positionHeads(layer, index: index, count: count, first: first)
    if first == count { return }
    mixValues(layer, index: index, first: first, count: count)
    project(
      layer.output, workspace.mixed.start + first * queryWidth, first: first, count: count,
      norm: layer.attentionOutputNorm)
  }

  /// Normalises (Gemma 3) and rotates queries and keys, and stores keys and values in the cache.
  private func positionHeads(_ layer: GemmaLayer, index: Int, count: Int, first: Int) {
    let size = configuration.headSize
    let heads = configuration.headCount
    let groups = configuration.keyValueHeadCount
    let epsilon = configuration.normEpsilon
    let position = cache.count
    let kind = layer.plan.isLocal ? 0 : 1
    run(count, work: count * (heads + 2 * groups) * size * 4) { range in
      for row in range {
        let cosines = workspace.rotary.start + (kind * workspace.tokens + row) * size
        let sines = cosines + size / 2
        for head in 0..<(row >= first ? heads : 0) {
          let query = workspace.queries.start + (row * heads + head) * size
          if let norm = layer.queryNorm { kernels.rms_norm(query, norm.start, query, size, epsilon) }
          kernels.rotate(query, cosines, sines, size / 2)
        }
        for group in 0..<groups {
          let key = workspace.keys.start + (row * groups + group) * size
          if let norm = layer.keyNorm { kernels.rms_norm(key, norm.start, key, size, epsilon) }
          kernels.rotate(key, cosines, sines, size / 2)
          let place = (group * cache.capacity + position + row) * size
          (cache.keys[index].start + place).update(from: key, count: size)
          let value = workspace.values.start + (row * groups + group) * size
          (cache.values[index].start + place).update(from: value, count: size)
        }
      }
    }
  }

  /// mixed = softmax(queries keys^T) values, `[T, N, D]`, for the rows from `first`.
  private func mixValues(_ layer: GemmaLayer, index: Int, first: Int, count: Int) {
    let size = configuration.headSize
    let heads = configuration.headCount
    let perGroup = heads / configuration.keyValueHeadCount
    let tiles = (count - first + Workspace.tileRows - 1) / Workspace.tileRows
    let scoreStride = Workspace.tileRows * Kernels.scoreStride(workspace.positions)
    model.pool.run { thread, threads in
      let scores = workspace.scores.start + thread * scoreStride
      for piece in stride(from: thread, to: tiles * heads, by: threads) {
        let (tile, head) = (piece / heads, piece % heads)
        let row = first + tile * Workspace.tileRows
        var shape = AttentionShape(
          rows: min(Workspace.tileRows, count - row), first_position: cache.count + row,
          window: layer.plan.window ?? 0, head_size: size, query_stride: heads * size, output_stride: heads * size,
          scale: configuration.attentionScale, softcap: configuration.attentionSoftcap ?? 0)
        let place = (row * heads + head) * size
        let base = head / perGroup * cache.capacity * size
        kernels.attention(
          &shape, workspace.queries.start + place, cache.keys[index].start + base, cache.values[index].start + base,
          scores, workspace.mixed.start + place)
      }
    }
  }

  /// hidden += W_down (gelu(W_gate x) * W_up x), x = norm(hidden), for the rows from `first`.
  private func feedForward(_ layer: GemmaLayer, first: Int, count: Int) {
    let width = configuration.hiddenSize
    let inner = configuration.feedForwardSize
    let tokens = count - first
    let normed = workspace.normed.start
    normalize(workspace.hidden.start + first * width, layer.feedForwardNorm, to: normed, count: tokens)
    model.pool.run { thread, threads in
      let range = WorkerPool.share(of: inner, grain: 24, thread: thread, count: threads)
      layer.gate.multiply(
        range, input: normed, inputStride: width, tokens: tokens, output: workspace.gate.start, outputStride: inner)
      layer.up.multiply(
        range, input: normed, inputStride: width, tokens: tokens, output: workspace.up.start, outputStride: inner)
      for row in 0..<tokens {
        let start = row * inner + range.lowerBound
        kernels.gelu_multiply(workspace.gate.start + start, workspace.up.start + start, range.count)
      }
    }
    project(layer.down, workspace.gate.start, first: first, count: count, norm: layer.feedForwardOutputNorm)
  }

  /// hidden += norm(matrix input) for the rows from `first`; input `[T - first, matrix.columns]`.
  private func project(_ matrix: WeightMatrix, _ input: Floats, first: Int, count: Int, norm: FloatBuffer?) {
    let width = configuration.hiddenSize
    let tokens = count - first
    let normed = workspace.normed.start
    model.pool.run { thread, threads in
      matrix.multiply(
        WorkerPool.share(of: width, grain: 24, thread: thread, count: threads),
        input: input, inputStride: matrix.columns, tokens: tokens, output: normed,
        outputStride: width)
    }
    run(tokens, work: tokens * width * 4) { range in
      for row in range {
        let source = normed + row * width
        if let norm { kernels.rms_norm(source, norm.start, source, width, configuration.normEpsilon) }
        kernels.add(workspace.hidden.start + (first + row) * width, source, width)
      }
    }
  }

  /// logits = cap(W_head norm(hidden)), `[count, V]`.
  private func writeLogits(first: Int, count: Int, to logits: Floats) {
    let width = configuration.hiddenSize
    let size = configuration.vocabularySize
    let normed = workspace.normed.start
    normalize(workspace.hidden.start + first * width, model.finalNorm, to: normed, count: count)
    model.pool.run { thread, threads in
      let range = WorkerPool.share(of: size, grain: 24, thread: thread, count: threads)
      model.head.multiply(
        range, input: normed, inputStride: width, tokens: count, output: logits, outputStride: size)
      guard let cap = configuration.logitSoftcap else { return }
      for row in 0..<count { kernels.softcap(logits + row * size + range.lowerBound, cap, range.count) }
    }
  }

  /// output = gain * input / rms(input), row by row, `[count, H]`.
  private func normalize(_ input: Floats, _ gain: FloatBuffer, to output: Floats, count: Int) {
    let width = configuration.hiddenSize
    run(count, work: count * width * 4) { range in
      for row in range {
        kernels.rms_norm(input + row * width, gain.start, output + row * width, width, configuration.normEpsilon)
      }
    }
  }

  /// Shares rows between threads, if there is enough work to be worth it.
  private func run(_ rows: Int, work: Int, _ body: (Range<Int>) -> Void) {
    if rows < 2 || work < 1 << 16 { return body(0..<rows) }
    model.pool.run { thread, count in body(WorkerPool.share(of: rows, thread: thread, count: count)) }
  }
}

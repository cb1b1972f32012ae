import Support
import Tensors

/// One batch of rows through the layers. Sizes: rows T, hidden H, heads N, key-value heads G, head size D, feed-forward
/// F, vocabulary V.
///
/// Work is shared by columns of an output, by rows, or by (head, tile of rows); never along a sum. What a row gives does
/// therefore not depend on the rows beside it.
struct ForwardPass {
  let model: LanguageModel
  let workspace: Workspace
  /// After the last layer that stores keys and values, those whose logits are wanted.
  private(set) var rows: PackedRows

  typealias Floats = UnsafeMutablePointer<Float>
  var configuration: TransformerConfiguration { model.configuration }
  var kernels: KernelTable { Kernels.best }
  var width: Int { configuration.hiddenSize }

  init(model: LanguageModel, workspace: Workspace, rows: PackedRows) {
    self.model = model
    self.workspace = workspace
    self.rows = rows
  }

  /// Stores the keys and values of all rows in their caches and writes the logits of the wanted ones, `[wanted, V]`.
  mutating func run(_ tokens: [Int32], logits: Floats) {
    embed(tokens)
    fillRotary()
    if let inputs = model.weights.perLayerInputs { fillLayerInputs(inputs, tokens) }
    if let streams = model.weights.streams { spreadStreams(streams) }
    for layer in model.weights.layers {
      if let streams = layer.streams { predictStreams(streams) }
      normalize(workspace[.hidden], layer.inputNorm, to: workspace[.normed])
      makeQueriesKeysValues(layer)
      if rows.count == 0 { return }
      attend(layer)
      feedForward(layer)
      if let streams = layer.streams { correctStreams(streams) }
      if let input = layer.perLayerInput { takeLayerInput(input, layer) }
      scaleOutput(layer)
    }
    if let streams = model.weights.streams { gatherStreams(streams) }
    writeLogits(to: logits)
  }

  /// hidden = embedding[token], in Gemma times sqrt(H), `[T, H]`.
  private func embed(_ tokens: [Int32]) {
    let factor = configuration.traits.scalesEmbeddings ? Float(Double(width).squareRoot()) : 1
    run(rows.count, work: rows.count * width * 4) { range in
      for row in range {
        let target = workspace[.hidden] + row * width
        model.weights.embedding.copyRow(Int(tokens[row]), to: target)
        if factor != 1 { kernels.scale(target, factor, width) }
      }
    }
  }

  /// Leaves only the rows whose logits are wanted: from here on no layer stores keys and values.
  mutating func keepWantedRows() {
    if rows.wanted == rows.count { return }
    let all = rows.count
    let (kept, sources) = rows.keepingWanted()
    func gather(_ part: WorkspacePart, _ rowWidth: Int, start: Int = 0) {
      let base = workspace[part] + start * rowWidth
      // Rows only move forward, and in order: none is overwritten before it has moved.
      for (row, source) in sources.enumerated() where row != source {
        (base + row * rowWidth).update(from: base + source * rowWidth, count: rowWidth)
      }
    }
    gather(.hidden, width)
    gather(.normed, width)
    if let inputs = configuration.perLayerInputs { gather(.layerInputs, configuration.layerCount * inputs.size) }
    if let updates = configuration.alternatingUpdates {
      assert(all <= workspace.tokens)
      for stream in 0..<updates.streamCount { gather(.streams, width, start: stream * workspace.tokens) }
    }
    rows = kept
    fillRotary()
  }

  /// hidden *= the layer's own factor.
  private func scaleOutput(_ layer: TransformerLayer) {
    if layer.outputScale == 1 { return }
    kernels.scale(workspace[.hidden], layer.outputScale, rows.count * width)
  }

  /// logits = cap(W_head norm(hidden)), `[T, V]`.
  private func writeLogits(to logits: Floats) {
    let size = configuration.vocabularySize
    normalize(workspace[.hidden], model.weights.finalNorm, to: workspace[.normed])
    let head = model.weights.head
    let input = prepare(workspace[.normed], for: [head])
    model.pool.run { thread, threads in
      let range = WorkerPool.share(of: size, grain: head.rowGrain, thread: thread, count: threads)
      head.multiply(range, input: input, output: logits, outputStride: size)
      guard let cap = configuration.logitSoftcap else { return }
      for row in 0..<rows.count { kernels.softcap(logits + row * size + range.lowerBound, cap, range.count) }
    }
  }
}

extension ForwardPass {
  /// output = input matrix^T for all rows; `[T, columns]` to `[T, rows of the matrix]`.
  func multiply(_ matrix: WeightMatrix, _ input: Floats, to output: Floats) {
    multiply([(matrix, output)], input)
  }

  /// Products of the same input rows with several matrices, in one parallel region.
  func multiply(_ products: [(matrix: WeightMatrix, output: Floats)], _ input: Floats) {
    let input = prepare(input, for: products.map(\.matrix))
    model.pool.run { thread, threads in
      for (matrix, output) in products {
        matrix.multiply(
          WorkerPool.share(of: matrix.rows, grain: matrix.rowGrain, thread: thread, count: threads), input: input,
          output: output, outputStride: matrix.rows)
      }
    }
  }

  /// An input of matrices of one width, `[T, columns]`, in the forms that they ask for; it lasts until the next.
  ///
  /// - Parameters:
  ///   - stride: numbers from row to row; the columns, if nil.
  ///   - count: rows; those of the pass, if nil.
  func prepare(_ input: Floats, for matrices: [WeightMatrix], stride: Int? = nil, count: Int? = nil) -> MatrixInput {
    let columns = matrices.first?.columns ?? 0
    let result = workspace.inputs.input(
      input, stride: stride ?? columns, tokens: count ?? rows.count, columns: columns, for: matrices)
    if result.needsPreparation {
      run(result.pieces, work: result.tokens * columns * 8) { pieces in result.prepare(pieces) }
    }
    return result
  }

  /// output = gain * input / rms(input), row by row, `[T, H]`; output may be input.
  func normalize(_ input: Floats, _ gain: FloatBuffer, to output: Floats) {
    run(rows.count, work: rows.count * width * 4) { range in
      for row in range {
        kernels.rms_norm(input + row * width, gain.start, output + row * width, width, configuration.normEpsilon)
      }
    }
  }

  /// hidden += norm(input), `[T, H]`; the input may be changed.
  func addToHidden(_ input: Floats, norm: FloatBuffer?) {
    run(rows.count, work: rows.count * width * 4) { range in
      for row in range {
        let source = input + row * width
        if let norm { kernels.rms_norm(source, norm.start, source, width, configuration.normEpsilon) }
        kernels.add(workspace[.hidden] + row * width, source, width)
      }
    }
  }

  /// Shares rows between threads, if there is enough work to be worth it.
  func run(_ rows: Int, work: Int, _ body: (Range<Int>) -> Void) {
    if rows < 2 || work < 1 << 16 { return body(0..<rows) }
    model.pool.run { thread, count in body(WorkerPool.share(of: rows, thread: thread, count: count)) }
  }
}

import Tensors

extension ForwardPass {
  /// The angles of the rows' positions for each kind of rotary embedding, `[kinds, T, cosine and sine, pairs]`.
  func fillRotary() {
    run(rows.count, work: rows.count * configuration.headSize * 64) { range in
      rows.forEach(range) { row, position, _ in
        for kind in model.rotaries.indices {
          let half = model.rotaries[kind].frequencies.count
          let target = rotaryRow(kind, row)
          model.rotaries[kind].fill(position, cosines: target, sines: target + half)
        }
      }
    }
  }

  private func rotaryRow(_ kind: Int, _ row: Int) -> Floats {
    let start = model.rotaries[..<kind].reduce(0) { $0 + 2 * $1.frequencies.count } * workspace.tokens
    return workspace[.rotary] + start + row * 2 * model.rotaries[kind].frequencies.count
  }

  /// From normed to queries, and to keys and values in the caches; with them ready, only wanted rows may remain.
  mutating func makeQueriesKeysValues(_ layer: TransformerLayer) {
    let normed = workspace[.normed]
    var products: [(matrix: WeightMatrix, output: Floats)] = []
    if let weights = layer.keyValue {
      products.append((weights.key, workspace[.keys]))
      if let value = weights.value { products.append((value, workspace[.values])) }
    }
    let isLast = layer.plan.index == model.lastStoringLayer
    if !isLast || rows.wanted == rows.count { products.append((layer.query, workspace[.queries])) }
    multiply(products, normed)
    if let weights = layer.keyValue { storeKeysAndValues(weights, layer.plan) }
    if isLast, rows.wanted < rows.count {
      keepWantedRows()
      if rows.count == 0 { return }
      multiply(layer.query, normed, to: workspace[.queries])
    }
    positionQueries(layer)
  }

  /// Adds biases, normalises values and keys, rotates keys, and stores both in the caches of their rows.
  private func storeKeysAndValues(_ weights: KeyValueWeights, _ plan: LayerConfiguration) {
    let size = plan.headSize
    let groups = plan.keyValueHeadCount
    let epsilon = configuration.normEpsilon
    let normalizesValues = configuration.traits.normalizesValues
    let values = weights.value == nil ? workspace[.keys] : workspace[.values]
    let kind = model.rotaryOfLayer[plan.index]
    let half = model.rotaries[kind].frequencies.count
    let layout = model.keyValuePages.layout
    run(rows.count, work: rows.count * 2 * groups * size * 4) { range in
      rows.forEach(range) { row, position, cache in
        let cosines = rotaryRow(kind, row)
        let start = row * groups * size
        if let bias = weights.keyBias { kernels.add(workspace[.keys] + start, bias.start, groups * size) }
        if let bias = weights.valueBias { kernels.add(workspace[.values] + start, bias.start, groups * size) }
        for group in 0..<groups {
          let source = (row * groups + group) * size
          let value = cache.row(position, plan, offset: layout.valueOffset(plan, group: group))
          if normalizesValues {
            kernels.rms_norm(values + source, model.ones.start, value, size, epsilon)
          } else {
            value.update(from: values + source, count: size)
          }
          let key = cache.row(position, plan, offset: layout.keyOffset(plan, group: group))
          if model.weights.interleavesPairs {
            Self.halve(workspace[.keys] + source, to: key, size)
          } else {
            key.update(from: workspace[.keys] + source, count: size)
          }
          if let norm = weights.keyNorm { kernels.rms_norm(key, norm.start, key, size, epsilon) }
          kernels.rotate(key, cosines, cosines + half, half)
        }
      }
    }
  }

  /// A head whose pairs stand side by side as one whose halves make them, `[size]`.
  private static func halve(_ head: UnsafePointer<Float>, to target: Floats, _ size: Int) {
    for index in 0..<size / 2 {
      target[index] = head[2 * index]
      target[size / 2 + index] = head[2 * index + 1]
    }
  }

  /// Adds the bias of queries, normalises and rotates them.
  private func positionQueries(_ layer: TransformerLayer) {
    let size = layer.plan.headSize
    let heads = configuration.headCount
    let kind = model.rotaryOfLayer[layer.plan.index]
    let half = model.rotaries[kind].frequencies.count
    run(rows.count, work: rows.count * heads * size * 4) { range in
      for row in range {
        let cosines = rotaryRow(kind, row)
        if let bias = layer.queryBias {
          kernels.add(workspace[.queries] + row * heads * size, bias.start, heads * size)
        }
        for head in 0..<heads {
          let query = workspace[.queries] + (row * heads + head) * size
          if model.weights.interleavesPairs {
            withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { copy in
              guard let copy = copy.baseAddress else { return }
              copy.initialize(from: query, count: size)
              Self.halve(copy, to: query, size)
            }
          }
          if let norm = layer.queryNorm {
            kernels.rms_norm(query, norm.start, query, size, configuration.normEpsilon)
          }
          kernels.rotate(query, cosines, cosines + half, half)
        }
      }
    }
  }

  /// hidden += norm(W_o attention), with Gemma 3n's low-rank path beside it.
  func attend(_ layer: TransformerLayer) {
    if let streams = layer.streams { fillLaurel(streams) }
    mixValues(layer)
    multiply(layer.output, workspace[.mixed], to: workspace[.normed])
    if let bias = layer.outputBias {
      for row in 0..<rows.count { kernels.add(workspace[.normed] + row * width, bias.start, width) }
    }
    addToHidden(workspace[.normed], norm: layer.attentionOutputNorm)
    if layer.streams != nil { addLaurel() }
  }

  /// mixed = softmax(queries keys^T) values, `[T, N, D]`, each row over the positions of its own sequence.
  private func mixValues(_ layer: TransformerLayer) {
    let plan = layer.plan
    let size = plan.headSize
    let heads = configuration.headCount
    let perGroup = heads / plan.keyValueHeadCount
    let perPiece = headsPerPiece(perGroup, groups: plan.keyValueHeadCount)
    let parts = (perGroup + perPiece - 1) / perPiece
    let piecesPerTile = plan.keyValueHeadCount * parts
    let scoreCount = WorkspacePart.scoreCount(configuration, workspace.positions)
    model.pool.run { thread, threads in
      let scores = workspace[.scores] + thread * scoreCount
      for piece in stride(from: thread, to: rows.tiles.count * piecesPerTile, by: threads) {
        let tile = rows.tiles[piece / piecesPerTile]
        let group = piece % piecesPerTile / parts
        let first = piece % parts * perPiece
        var shape = AttentionShape(
          rows: tile.count, heads: min(perPiece, perGroup - first), first_position: tile.position,
          window: plan.window ?? 0, head_size: size, query_stride: heads * size, output_stride: heads * size,
          scale: configuration.attentionScale, softcap: configuration.attentionSoftcap ?? 0)
        let place = (tile.firstRow * heads + group * perGroup + first) * size
        tile.cache.withPages(plan, group: group) { keys, values in
          kernels.attention(&shape, workspace[.queries] + place, &keys, &values, scores, workspace[.mixed] + place)
        }
      }
    }
  }

  /// Heads of a group that one piece of work takes, so that keys and values are read once for them: as many as there is
  /// scratch memory for, but not so many that a thread stays idle.
  private func headsPerPiece(_ perGroup: Int, groups: Int) -> Int {
    let room = rows.longestTile == 1 ? perGroup : min(perGroup, Workspace.tileHeads)
    let share = rows.tiles.count * groups * perGroup / model.pool.threadCount
    return max(1, min(room, share))
  }
}

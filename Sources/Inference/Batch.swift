import Support
import Tokenization

/// Requests that are run together, pass by pass.
///
/// The trie is walked in depth-first order, as many nodes at a time as a pass has rows for. A node's keys and values are
/// held until the last of its children has begun, so those in memory are of one path through the trie and of the
/// generations under way.
final class Batch {
  private let model: any SequenceModel
  private let tokenizer: Tokenizer
  private let contextLength: Int
  private let plan: BatchPlan
  private let limits: BatchLimits
  private let sequences: Int
  /// Nodes whose predecessors are computed; the next one last.
  private var ready: [Int]
  /// Keys and values of nodes that are under way, or that have children which have not begun.
  private var caches: [Int: any SequenceCache] = [:]
  private var childrenToBegin: [Int: Int] = [:]
  private var scores: [Int: ScoreInProgress] = [:]
  private var generations: [RunningGeneration] = []
  /// Generations that have their first token and no place yet: one prompt may begin more than there is room for.
  private var waiting: [RunningGeneration] = []
  /// Seconds that each node took: its share of the passes that it was in, by its tokens. // [nodes]
  private var nodeSeconds: [Double]

  private(set) var lastPass = Pass(rows: 0, generatedRows: 0, seconds: 0)

  private struct RunningGeneration {
    let index: Int
    let cache: any SequenceCache
    var state: GenerationState
    var nextToken: Int32
    /// Its share of reading the prompt, and of the passes that it has been in since.
    let prefillSeconds: Double
    var decodeSeconds = 0.0

    /// What is wanted of the logits behind the next token.
    var wanted: LogitRequest { LogitRequest(needsRow: state.needsRow) }
  }

  /// A request's response, and the seconds that it took: its share of the passes that it was in, by its tokens; what several
  /// requests share is divided among them.
  typealias Finished = (index: Int, response: TokenResponse, seconds: Double)

  /// Sees each token of a generation, the text it adds and the part that this belongs to; false ends the generation.
  typealias TokenHandler = (_ index: Int, _ token: Int32, _ text: String, _ part: TextPart) -> Bool

  /// A pass in the making.
  private struct PassToBe {
    var segments: [SequenceSegment] = []
    var rows = 0
    var logitRows = 0
    /// The parts of nodes, behind the generations' rows.
    var parts: [(node: Int, range: Range<Int>)] = []
    /// Generations that begin when the pass is done.
    var beginning = 0

    mutating func append(_ segment: SequenceSegment) {
      segments.append(segment)
      rows += segment.tokens.count
      logitRows += segment.wanted.count
    }
  }

  init(
    model: any SequenceModel, tokenizer: Tokenizer, contextLength: Int, plan: BatchPlan, limits: BatchLimits,
    sequences: Int
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.contextLength = contextLength
    self.plan = plan
    self.limits = limits
    self.sequences = sequences
    ready = plan.trie.roots.reversed()
    nodeSeconds = [Double](repeating: 0, count: plan.trie.nodes.count)
    for (index, request) in plan.requests.enumerated() {
      if case .score(let request) = request { scores[index] = ScoreInProgress(request) }
    }
  }

  var isFinished: Bool { ready.isEmpty && generations.isEmpty && waiting.isEmpty }

  /// Generations under way.
  var generationCount: Int { generations.count }

  /// Drops requests that have not begun.
  func dropUnbegun() {
    ready = []
    waiting = []
    caches = [:]
    childrenToBegin = [:]
    scores = [:]
  }

  /// Runs one pass; returns the requests it finished.
  func step(_ onToken: TokenHandler?) throws(BenchmarkError) -> [Finished] {
    var pass = PassToBe()
    for generation in generations {
      pass.append(
        SequenceSegment(cache: generation.cache, tokens: [generation.nextToken], wanted: [generation.wanted]))
    }
    let generatedRows = pass.rows
    try addNodes(&pass)
    let start = Clock.seconds()
    let logits = try model.forward(pass.segments)
    let seconds = Clock.seconds() - start
    lastPass = Pass(rows: pass.rows, generatedRows: generatedRows, seconds: seconds)
    let secondsPerRow = seconds / Double(max(1, pass.rows))
    for index in generations.indices { generations[index].decodeSeconds += secondsPerRow }
    for (node, range) in pass.parts { nodeSeconds[node] += secondsPerRow * Double(range.count) }
    var finished: [Finished] = []
    var row = continueGenerations(logits, onToken, &finished)
    for (node, range) in pass.parts {
      takeScores(node, range, logits, &row)
      if range.upperBound == plan.trie.nodes[node].range.upperBound {
        finish(node, row > 0 ? logits[row - 1] : nil, onToken, &finished)
      }
    }
    let free = min(max(0, sequences - generations.count), waiting.count)
    generations += waiting.prefix(free)
    waiting.removeFirst(free)
    return finished
  }

  /// Fills a pass with nodes that are ready.
  private func addNodes(_ pass: inout PassToBe) throws(BenchmarkError) {
    while let node = ready.last, pass.rows < limits.rows {
      let range = plan.trie.nodes[node].range
      let beginning = plan.generationCounts[node]
      if beginning > 0, pass.rows > 0,
        !waiting.isEmpty || generations.count + pass.beginning + beginning > sequences
      {
        return
      }
      let begun = caches[node]
      let from = begun?.count ?? range.lowerBound
      var end = min(range.upperBound, from + limits.rows - pass.rows)
      var wanted = 0
      if let first = plan.firstLogit[node], end > first {
        wanted = end - max(from, first)
        let excess = max(0, wanted - max(0, limits.logitRows - pass.logitRows))
        end -= excess
        wanted -= excess
      }
      // A pass holds at least one row, however narrow the limits.
      if end <= from {
        if pass.rows > 0 { return }
        (end, wanted) = (from + 1, 1)
      }
      let cache = if let begun { begun } else { try begin(node) }
      caches[node] = cache
      let tokens = Array(plan.inputs[plan.trie.nodes[node].source][from..<end])
      pass.append(
        SequenceSegment(cache: cache, tokens: tokens, wanted: (end - wanted..<end).map { wantedLogits(node, at: $0) }))
      pass.parts.append((node, from..<end))
      if end < range.upperBound { return }
      ready.removeLast()
      pass.beginning += beginning
    }
  }

  /// What is wanted of the logits behind a position of a node: the next token of each score that goes through it, in the order of
  /// the plan, and the row for a text that is sampled from here on.
  private func wantedLogits(_ node: Int, at position: Int) -> LogitRequest {
    var wanted = LogitRequest()
    for index in plan.scoring[node] {
      guard case .score(let request) = plan.requests[index], position >= request.firstLogit else { continue }
      wanted.tokens.append(request.continuation[position - request.firstLogit])
    }
    if plan.generationCounts[node] > 0, position == plan.trie.nodes[node].range.upperBound - 1 {
      wanted.needsRow = plan.trie.nodes[node].ending.contains { index in
        if case .generate(let request) = plan.requests[index] { request.sampling.needsRow } else { false }
      }
    }
    return wanted
  }

  /// The cache a node begins with: its parent's, which it takes over if no other child needs it any more.
  private func begin(_ node: Int) throws(BenchmarkError) -> any SequenceCache {
    guard let parent = plan.trie.nodes[node].parent, let held = caches[parent] else {
      return try model.makeCache(capacity: contextLength)
    }
    let left = (childrenToBegin[parent] ?? 1) - 1
    childrenToBegin[parent] = left
    if left > 0 { return held.fork() }
    caches[parent] = nil
    childrenToBegin[parent] = nil
    return held
  }

  /// Gives each generation its next token; returns the summaries that were theirs.
  private func continueGenerations(_ logits: [LogitSummary], _ onToken: TokenHandler?, _ finished: inout [Finished])
    -> Int
  {
    let rows = generations.count
    var going: [RunningGeneration] = []
    going.reserveCapacity(rows)
    for (row, var generation) in generations.enumerated() {
      take(logits[row], &generation, onToken)
      if generation.state.finishReason == nil {
        going.append(generation)
      } else {
        finished.append(answer(generation))
      }
    }
    generations = going
    return rows
  }

  private func take(_ summary: LogitSummary, _ generation: inout RunningGeneration, _ onToken: TokenHandler?) {
    let index = generation.index
    generation.nextToken = generation.state.next(from: summary)
    generation.state.append(generation.nextToken, by: tokenizer) { onToken?(index, $0, $1, $2) ?? true }
  }

  /// Gives the summaries of a part of a node to the scores that need them.
  private func takeScores(_ node: Int, _ range: Range<Int>, _ logits: [LogitSummary], _ row: inout Int) {
    guard let first = plan.firstLogit[node], range.upperBound > first else { return }
    for position in max(first, range.lowerBound)..<range.upperBound {
      var place = 0
      for request in plan.scoring[node] {
        let index = position - plan.requests[request].firstLogit
        if index < 0 { continue }
        scores[request]?.take(
          index, logProbability: logits[row].logProbabilities[place], greatest: logits[row].greatest)
        place += 1
      }
      row += 1
    }
  }

  /// Answers the scores that end with a node, begins its generations, and makes its children ready.
  ///
  /// - Parameter last: the summary of its last position, if that was wanted.
  private func finish(_ node: Int, _ last: LogitSummary?, _ onToken: TokenHandler?, _ finished: inout [Finished]) {
    let place = plan.trie.nodes[node]
    let seconds = share(of: node)
    for index in place.ending {
      switch plan.requests[index] {
      case .score:
        if let score = scores.removeValue(forKey: index) {
          finished.append((index, .score(score.result), seconds))
        }
      case .generate(let request):
        guard let cache = caches[node], let last else { continue }
        var generation = RunningGeneration(
          index: index, cache: cache.fork(), state: GenerationState(request, tokenizer: tokenizer), nextToken: 0,
          prefillSeconds: seconds)
        take(last, &generation, onToken)
        if generation.state.finishReason == nil {
          waiting.append(generation)
        } else {
          finished.append(answer(generation))
        }
      }
    }
    if place.children.isEmpty {
      caches[node] = nil
    } else {
      childrenToBegin[node] = place.children.count
      ready += place.children.reversed()
    }
  }

  private func answer(_ generation: RunningGeneration) -> Finished {
    let result = generation.state.result(
      prefillSeconds: generation.prefillSeconds, decodeSeconds: generation.decodeSeconds)
    return (generation.index, .generate(result), generation.prefillSeconds + generation.decodeSeconds)
  }

  /// What one request's text took up to the end of a node.
  private func share(of node: Int) -> Double {
    var seconds = 0.0
    var next: Int? = node
    while let here = next {
      seconds += nodeSeconds[here] / Double(max(1, plan.requestCounts[here]))
      next = plan.trie.nodes[here].parent
    }
    return seconds
  }
}

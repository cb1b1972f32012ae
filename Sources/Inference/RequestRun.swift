import Support
import Transformer

/// One run of a plan of requests, pass by pass.
///
/// The trie is walked in depth-first order, as many nodes at a time as a pass has rows for. A node's keys and values are
/// held until the last of its children has begun, so those in memory are of one path through the trie and of the
/// generations under way.
final class RequestRun {
  private let model: Model
  private let plan: RequestPlan
  private let limits: RequestRunner.Limits
  private let sequences: Int
  /// Nodes whose predecessors are computed; the next one last.
  private var ready: [Int]
  /// Keys and values of nodes that are under way, or that have children which have not begun.
  private var caches: [Int: KeyValueCache] = [:]
  private var childrenToBegin: [Int: Int] = [:]
  private var scores: [Int: ScoreInProgress] = [:]
  private var generations: [RunningGeneration] = []
  /// Generations that have their first token and no place yet: one prompt may begin more than there is room for.
  private var waiting: [RunningGeneration] = []
  /// Seconds that each node took: its share of the passes that it was in, by its tokens. // [nodes]
  private var nodeSeconds: [Double]

  /// Rows of the last pass, and those of them that were generated tokens.
  private(set) var lastRowCount = 0
  private(set) var lastGeneratedCount = 0

  private struct RunningGeneration {
    let index: Int
    let cache: KeyValueCache
    var state: GenerationState
    var nextToken: Int32
    /// Its share of reading the prompt, and of the passes that it has been in since.
    let prefillSeconds: Double
    var decodeSeconds = 0.0
  }

  /// A request's response, and the seconds that it took: its share of the passes that it was in, by its tokens; what several
  /// requests share is divided among them.
  typealias Answer = (index: Int, response: TokenResponse, seconds: Double)

  /// A pass in the making.
  private struct Pass {
    var segments: [Segment] = []
    var rows = 0
    var logitRows = 0
    /// The parts of nodes, behind the generations' rows.
    var parts: [(node: Int, range: Range<Int>)] = []
    /// Generations that begin when the pass is done.
    var beginning = 0

    mutating func append(_ segment: Segment) {
      segments.append(segment)
      rows += segment.tokens.count
      logitRows += segment.logitCount
    }
  }

  init(model: Model, plan: RequestPlan, limits: RequestRunner.Limits, sequences: Int) {
    self.model = model
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

  /// Leaves unanswered what is no generation under way.
  func dropUnbegun() {
    ready = []
    waiting = []
    caches = [:]
    childrenToBegin = [:]
    scores = [:]
  }

  /// Runs one pass; returns the requests it finished.
  func step() throws(BenchmarkError) -> [Answer] {
    var pass = Pass()
    for generation in generations {
      pass.append(Segment(cache: generation.cache, tokens: [generation.nextToken], logitCount: 1))
    }
    lastGeneratedCount = pass.rows
    try addNodes(&pass)
    lastRowCount = pass.rows
    let start = Clock.seconds()
    let logits = try model.language.forward(pass.segments)
    let secondsPerRow = (Clock.seconds() - start) / Double(max(1, pass.rows))
    for index in generations.indices { generations[index].decodeSeconds += secondsPerRow }
    for (node, range) in pass.parts { nodeSeconds[node] += secondsPerRow * Double(range.count) }
    var finished: [Answer] = []
    var row = continueGenerations(logits, &finished)
    for (node, range) in pass.parts {
      takeScores(node, range, logits, &row)
      if range.upperBound == plan.trie.nodes[node].range.upperBound {
        finish(node, logits, lastRow: row - 1, &finished)
      }
    }
    let free = min(max(0, sequences - generations.count), waiting.count)
    generations += waiting.prefix(free)
    waiting.removeFirst(free)
    return finished
  }

  /// Fills a pass with nodes that are ready.
  private func addNodes(_ pass: inout Pass) throws(BenchmarkError) {
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
      if let first = plan.firstWanted[node], end > first {
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
      pass.append(Segment(cache: cache, tokens: tokens, logitCount: wanted))
      pass.parts.append((node, from..<end))
      if end < range.upperBound { return }
      ready.removeLast()
      pass.beginning += beginning
    }
  }

  /// The cache a node begins with: its parent's, which it takes over if no other child needs it any more.
  private func begin(_ node: Int) throws(BenchmarkError) -> KeyValueCache {
    guard let parent = plan.trie.nodes[node].parent, let held = caches[parent] else {
      return try model.language.makeCache(capacity: model.contextLength)
    }
    let left = (childrenToBegin[parent] ?? 1) - 1
    childrenToBegin[parent] = left
    if left > 0 { return held.fork() }
    caches[parent] = nil
    childrenToBegin[parent] = nil
    return held
  }

  /// Gives each generation its next token; returns the rows of logits that were theirs.
  private func continueGenerations(_ logits: Logits, _ finished: inout [Answer]) -> Int {
    let rows = generations.count
    var going: [RunningGeneration] = []
    going.reserveCapacity(rows)
    for (row, var generation) in generations.enumerated() {
      generation.nextToken = generation.state.next(from: logits, row: row)
      generation.state.append(generation.nextToken, of: model)
      if generation.state.finishReason == nil {
        going.append(generation)
      } else {
        finished.append(answer(generation))
      }
    }
    generations = going
    return rows
  }

  /// Hands the rows of logits of a part of a node to the scores that need them.
  private func takeScores(_ node: Int, _ range: Range<Int>, _ logits: Logits, _ row: inout Int) {
    guard let first = plan.firstWanted[node], range.upperBound > first else { return }
    for position in max(first, range.lowerBound)..<range.upperBound {
      for request in plan.scoring[node] {
        let index = position - plan.requests[request].firstWanted
        if index >= 0 { scores[request]?.take(index, from: logits, row: row) }
      }
      row += 1
    }
  }

  /// Answers the scores that end with a node, begins its generations, and makes its children ready.
  private func finish(_ node: Int, _ logits: Logits, lastRow: Int, _ finished: inout [Answer]) {
    let place = plan.trie.nodes[node]
    let seconds = share(of: node)
    for index in place.ending {
      switch plan.requests[index] {
      case .score:
        if let score = scores.removeValue(forKey: index) {
          finished.append((index, .score(score.result), seconds))
        }
      case .generate(let request):
        guard let cache = caches[node] else { continue }
        let state = GenerationState(request)
        var generation = RunningGeneration(
          index: index, cache: cache.fork(), state: state, nextToken: state.next(from: logits, row: lastRow),
          prefillSeconds: seconds)
        generation.state.append(generation.nextToken, of: model)
        if generation.state.finishReason == nil {
          waiting.append(generation)
        } else {
          finished.append(answer(generation))
        }
      case .measure: break  // never part of a plan: the runner runs them alone
      }
    }
    if place.children.isEmpty {
      caches[node] = nil
    } else {
      childrenToBegin[node] = place.children.count
      ready += place.children.reversed()
    }
  }

  private func answer(_ generation: RunningGeneration) -> Answer {
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

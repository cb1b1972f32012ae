import Evaluation
import Support
import Testing
@testable import Tokenization

@testable import Inference

/// Thoughts of a model that really thinks: scripts/pocket/models/pocket-6m-it, between the markers of Gemma 4.
@Suite struct ThinkingTests {
  private static let pocket = "\(Fixtures.folder)/../../scripts/pocket"

  private static func model(contextLength: Int? = nil, threads: Int = 2) throws -> LocalProvider {
    try LocalProvider.load(
      ModelSpecification("\(pocket)/models/pocket-6m-it", threads: threads, contextLength: contextLength)
    ) { _, _ in }
  }

  private static func questions() throws -> [String] {
    try FileSystem.readText("\(pocket)/data/gsm8k/test.jsonl").split(separator: "\n").map {
      try #require(JSONReader.parse(String($0)).objectValue?["question"]?.stringValue)
    }
  }

  /// The first questions as the template writes them.
  private static func prompts(_ model: LocalProvider, _ count: Int, thinks: Bool = true) throws -> [String] {
    let template = try model.chatTemplate()
    return try questions().prefix(count).map {
      try template.render([ChatMessage(role: "user", $0)], ChatTemplate.Options(thinks: thinks))
    }
  }

  private static func request(
    _ prompt: String, stop: [String] = [], maxTokens: Int = 64, sampling: SamplingParameters = .greedy,
    repeats: Int = 1, budget: Int? = nil
  ) -> Request {
    .generation(
      TextRequest(
        prompt: prompt, stop: stop, maxTokens: maxTokens, sampling: sampling, repeats: repeats,
        thinking: Thinking(markers: .gemma4, budget: budget)))
  }

  private static func texts(_ answer: Answer?) -> [GeneratedText] {
    if case .generated(let texts)? = answer?.response { texts } else { [] }
  }

  /// What the model writes behind tokens, thoughts not kept apart.
  private static func continuation(_ model: LocalProvider, _ tokens: [Int32]) throws -> [Int32] {
    try model.generate(
      GenerationRequest(
        prompt: tokens, promptTokenCount: tokens.count, truncatedTokens: 0, stops: [], maximumTokens: 64,
        endTokens: model.requestTokenizer.endTokens(after: tokens), sampling: .greedy)
    ).tokens
  }

  @Test("Thoughts and answers are those of transformers", arguments: [true, false])
  func goldens(thinks: Bool) throws {
    let model = try Self.model()
    let document = try JSONReader.parse(FileSystem.readText("\(Self.pocket)/goldens/pocket-6m-it.json"))
    let records = try #require(document.objectValue?["records"]?.arrayValue).compactMap(\.objectValue).filter {
      // Sums in another order must not decide it.
      $0["thinking"] == .bool(thinks) && $0["stopped"] == true && ($0["minimal_gap"]?.doubleValue ?? 0) > 2e-3
    }.prefix(40)
    try #require(records.count == 40)
    let prompts = try Self.prompts(model, 60, thinks: thinks)
    let chosen = try records.map { record in
      let prompt = prompts[try #require(record["index"]?.integerValue)]
      try #require(record["prompt_sha256"]?.stringValue == SHA256.hexadecimal(prompt))
      return prompt
    }
    let answers = try model.answers(to: chosen.map { Self.request($0) })
    for (record, answer) in zip(records, answers) {
      let whole = try #require(record["text"]?.stringValue)
      let text = try #require(Self.texts(answer).first)
      let tokens = try #require(record["tokens"]?.integerValue)
      #expect(text.outputTokens == tokens + 1 && text.finishReason == .endOfText)
      guard thinks else {
        #expect(text.text == whole && text.thought == nil && text.answerTokens == tokens + 1)
        continue
      }
      let parts = ByteText.split(whole, by: "<channel|>")
      try #require(parts.count == 2 && parts[0].hasPrefix("<|channel>thought"))
      let thought = PythonText.stripped(String(parts[0].dropFirst("<|channel>thought".count)))
      #expect(text.text == parts[1], "\(whole)")
      #expect(text.thought?.text == thought && text.thought?.end == .closed, "\(whole)")
      // Two markers; the end belongs to the answer.
      #expect((text.thought?.tokens ?? 0) + (text.answerTokens ?? 0) + 2 == tokens + 1, "\(whole)")
    }
  }

  @Test("A budget closes a thought by force, and the answer is the one that the model gives behind it")
  func budgets() throws {
    let model = try Self.model()
    let markers = ThoughtMarkers.gemma4
    let closing = model.tokenizer.encode(markers.forcedClosing, addBeginningOfSequence: false)
    let atOnce = model.tokenizer.encode("thought\n<channel|>", addBeginningOfSequence: false)
    let opening = try #require(model.tokenizer.token(of: markers.opening))
    for prompt in try Self.prompts(model, 8) {
      let tokens = try model.promptTokens(prompt)
      let answers = try model.answers(
        to: [nil, 700, 5, 0].map { Self.request(prompt, budget: $0) })
      let texts = try answers.map { try #require(Self.texts($0).first) }
      let free = try #require(answers[0]?.tokens)
      try #require(free.first == opening && texts[0].thought?.end == .closed)
      let length = try #require(texts[0].thought?.tokens)
      try #require(length > 5)
      #expect(texts[1] == texts[0] && answers[1]?.tokens == free, "a budget that is not spent changes nothing")
      for (index, begun) in [(2, Array(free.prefix(6)) + closing), (3, [opening] + atOnce)] {
        let made = try #require(answers[index]?.tokens)
        #expect(made == begun + (try Self.continuation(model, tokens + begun)))
        // What forces the end lies within the thought, but for the marker.
        let within = begun.count - 2
        #expect(texts[index].thought?.tokens == within && texts[index].thought?.end == .forced)
        #expect(texts[index].answerTokens == made.count - begun.count && texts[index].outputTokens == made.count)
        let rest = made[begun.count...].filter { !model.requestTokenizer.endTokens(after: tokens).contains($0) }
        #expect(texts[index].text == model.tokenizer.decode(rest))
      }
      #expect(texts[3].thought?.text.isEmpty == true)
      let thought = model.tokenizer.decode(Array(free[1..<6]))
      #expect(texts[2].thought?.text == PythonText.stripped(String(thought.dropFirst("thought".count))))
      // A thought of just its budget is closed by the model itself.
      let exact = try #require(Self.texts(try model.answers(to: [Self.request(prompt, budget: length)])[0]).first)
      #expect(exact == texts[0])
    }
  }

  @Test("Stop strings end answers, not thoughts")
  func stops() throws {
    let model = try Self.model()
    let prompt = try Self.prompts(model, 2)[1]
    func text(_ stop: [String]) throws -> GeneratedText {
      try #require(Self.texts(try model.answers(to: [Self.request(prompt, stop: stop)])[0]).first)
    }
    let free = try text([])
    let thought = try #require(free.thought)
    try #require(thought.text.contains("=") && free.text.hasPrefix("#### "))
    #expect(try text(["=", "thought", "\n<"]) == free)
    let stopped = try text(["##", "="])
    #expect(stopped.text.isEmpty && stopped.finishReason == .stop && stopped.thought == thought)
  }

  @Test("Alone, in company, in any order and from a cache: the same thoughts and answers")
  func invariance() throws {
    let model = try Self.model()
    let sampling = try SamplingParameters(temperature: 1.1, topK: 40, minP: 0.02, repetitionPenalty: 1.1, seed: 5)
    var requests: [Request] = []
    for (index, prompt) in try Self.prompts(model, 6).enumerated() {
      for budget in [nil, 0, 3, 11 + index] {
        requests.append(Self.request(prompt, maxTokens: 12, budget: budget))
        requests.append(
          Self.request(prompt, maxTokens: 12, sampling: sampling.seeded(UInt64(index)), repeats: 2, budget: budget))
      }
      requests.append(.generation(prompt: prompt, stop: [], maxTokens: 9))
      requests.append(.choice(context: prompt, continuations: ["#### 4", "<|channel>thought\n<channel|>#### 4"]))
    }
    let alone = try requests.map { try #require(try model.answers(to: [$0])[0]) }
    let ends = alone.flatMap { Self.texts($0).map { $0.thought?.end } }
    #expect(ends.contains(.closed) && ends.contains(.forced) && ends.contains(nil))
    var generator = SeededGenerator(state: 3)
    for (sequences, threads) in [(1, 1), (5, 2), (64, 1)] {
      let order = requests.indices.shuffled(using: &generator)
      var limits = BatchLimits()
      limits.sequences = sequences
      let other = threads == 2 ? model : try Self.model(threads: threads)
      let found = try other.answers(to: order.map { requests[$0] }, limits)
      for (place, index) in order.enumerated() {
        #expect(found[place]?.response == alone[index].response && found[place]?.tokens == alone[index].tokens)
      }
    }
    let cache = Cache()
    for isFound in [false, true] {
      var options = RunOptions()
      options.cache = cache
      var count = 0
      try model.run(requests, options, onPass: { _ in true }) { index, answer, found in
        #expect(found == isFound && answer.response == alone[index].response && answer.tokens == alone[index].tokens)
        count += 1
      }
      #expect(count == requests.count)
    }
  }

  /// A cache in memory, of texts as a file has them.
  private final class Cache: ResponseCaching {
    private var texts: [String: String] = [:]
    func response(to key: String) -> (value: JSONValue, seconds: Double)? {
      texts[key].flatMap { try? JSONReader.parse($0) }.map { ($0, 1) }
    }
    func add(_ key: String, _ value: JSONValue, seconds: Double) { texts[key] = value.text() }
  }

  @Test("A stream says what is thought and what is answered, and may end within a thought")
  func streams() throws {
    let model = try Self.model()
    for (prompt, budget) in zip(try Self.prompts(model, 3), [nil, 7, 0]) {
      let thinking = Thinking(markers: .gemma4, budget: budget)
      var parts: [TextPart: String] = [:]
      var order: [TextPart] = []
      var tokens: [Int32] = []
      let made = try model.generate(prompt: prompt, stops: [], maximumTokens: 40, thinking: thinking) {
        parts[$2, default: ""] += $1
        if order.last != $2 { order.append($2) }
        tokens.append($0)
        return true
      }
      #expect(order == [.marker, .thought, .marker, .answer])
      #expect(tokens == made.tokens.dropLast(), "each token once; that of the end is not shown")
      #expect(PythonText.stripped(parts[.thought] ?? "x") == made.thought?.text && parts[.answer] == made.text)
      #expect(parts[.marker] == "")
      var count = 0
      let cut = try model.generate(prompt: prompt, stops: [], maximumTokens: 40, thinking: thinking) { _, _, part in
        count += part == .thought ? 1 : 0
        return count < 2
      }
      #expect(cut.finishReason == .cancelled && cut.text.isEmpty && cut.thought?.end == .cut)
      #expect(cut.tokens == Array(made.tokens.prefix(3)) && cut.thought?.tokens == 2 && cut.answerTokens == 0)
    }
  }

  @Test("max_tokens counts the answer; a thought has what its budget or the context leaves")
  func limits() throws {
    let model = try Self.model()
    let prompt = try Self.prompts(model, 1)[0]
    let count = try model.promptTokens(prompt).count
    let short = try #require(Self.texts(try model.answers(to: [Self.request(prompt, maxTokens: 1)])[0]).first)
    #expect(short.answerTokens == 1 && short.finishReason == .length && short.thought?.end == .closed)
    #expect((short.thought?.tokens ?? 0) > 1)
    // Without a budget the thought has all that the prompt leaves, and the prompt is whole.
    let narrow = try Self.model(contextLength: count + 12)
    let cut = try #require(Self.texts(try narrow.answers(to: [Self.request(prompt, maxTokens: 4)])[0]).first)
    #expect(cut.outputTokens == 12 && cut.finishReason == .length && cut.text.isEmpty && cut.answerTokens == 0)
    #expect(cut.thought?.end == .cut && cut.thought?.tokens == 11)
    let tokenizer = narrow.requestTokenizer
    func generation(_ maximum: Int, _ budget: Int?) throws -> GenerationRequest {
      try tokenizer.generationRequest(
        prompt: prompt, stops: [], maximumTokens: maximum, thinking: Thinking(markers: .gemma4, budget: budget))
    }
    #expect(try generation(4, nil).truncatedTokens == 0 && generation(4, nil).mostTokens == 12)
    #expect(try generation(15, nil).truncatedTokens == 3 && generation(15, nil).mostTokens == 15)
    // With one the prompt leaves room for it, the answer, the markers and a closing by force.
    let closingAtOnce = narrow.tokenizer.encode("thought\n<channel|>", addBeginningOfSequence: false).count
    #expect(try generation(4, 20).mostTokens == 4 + 20 + 1 + closingAtOnce)
    #expect(try generation(4, 20).truncatedTokens == 4 + 20 + 1 + closingAtOnce - 12)
    for (maximum, budget, word) in [(4, -1, "budget -1"), (4, count + 12, "max_tokens 4"), (4, Int.max, "lower them")] {
      let error = #expect(throws: BenchmarkError.self) { try generation(maximum, budget) }
      #expect(error?.message.contains(word) == true)
    }
    // The budget gives way before the answer.
    let room = count + 12 - min(count, (count + 12) / 2) - 1 - closingAtOnce
    guard case .generation(let fitted) = try narrow.fitted(Self.request(prompt, maxTokens: 4, budget: 500)) else {
      Issue.record("another kind of request")
      return
    }
    #expect(fitted.maxTokens == 4 && fitted.thinking?.budget == room - 4)
    #expect(try narrow.fitted(Self.request(prompt, maxTokens: 4)) == Self.request(prompt, maxTokens: 4))
  }

  @Test("Estimates count budgets; of thoughts without one what is assumed, or what the context leaves")
  func estimates() throws {
    let model = try Self.model(contextLength: 400)
    let prompt = try Self.prompts(model, 1)[0]
    let count = try model.promptTokens(prompt).count
    let closingAtOnce = model.tokenizer.encode("thought\n<channel|>", addBeginningOfSequence: false).count
    func tokens(_ budget: Int?) throws -> Int {
      try model.estimate([Self.request(prompt, maxTokens: 9, budget: budget)]).generatedTokens
    }
    #expect(try tokens(nil) == 400 - count && tokens(20) == 9 + 20 + 1 + closingAtOnce)
    #expect(try model.estimate([.generation(prompt: prompt, stop: [], maxTokens: 9)]).generatedTokens == 9)
  }

  @Test("A marker does not end the text, though the end of a turn does elsewhere")
  func endTokens() throws {
    let tokenizer = try Fixtures.model().requestTokenizer
    let turn = try #require(tokenizer.tokenizer.token(of: "<end_of_turn>"))
    func ends(_ thinking: Thinking?) throws -> Set<Int32> {
      try tokenizer.generationRequest(
        prompt: "<start_of_turn>user\nx", stops: [], maximumTokens: 4, thinking: thinking
      ).endTokens
    }
    let markers = try ThoughtMarkers(opening: "<start_of_turn>", closing: "<end_of_turn>")
    #expect(try ends(nil).contains(turn) && !ends(Thinking(markers: markers)).contains(turn))
    let pocket = try Self.model()
    let request = try pocket.requestTokenizer.generationRequest(
      prompt: try Self.prompts(pocket, 1)[0], stops: [], maximumTokens: 4, thinking: Thinking(markers: .gemma4))
    for (text, isEnd) in [("<turn|>", true), ("<eos>", true), ("<|channel>", false), ("<channel|>", false)] {
      #expect(request.endTokens.contains(try #require(pocket.tokenizer.token(of: text))) == isEnd, "\(text)")
    }
  }

  /// A text that is taken token by token, and what was streamed of it.
  private static func taken(
    _ tokens: [Int32], _ markers: ThoughtMarkers, _ tokenizer: Tokenizer, opened: Bool = false
  ) -> (text: ThoughtText, shown: [TextPart: String]) {
    let thinking = ThinkingTokens(
      markers: markers, startsInThought: opened, budget: nil, closing: [], closingAtOnce: [],
      closingToken: tokenizer.token(of: markers.closing), mostTokens: 1000)
    var text = ThoughtText(thinking, stops: [], tokenizer: tokenizer)
    var shown: [TextPart: String] = [:]
    for (index, token) in tokens.enumerated() {
      text.take(token, tokenizer.bytes(of: token, after: tokens[..<index])) { shown[$0, default: ""] += $1 }
    }
    text.finish { shown[$0, default: ""] += $1 }
    return (text, shown)
  }

  @Test("Token by token a text is taken apart as it is as a whole", arguments: [true, false])
  func tokenByToken(isSpelt: Bool) throws {
    let tokenizer = try isSpelt ? Fixtures.model().tokenizer : Tokenizer.load(folder: "\(Self.pocket)/tokenizer-it")
    let markers: ThoughtMarkers = isSpelt ? .think : .gemma4
    try #require((tokenizer.token(of: markers.closing) == nil) == isSpelt)
    let pieces = [
      markers.opening, markers.closing, markers.opening + markers.label, markers.closing + "\n\n", "a", " b", "<",
      "</th", "<thi", "k>", "\n", "thought", "four ", "é",
    ]
    var generator = SeededGenerator(state: 17)
    var checked = 0
    for _ in 0..<400 {
      let text = (0..<Int.random(in: 1...9, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? ""
      }
      .joined()
      let opened = Bool.random(using: &generator)
      let (open, close) = (ByteText.split(text, by: markers.opening), ByteText.split(text, by: markers.closing))
      // Of a closing that nothing has opened a growing text does not know whether an opening comes; one that is spelt is
      // not looked for.
      if !opened, close.count > 1, open[0].utf8.count > close[0].utf8.count, isSpelt || open.count > 1 { continue }
      checked += 1
      let tokens = tokenizer.encode(text, addBeginningOfSequence: false)
      let whole = ThoughtSplit(tokens, markers: markers, tokenizer: tokenizer, startsInThought: opened)
      let (grown, shown) = Self.taken(tokens, markers, tokenizer, opened: opened)
      #expect(grown.text == whole.answer, "\(text)")
      #expect((grown.thought?.text ?? "") == whole.thought, "\(text)")
      #expect(
        (grown.thought == nil) == whole.thoughts.isEmpty && (grown.thought?.end == .cut) == whole.isCut, "\(text)")
      #expect(grown.thoughtTokens == whole.thoughtTokens && grown.answerTokens == whole.answerTokens, "\(text)")
      if opened || close.count == 1 || open[0].utf8.count < close[0].utf8.count {
        #expect((shown[.answer] ?? "") == grown.text, "\(text)")
      }
    }
    #expect(checked > 200)
  }

  @Test("Line breaks behind a thought are no stop, and a stop is looked for behind what is held back")
  func stopsBehindThoughts() throws {
    let tokenizer = try Fixtures.model().tokenizer
    func text(_ whole: String, _ stop: String) -> (text: String, isStopped: Bool) {
      let thinking = ThinkingTokens(
        markers: .think, startsInThought: false, budget: nil, closing: [], closingAtOnce: [], closingToken: nil,
        mostTokens: 1000)
      var text = ThoughtText(thinking, stops: [stop], tokenizer: tokenizer)
      let tokens = tokenizer.encode(whole, addBeginningOfSequence: false)
      for (index, token) in tokens.enumerated() where !text.isStopped {
        text.take(token, tokenizer.bytes(of: token, after: tokens[..<index])) { _, _ in }
      }
      text.finish { _, _ in }
      return (text.text, text.isStopped)
    }
    #expect(text("<think>a\n\nb</think>\n\nc\n\nd", "\n\n") == ("c", true))
    #expect(text("<think>a</think>\n\nc", "\n\n") == ("c", false))
    #expect(text("a <t", "<") == ("a ", true))
    #expect(text("a <think>b", "<") == ("a ", false))
  }
}

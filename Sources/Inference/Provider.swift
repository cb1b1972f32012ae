import Evaluation
import Support
import Tokenization

/// Text in, text and log-probabilities out: whatever answers the requests of tasks. A model on this machine is one; a server is
/// another. Open and immutable: several threads may use one at once.
package protocol Provider: AnyObject, Sendable {
  /// What reports call it.
  var name: String { get }
  /// What it can do.
  var capabilities: Capabilities { get }
  /// Facts of the model, for records and reports.
  var facts: JSONValue { get }
  /// What of the model was put right or left out, a line each.
  var warnings: [String] { get }
  /// What puts messages into the text that the model reads; nil where the choice is none, or the model is not tuned for
  /// conversations and the choice is left to it. Errors: a template that is asked for and is not there.
  func chatTemplate(_ choice: ModelSettings.Template) throws(BenchmarkError) -> ChatTemplate?
  /// The texts between which it thinks, as a template writes them; nil where it writes none.
  func thoughtMarkers(of template: ChatTemplate) -> ThoughtMarkers?
  /// How its publisher wants it sampled; an error where that is not known.
  func recommendedSampling() throws(BenchmarkError) -> SamplingParameters
  /// The request as the model can answer it: one for more tokens than fit beside any prompt is for those that fit.
  func fitted(_ request: Request) throws(BenchmarkError) -> Request
  /// The tokens of a prompt, as a record keeps them of the first one; empty where they are not known.
  func promptTokens(_ text: String) throws(BenchmarkError) -> [Int32]
  /// Answers requests.
  ///
  /// - Parameters:
  ///   - onPass: called whenever a piece of work is done; false ends the run, and the rest stay unanswered.
  ///   - onAnswer: receives each request's index and answer as soon as it is there, in any order.
  /// - Throws: a request that it cannot answer; what the handlers throw.
  func run(
    _ requests: [Request], _ options: RunOptions, onPass: (RunState) throws(BenchmarkError) -> Bool,
    onAnswer: (_ index: Int, _ answer: Answer, _ isFound: Bool) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError)
  /// What running the requests would take, by the very code that runs them; nothing is put to the model.
  ///
  /// - Throws: what running them would, of requests that cannot be answered.
  func estimate(_ requests: [Request]) throws(BenchmarkError) -> RequestEstimate
  /// Seconds that requests of an estimate take, at the least and as expected, up to `sideBySide` of them at a time; nil where
  /// nothing is known of it.
  func seconds(for estimate: RequestEstimate, sideBySide: Int) -> (least: Double, expected: Double)?
  /// Continues a prompt greedily by exactly so many tokens, alone and from nothing, and says what it took; nil if `goesOn` said
  /// to stop. It is called now and then, outside of what is timed.
  func time(_ prompt: String, outputTokens: Int, goesOn: () -> Bool) throws(BenchmarkError) -> TimedGeneration?
  /// Throws if what the answers come from has changed since the provider was opened, and names it.
  func checkUnchanged() throws(BenchmarkError)
}

/// A generation of an exact count of tokens, and what it took.
package struct TimedGeneration: Sendable, Equatable {
  package let tokens: [Int32]
  package var measurement: Measurement

  package init(tokens: [Int32], measurement: Measurement) {
    self.tokens = tokens
    self.measurement = measurement
  }
}

extension Provider {
  package var warnings: [String] { [] }

  package func chatTemplate(_ choice: ModelSettings.Template) throws(BenchmarkError) -> ChatTemplate? {
    if !choice.isForced { return nil }
    throw BenchmarkError(.unsupported, "\(name): no chat template; leave chat_template out")
  }

  /// The model's own template; an error where it has none.
  package func chatTemplate() throws(BenchmarkError) -> ChatTemplate {
    guard let template = try chatTemplate(.own) else {
      throw BenchmarkError(.unsupported, "\(name): no chat template; leave chat_template out")
    }
    return template
  }

  package func thoughtMarkers(of template: ChatTemplate) -> ThoughtMarkers? { nil }

  package func recommendedSampling() throws(BenchmarkError) -> SamplingParameters {
    throw BenchmarkError(
      .unsupported, "\(name): sampling: nothing is recommended for it; give temperature, top_k and top_p, or greedy")
  }

  package func fitted(_ request: Request) throws(BenchmarkError) -> Request { request }

  package func promptTokens(_ text: String) throws(BenchmarkError) -> [Int32] { [] }

  package func seconds(for estimate: RequestEstimate, sideBySide: Int) -> (least: Double, expected: Double)? { nil }

  package func time(_ prompt: String, outputTokens: Int, goesOn: () -> Bool) throws(BenchmarkError) -> TimedGeneration?
  {
    throw BenchmarkError(.unsupported, "\(name) cannot be timed")
  }

  package func checkUnchanged() throws(BenchmarkError) {}
}

/// What a provider can do. The check of a plan holds its tasks to it.
package struct Capabilities: Sendable, Equatable {
  package var logLikelihood: Bool
  package var generation: Bool
  /// Whether the time of a single generation can be measured.
  package var timing: Bool
  package var chat: Bool
  /// Whether a response is the same whatever other requests run beside it, so that it can be cached.
  package var isBatchInvariant: Bool

  package init(
    logLikelihood: Bool = true, generation: Bool = true, timing: Bool = true, chat: Bool = true,
    isBatchInvariant: Bool = true
  ) {
    self.logLikelihood = logLikelihood
    self.generation = generation
    self.timing = timing
    self.chat = chat
    self.isBatchInvariant = isBatchInvariant
  }

  /// What a request needs and is not there, in words; nil if it can be answered.
  package func obstacle(to request: Request) -> String? {
    switch request {
    case .logLikelihood, .rollingLogLikelihood: logLikelihood ? nil : "log-likelihoods"
    case .generation: generation ? nil : "generated texts"
    case .timing: timing ? nil : "timing"
    }
  }
}

/// How a run goes; none of it changes an answer.
package struct RunOptions {
  package var limits = BatchLimits()
  /// Requests that the caller has an answer to. They still count for shared prefixes, so that token counts do not depend on
  /// interruptions.
  package var answered: Set<Int> = []
  /// Where responses may be found and are kept; nil: all are made.
  package var cache: (any ResponseCaching)?
  /// Asked now and then; once it says so, work under way goes on to its end, and nothing else begins.
  package var isEnding: () -> Bool = { false }
  /// Who measures; nil: the provider, one repetition right after the other.
  package var measuring: MeasurementHandler?

  package init() {}
}

/// Measures a timing request: the warm-up's generations first, then those that count; nil if `goesOn`, which is asked between
/// tokens, said to stop.
package typealias MeasurementHandler = (
  _ request: Request, _ goesOn: () -> Bool
) throws(BenchmarkError) -> [TimedGeneration]?

/// Where a run stands.
package struct RunState: Sendable {
  /// Tokens that went through the model since the run began, and those of them that generations made.
  package var computedTokens = 0
  package var generatedTokens = 0
  /// Answers that have been begun and go on to their ends by themselves.
  package var underWay = 0

  package init() {}

  /// Tokens of prompts.
  package var promptTokens: Int { computedTokens - generatedTokens }

  /// Counts in the tokens of another run.
  package mutating func add(_ other: Self) {
    computedTokens += other.computedTokens
    generatedTokens += other.generatedTokens
  }
}

/// Responses that were made earlier, keyed by everything that determines a response except the provider itself.
///
/// A request may have several parts, each with a response and a key of its own: a continuation, a window of a text, a repeat.
package protocol ResponseCaching: AnyObject {
  func response(to key: String) -> (value: JSONValue, seconds: Double)?
  func add(_ key: String, _ value: JSONValue, seconds: Double)
}

/// What requests take.
package struct RequestEstimate: Sendable, Equatable {
  /// Tokens of the prompts, and those of them that are computed: what requests share is computed once.
  package var heldTokens = 0
  package var computedTokens = 0
  /// Tokens that answers may have at most; of thoughts without a budget `Thinking.assumedTokens`.
  package var generatedTokens = 0
  /// Positions of prompts whose logits are needed.
  package var logitRows = 0
  /// Whether a request runs by itself, to be timed.
  package var runsAlone = false

  package init() {}

  package static func += (sum: inout Self, other: Self) {
    sum.heldTokens += other.heldTokens
    sum.computedTokens += other.computedTokens
    sum.generatedTokens += other.generatedTokens
    sum.logitRows += other.logitRows
    sum.runsAlone = sum.runsAlone || other.runsAlone
  }
}

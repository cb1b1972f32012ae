import Evaluation
import Inference
import Support

/// Answers from a script, one request after another, without weights: every continuation has the log-likelihood of its digest, every
/// text repeats its prompt's.
final class ScriptedProvider: Provider, ProviderSource, @unchecked Sendable {  // used on one thread
  let name: String
  let script: String
  var capabilities = Capabilities(timing: false, chat: false)
  /// A part of a context that it fails on.
  var failing: String?
  /// The contexts that were put to it.
  private(set) var asked: [String] = []
  var facts: JSONValue { ["name": .string(name), "architecture": "script"] }

  init(_ name: String = "scripted", script: String = "first") {
    self.name = name
    self.script = script
  }

  /// Has it answer every model of a plan.
  var registry: ProviderRegistry {
    ProviderRegistry(kinds: [ProviderRegistry.Kind(takes: { _ in true }) { _, _ in self }])
  }

  func identity(_ progress: SourceProgressHandler) -> ProviderIdentity {
    ProviderIdentity(content: ["script": .string(script)], fingerprint: ["script": .string(script)])
  }

  func open(_ progress: SourceProgressHandler) -> any Provider { self }

  func estimate(_ requests: [Request]) -> RequestEstimate {
    var estimate = RequestEstimate()
    for request in requests { estimate.heldTokens += request.context.utf8.count }
    estimate.computedTokens = estimate.heldTokens
    return estimate
  }

  func run(
    _ requests: [Request], _ options: RunOptions, onPass: (RunState) throws(BenchmarkError) -> Bool,
    onAnswer: (Int, Answer, Bool) throws(BenchmarkError) -> Void
  ) throws(BenchmarkError) {
    var state = RunState()
    for (index, request) in requests.enumerated() where !options.answered.contains(index) {
      let key = "\(request.context) \(JSONValue.object(request.json).text())"
      let found = options.cache?.response(to: key)
      if found == nil { asked.append(request.context) }
      let answer = try answer(to: request)
      state.computedTokens += answer.usage.computedTokens
      try onAnswer(index, answer, found != nil)
      if found == nil { options.cache?.add(key, "answered", seconds: 1) }
      if try !onPass(state) { return }
    }
  }

  private func answer(to request: Request) throws(BenchmarkError) -> Answer {
    if let failing, request.context.contains(failing) { throw BenchmarkError(.network, "the script ends here") }
    var response = Response.generated(text: "#### \(request.context.utf8.count)", finishReason: .endOfText)
    if case .logLikelihood(_, let continuations) = request {
      let values = continuations.map { continuation in
        -Double(Int(SHA256.hexadecimal(script + request.context + continuation).prefix(6), radix: 16) ?? 0) / 1e6
      }
      response = .logLikelihoods(values, tokenCounts: continuations.map { _ in 1 })
    }
    let usage = Usage(promptTokens: request.context.utf8.count, outputTokens: 4, computedTokens: 7)
    return Answer(response: response, usage: usage, tokens: [], logProbabilities: nil, seconds: 1)
  }
}

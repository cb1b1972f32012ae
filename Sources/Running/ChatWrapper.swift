import Evaluation
import Plan
import Records
import Store
import Support
import Tasks
import Tokenization

/// Puts a task's prompts into a chat, as lm-evaluation-harness does with `--apply_chat_template` and without
/// `--fewshot_as_multiturn` (lm_eval/api/task.py, `fewshot_context` and `construct_requests`).
///
/// The description is the system message; examples and question are one message of the user. Where the template refuses a
/// system message, or would leave it out, the description is left out, which is flagged. A choice loses the space that
/// would part it from the question.
struct ChatWrapper {
  /// Flag of a sample whose description the template has no place for.
  static let descriptionDropped = "description_dropped"

  let template: ChatTemplate

  /// The request in the chat, and the flags that the change raises.
  func wrap(_ prompt: Prompt) throws(BenchmarkError) -> (request: Request, flags: [String]) {
    if case .rollingLogLikelihood = prompt.request {
      throw BenchmarkError(
        .invalidArgument,
        "sample \(prompt.sampleID): it scores a whole text, which cannot be put into a chat template; leave out chat_template"
      )
    }
    var flags: [String] = []
    let wrapped = try prompt.request.mapContexts { (context) throws(BenchmarkError) in
      let (text, found) = try wrap(context, description: prompt.description)
      if flags.isEmpty { flags = found }
      return text
    }
    guard case .logLikelihood(let contexts, let continuations) = wrapped else { return (wrapped, flags) }
    let areDelimited = continuations.allSatisfy { $0.unicodeScalars.first == " " }
    let choices = areDelimited ? continuations.map { String($0.unicodeScalars.dropFirst()) } : continuations
    return (.logLikelihood(contexts: contexts, continuations: choices), flags)
  }

  private func wrap(_ context: String, description: String?) throws(BenchmarkError) -> (text: String, flags: [String]) {
    let context = Array(context.utf8)
    var system: String?
    var user = context[...]
    if let description, !description.isEmpty, context.starts(with: description.utf8) {
      system = description
      user = context[description.utf8.count...]
    }
    return try render(system: system, ChatMessage(role: "user", String(decoding: user, as: UTF8.self)))
  }

  private func render(system: String?, _ user: ChatMessage) throws(BenchmarkError) -> (text: String, flags: [String]) {
    guard let system else { return (try template.render([user]), []) }
    do throws(BenchmarkError) {
      return (try template.render([ChatMessage(role: "system", system), user]), [])
    } catch {
      guard error.kind == .invalidArgument else { throw error }
      return (try template.render([user]), [Self.descriptionDropped])
    }
  }
}

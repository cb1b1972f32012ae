import Support

/// A request as it was sent to a model, and the item that it was made from.
package struct StoredQuestion: Sendable {
  package let context: String
  /// Continuations, or stops and the count of tokens.
  package let request: JSONValue
  package let document: JSONValue
  /// Whether each continuation is what greedy decoding would have made; empty of generated text. // [continuations]
  package let isGreedy: [Bool]

  package init(context: String, request: JSONValue, document: JSONValue, isGreedy: [Bool]) {
    self.context = context
    self.request = request
    self.document = document
    self.isGreedy = isGreedy
  }
}

/// Reads what was asked in a run of a sweep from the store in a folder, by the sample's name. // [sample: question]
package typealias QuestionSource = (_ folder: String, _ sweep: Int, _ run: RunRecord) throws(BenchmarkError)
  -> [String: StoredQuestion]

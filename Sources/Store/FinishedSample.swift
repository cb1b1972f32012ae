import Evaluation
import Records
import Support

/// A sample with its response, and what a store keeps of it.
package struct FinishedSample {
  package let position: Int
  package var record: SampleRecord
  /// As it went to the model.
  package let request: Request
  package let document: JSONObject
  package let answer: Answer

  /// Whether each continuation is what greedy decoding would have made, as JSON; nil of generated text.
  var isGreedy: String? {
    guard case .logLikelihoods(let values) = answer.response else { return nil }
    return JSONValue.array(values.map { .bool($0.isGreedy ?? false) }).text()
  }

  package init(position: Int, record: SampleRecord, request: Request, document: JSONObject, answer: Answer) {
    self.position = position
    self.record = record
    self.request = request
    self.document = document
    self.answer = answer
  }
}

import Support

extension DescribedTask {
  /// Draws the few-shot examples of each document, and writes those that are drawn.
  mutating func draw() throws(BenchmarkError) {
    let isDrawn = seeds.drawsExamples ?? true
    let needed = shots + (mayDrawItself && isDrawn ? 1 : 0)
    if shots > 0, pool.count < needed {
      throw BenchmarkError(
        .invalidArgument,
        "\(name): \(pool.count) few-shot examples are too few for \(shots) shots\(needed > shots ? " and one spare" : "")",
        key: hasOwnShots ? "shots" : nil)
    }
    // One generator for the task, advanced once a document in order: a draw does not depend on a limit.
    var generator = seeds.generator(seeds.fewShot)
    var draws: [[Int]] = []
    draws.reserveCapacity(documents.count)
    if shots == 0 || (!mayDrawItself && (!isDrawn || seeds.drawsOnce)) {
      let drawn = shots == 0 ? [] : isDrawn ? generator.sample(shots, of: pool.count) : Array(0..<shots)
      draws = Array(repeating: drawn, count: documents.count)
    }
    for document in documents.dropFirst(draws.count) {
      if !isDrawn {
        var others: [Int] = []
        for index in pool.indices where others.count < shots && pool[index] != document {
          others.append(index)
        }
        if others.count < shots {
          throw BenchmarkError(
            .invalidArgument, "\(name): too few few-shot examples beside a document for \(shots) shots")
        }
        draws.append(others)
      } else if !mayDrawItself {
        draws.append(generator.sample(shots, of: pool.count))
      } else {
        var drawn = generator.sample(shots + 1, of: pool.count).filter { pool[$0] != document }
        drawn = Array(drawn.prefix(shots))
        if drawn.count < shots {
          let others = pool.indices.filter { pool[$0] != document }
          if others.count < shots {
            throw BenchmarkError(
              .invalidArgument, "\(name): too few few-shot examples beside a document for \(shots) shots")
          }
          drawn = generator.sample(shots, of: others.count).map { others[$0] }
        }
        draws.append(drawn)
      }
    }
    self.draws = draws
    for index in Set(draws.joined()).sorted() where examples[index] == nil {
      examples[index] = try example(pool[index])
    }
  }

  /// Draws the order of each document's choices, one document after the other.
  mutating func shuffle() {
    guard let listed = description.listed, let seed = seeds.choices else { return }
    var generator = seeds.generator(seed)
    orders = documents.map { document in
      let count = document[listed]?.arrayValue?.count ?? 0
      return generator.sample(count, of: count)
    }
  }

  /// A few-shot example: its question and its answer.
  private func example(_ document: JSONObject) throws(BenchmarkError)
    -> (question: String, answer: String, prefix: String?)
  {
    let rules = description.fewShot
    let hasChoices = description.choices != nil
    let choices = try rules.choices.map { (rule) throws(BenchmarkError) in try self.choices(rule, document) }
    let question = try rules.text?.value(.text, of: document, fields: fields, hasChoices: hasChoices) ?? ""
    let target = try rules.target?.value(.target, of: document, fields: fields, hasChoices: hasChoices) ?? ""
    var text: String?
    var known = choices
    if hasSeveralTexts, let position = PythonValue.integer(question), let choices {
      text = PythonValue.item(choices, position)
      known = nil
    } else {
      text = question.stringValue
    }
    guard let text else { throw failure("\"doc_to_text\" gives no text for a few-shot example: \(question.text())") }
    let answer: String?
    if let known, !known.isEmpty, let position = PythonValue.integer(target) {
      answer = PythonValue.item(known, position)
    } else if let list = target.arrayValue {
      answer = list.first?.stringValue
    } else {
      answer = target.stringValue
    }
    guard let answer else { throw failure("\"doc_to_target\" gives no text for a few-shot example: \(target.text())") }
    return (text, answer, try rules.answerPrefix?.text(of: document))
  }
}

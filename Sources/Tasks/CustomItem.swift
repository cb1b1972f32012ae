import DataSets
import Evaluation
import Support

/// A row of a custom task with its prompt and answer.
struct CustomItem: Sendable {
  let id: String
  let prompt: String
  /// Empty where the answer is generated.
  let choices: [String]
  /// The position of the right choice; 0 where there are none.
  let answer: Int
  /// The right answer, as a report shows it and as it is compared.
  let target: String
  /// What stands behind the prompt where the row is an example.
  let solution: String

  init(_ row: DataRow, _ form: CustomForm, position: Int) throws(BenchmarkError) {
    id = try Self.id(row, form, position: position)
    _ = try Self.attributes(row, form)
    prompt = try form.prompt.render(row)
    let written = try form.answer.render(row)
    var text = written
    if let extractor = form.answerExtractor {
      let answer: String?
      do throws(BenchmarkError) {
        answer = try extractor.answer(in: written)
      } catch {
        throw row.failure("\"answer_pattern\": \(error.message)")
      }
      guard let found = answer else {
        throw row.failure("\"answer_pattern\" does not match the answer \"\(written)\"")
      }
      text = found
    }
    choices = try Self.choices(row, form)
    if form.isChoice {
      answer = try Self.position(of: text, among: choices, form.answerKind, row)
      target = choices[answer]
      solution = try form.solution?.render(row) ?? target
    } else {
      answer = 0
      target = PythonText.stripped(text)
      solution = try form.solution?.render(row) ?? (form.answerExtractor == nil ? written : text)
      if let objection = form.metric.objection(to: target) { throw row.failure(objection) }
    }
  }

  static func id(_ row: DataRow, _ form: CustomForm, position: Int) throws(BenchmarkError) -> String {
    try form.idField.map { field throws(BenchmarkError) in try row.text(field) } ?? "\(position)"
  }

  /// The subject, and what the row shares with others by the name of the field that says it.
  static func attributes(_ row: DataRow, _ form: CustomForm) throws(BenchmarkError) -> SampleAttributes {
    let subject = try form.subjectField.map { field throws(BenchmarkError) in try row.text(field) }
    var clusters: [String: String] = [:]
    for field in form.clusterFields { clusters[field] = try row.text(field) }
    return SampleAttributes(subject: subject, clusters: clusters)
  }

  private static func choices(_ row: DataRow, _ form: CustomForm) throws(BenchmarkError) -> [String] {
    var choices: [String] = []
    switch form.choices {
    case nil: return []
    case .field(let name)?: choices = try row.texts(name)
    case .templates(let templates)?: for template in templates { choices.append(try template.render(row)) }
    }
    if choices.count < 2 { throw row.failure("there must be at least two choices") }
    if choices.contains("") { throw row.failure("a choice is empty") }
    return choices
  }

  private static func position(
    of answer: String, among choices: [String], _ kind: CustomForm.AnswerKind, _ row: DataRow
  )
    throws(BenchmarkError) -> Int
  {
    let answer = PythonText.stripped(answer)
    let position: Int?
    switch kind {
    case .text: position = choices.firstIndex { PythonText.areSame(PythonText.stripped($0), answer) }
    case .index: position = Int(answer)
    case .number: position = Int(answer).map { $0 - 1 }
    case .letter:
      let scalars = answer.uppercased().unicodeScalars
      position = scalars.count == 1 ? scalars.first.map { Int($0.value) - 0x41 } : nil
    }
    guard let position, choices.indices.contains(position) else {
      let hint = kind == .text ? "; set \"answer_is\" if it is a letter, an index or a number" : ""
      throw row.failure(
        "the answer \"\(answer)\" is not the \(kind.rawValue) of one of the \(choices.count) choices\(hint)")
    }
    return position
  }
}

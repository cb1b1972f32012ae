import Evaluation
import Patterns
import Support

/// Counterparts of Python functions that task files name, found by the digest of their text (`PythonHook`).
///
/// A function whose digest is not here is run by Python where that may be, and otherwise an error that names it: nothing is
/// guessed by names.
enum NativeHooks {
  /// Rows of a split to those that the task has.
  typealias Rows = @Sendable ([JSONObject]) throws(BenchmarkError) -> [JSONObject]
  /// A document to a value.
  typealias Value = @Sendable (JSONObject) throws(BenchmarkError) -> JSONValue
  /// A document and what the model made to values by the names of metrics.
  typealias Results = @Sendable (JSONObject, HookResults) throws(BenchmarkError) -> [String: SampleValue]
  typealias Filter = @Sendable (JSONObject, DocumentPlace) throws(BenchmarkError) -> AnswerFilter

  /// The digests of functions that files of the catalogue name. One that has no counterpart in Python stands in its table under
  /// its name.
  static let names: [String: String] = [
    "agieval_choice": "da83343b3b1398452597fd257accce8c8ae3f038d8658765ff96e05853b31188",
    "agieval_math": "a302d7e7cefe3012f26185ef65fabfb80f77097ba4e208176ca1e158fe6609ce",
    "aime": "bead986feabf9d77c929e86c631a0169113b7ee4ebef7ad0fe60847ee746871a",
    "bbh_choice": "5cbe851afdd6bbeb68c1f024de0d48efa0a385a04e94efe4d3d6b2db154d5ffc",
    "bbh_map": "101032b33fc044fd8ce9e06ce34e5731bf177e4ae354ee9593e927d174d02929",
    "bbh_number": "8518586af461b47a8abf2732e14f1d2f40872a79659726abd329c0462c9d9f0b",
    "bbh_sorted_words": "fc6b030726b83d4710e39a6fab7a65ad0a2ad3c5b80c2912220ea4d54f24fd13",
    "drop": "6e6588fa47cd49ed1b1686d03852d5ed6e3c816bcd879e0f58e770b2585cd166",
    "drop_rows": "e22874967dde5cbf2a29acad1a6f5c7c26baea155a401c135e5183d9e40a20c6",
    "gpqa_rows": "9bbc827aa24929abdca1c29135f20b61f12e73c551b07b359690ce077f4ee42a",
    "hellaswag": "ba410809da5dc9c7f1935f724812ae6cb1f8d79b786047ab8fe756d667cd9866",
    "hendrycks_math": "3a6a6d03cbfd2f1f7f96b79df5224ab3fcf0e4b02cffd889296b15c81a963ebb",
    "hendrycks_math_rows": "4d431cefb9445f5c0a5b8a070e09f625c6e87e9942dafd39004460e21d68a48a",
    "humaneval_program": "ce44403cc838b56aa5fe75cc840b3aa872ae9cfb7d884c7ad45018bd0514a925",
    "humaneval_program_instruct": "81cd605ced8e46a73bb7d9b9d9a1c0585cac518361e01bcef0183d2f8f2f9c06",
    "mmlu_pro_target": "f6f0a49604453b9560c10f5c1dc8c6200b337defa159686ec8b36b452e8e0afa",
    "mmlu_pro_text": "c86201504561aad13693f277e98b316cacab483a1760aea8ea6e8aa30b54bae7",
    "pass_at_k": "2ed20f3431569d0d569525e9b8d20697507cb66982facabb0b8824c6690a6649",
    "race_choices": "bdbab5ed14c2e9b2903cfd9ba117e01f0c639f68551276639af10470b5155cea",
    "race_target": "70337297c43e53b771690cef53c676ef7184644b5e0371b395f9f9cb1e2ee562",
    "race_text": "72b4f9380c5109f4394c46898738739651c0ccc80ad0bd7a1c3a019adf810e58",
    "truthfulqa_mc2": "e4c822b6b242625dce81f4a63c00630d81b4cd406ccebe64e8399091917e6d14",
    "wikitext": "63f322707ad6f395b690b41477c74228b2f48d6bc5a87643c7b89c2aa3c059a2",
    "wikitext_text": "0b4da6ccdf92edba7202d01c3d299307fe929876ecfed0def3e8dd732f549d62",
    "winogrande_choices": "530c0030f94d2ae37970a3131ab888123ec785148a461cce557f4e81ffdd0829",
    "winogrande_target": "ad09001157056053ce4ea43e48232ffaf5a001cef295a03b776d89c4fbe862c1",
    "winogrande_text": "27e9872afeab76902d6032c976619ccb70c61c8204fa9bac8dbd2663ebb6ec8a",
  ]

  private static let values: [String: Value] = [
    // winogrande/preprocess_winogrande.py
    "27e9872afeab76902d6032c976619ccb70c61c8204fa9bac8dbd2663ebb6ec8a": WinograndeHooks.text,
    "ad09001157056053ce4ea43e48232ffaf5a001cef295a03b776d89c4fbe862c1": WinograndeHooks.target,
    "530c0030f94d2ae37970a3131ab888123ec785148a461cce557f4e81ffdd0829": WinograndeHooks.choices,
    // race/preprocess_race.py
    "72b4f9380c5109f4394c46898738739651c0ccc80ad0bd7a1c3a019adf810e58": RaceHooks.text,
    "70337297c43e53b771690cef53c676ef7184644b5e0371b395f9f9cb1e2ee562": RaceHooks.target,
    "bdbab5ed14c2e9b2903cfd9ba117e01f0c639f68551276639af10470b5155cea": RaceHooks.choices,
    // super_glue/copa/utils.py
    "bd2db59df75f8a1633193075ae829d4ef55a4c42c02d864b80192c352cc2c53a": CopaHooks.text,
    "c586381490686c1feffaff6d725bb8a1973dc97c2dc5f6bd8f7a5db0a77c6758": CopaHooks.target,
    "e37d6d49394f5f62a6f99a7ef9b4d24fda3be0ddc23c567dbc1de66e40585345": CopaHooks.choices,
    // mmlu_pro/utils.py
    "c86201504561aad13693f277e98b316cacab483a1760aea8ea6e8aa30b54bae7": MMLUProHooks.text,
    "7a4bb147ffd05c66f0e9f7de602370fd230173485f0860371572388eddff210e": MMLUProHooks.text,
    "f6f0a49604453b9560c10f5c1dc8c6200b337defa159686ec8b36b452e8e0afa": MMLUProHooks.exampleTarget,
    // wikitext/preprocess_wikitext.py
    "0b4da6ccdf92edba7202d01c3d299307fe929876ecfed0def3e8dd732f549d62": WikitextHooks.text,
  ]

  private static let rows: [String: Rows] = [
    // hellaswag/utils.py, and the same text in other folders
    "ba410809da5dc9c7f1935f724812ae6cb1f8d79b786047ab8fe756d667cd9866": HellaswagHooks.rows,
    // okapi/arc_multilingual/utils.py
    "fcedde274bb3cc28ca4e595e0cedd30c58f99e6a2b383220a83954ab75982cab": HellaswagHooks.arcRows,
    // llama3/instruct/arc_challenge/utils.py
    "711acced5bb65176a8bc2fc77679a8ec2fcb9aa52bcdfa36b12e26e15e9b6699": ARCHooks.rows,
    // truthfulqa/utils.py
    "81c17c836d342c28301fcb1969412ff6cdecb521af7851c4f76e0d84f9db78e2": TruthfulQAHooks.rows,
    // hendrycks_math/utils.py
    "4d431cefb9445f5c0a5b8a070e09f625c6e87e9942dafd39004460e21d68a48a": MathHooks.rows,
    // drop/utils.py
    "e22874967dde5cbf2a29acad1a6f5c7c26baea155a401c135e5183d9e40a20c6": DropHooks.rows,
    // gpqa/zeroshot/utils.py; gpqa/{cot_zeroshot,generative}/utils.py
    "133d048b390266feccddd69ee254908b0d68cf92143c3aa03b6d30cadc2e4aa0": GPQAHooks.rows,
    "9bbc827aa24929abdca1c29135f20b61f12e73c551b07b359690ce077f4ee42a": GPQAHooks.rows,
    // As minerva_math/utils.py, whose comparison of terms needs sympy.
    "minerva_math_rows": MinervaHooks.rows,
    // bigbench/utils.py
    "ffe5920d8ee35daa9271be669629b928a76ac82ede88bdb21683c56785efa474": { (rows) in
      rows.filter { $0["multiple_choice_targets"]?.arrayValue?.isEmpty == false }
    },
    // eus_exams/utils.py
    "2eb5e6f5c12aaf6191c118b696ca3c67d5d764db1c3ee15a323b7c4f8203efaa": { (rows) in
      rows.filter { row in
        guard let answer = row["answer"]?.integerValue, (0...3).contains(answer) else { return false }
        return row["candidates"] != ["", "", "", ""]
      }
    },
    // mmlusr/*/utils.py
    "34a0ecc77a6001d015e6d2c13b587ef75dbfbc33c93089c2d86e92fe248b504f": { (rows) in
      rows.map { row in
        var row = row
        let choices = (1...4).map { row["choice\($0)"]?.stringValue ?? "" }
        row["choices"] = .array(choices.map { .string($0) })
        row["answer"] = .string(PythonText.stripped(row["answer"]?.stringValue ?? ""))
        return row
      }
    },
  ]

  private static let results: [String: Results] = [
    // truthfulqa/utils.py
    "e4c822b6b242625dce81f4a63c00630d81b4cd406ccebe64e8399091917e6d14": TruthfulQAHooks.shareOfTrue,
    "0f3ea79cae7122e3b68612177ce5960cfa03974708f1b43543f6dd3cc304111f": TruthfulQAHooks.overlap,
    // wikitext/preprocess_wikitext.py
    "63f322707ad6f395b690b41477c74228b2f48d6bc5a87643c7b89c2aa3c059a2": WikitextHooks.results,
    // hendrycks_math/utils.py
    "3a6a6d03cbfd2f1f7f96b79df5224ab3fcf0e4b02cffd889296b15c81a963ebb": MathHooks.results,
    // aime/utils.py
    "bead986feabf9d77c929e86c631a0169113b7ee4ebef7ad0fe60847ee746871a": AIMEHooks.results,
    "math_verify": MathVerifyHooks.results,
    "minerva_math": MinervaHooks.results,
    // drop/utils.py
    "6e6588fa47cd49ed1b1686d03852d5ed6e3c816bcd879e0f58e770b2585cd166": DropHooks.results,
    // agieval/utils.py
    "a302d7e7cefe3012f26185ef65fabfb80f77097ba4e208176ca1e158fe6609ce": AGIEvalHooks.mathResults,
    "da83343b3b1398452597fd257accce8c8ae3f038d8658765ff96e05853b31188": AGIEvalHooks.choiceResults,
  ]

  private static let filters: [String: Filter] = [
    // bbh/{zeroshot,cot_zeroshot}/utils.py
    "101032b33fc044fd8ce9e06ce34e5731bf177e4ae354ee9593e927d174d02929": BigBenchHooks.mapped,
    "8518586af461b47a8abf2732e14f1d2f40872a79659726abd329c0462c9d9f0b": BigBenchHooks.numbers,
    "fc6b030726b83d4710e39a6fab7a65ad0a2ad3c5b80c2912220ea4d54f24fd13": BigBenchHooks.sortedWords,
    "5cbe851afdd6bbeb68c1f024de0d48efa0a385a04e94efe4d3d6b2db154d5ffc": BigBenchHooks.choice,
    // humaneval/utils.py
    "ce44403cc838b56aa5fe75cc840b3aa872ae9cfb7d884c7ad45018bd0514a925": CodeHooks.program,
    "81cd605ced8e46a73bb7d9b9d9a1c0585cac518361e01bcef0183d2f8f2f9c06": CodeHooks.instructedProgram,
  ]

  /// Metrics that run programs, which `ProgramTest` does: humaneval/utils.py.
  private static let programMetrics: Set = ["2ed20f3431569d0d569525e9b8d20697507cb66982facabb0b8824c6690a6649"]

  /// Whether a metric is the share of programs that pass.
  static func runsPrograms(_ hook: PythonHook) throws(BenchmarkError) -> Bool {
    programMetrics.contains(try hook.digest())
  }

  /// Aggregations of values that are given by a function of Python.
  private static let aggregates: [String: Metric.Aggregate] = [
    // {ifeval,ifeval/multilingual,leaderboard/ifeval}/utils.py: of lists the share that is true
    "edae46e1483207719a20d05d19b1db155fbe3aab54ad8f28888ffe5fffdc3648": .ratio
  ]

  /// The counterpart of an aggregation; nil if there is none.
  static func aggregate(_ hook: PythonHook) throws(BenchmarkError) -> Metric.Aggregate? {
    aggregates[try hook.digest()]
  }

  static func value(_ hook: PythonHook) throws(BenchmarkError) -> Value {
    if let function = values[try hook.digest()] { return function }
    return try hook.value()
  }

  static func rows(_ hook: PythonHook) throws(BenchmarkError) -> Rows {
    if let function = rows[try hook.digest()] { return function }
    if let definition = try? hook.definition.get(), let (field, value) = try equality(definition) {
      return { rows in rows.filter { $0[field] == .string(value) } }
    }
    return try hook.rows()
  }

  /// Whether a function that scores has a counterpart.
  static func hasResults(_ hook: PythonHook) throws(BenchmarkError) -> Bool { results[try hook.digest()] != nil }

  static func results(_ hook: PythonHook, _ metrics: [DescribedMetric], isRolling: Bool) throws(BenchmarkError)
    -> Results
  {
    if let function = results[try hook.digest()] { return function }
    return try hook.results(metrics, isRolling: isRolling)
  }

  static func filter(_ hook: PythonHook, arguments: JSONObject, at place: DocumentPlace) throws(BenchmarkError)
    -> AnswerFilter
  {
    guard let function = filters[try hook.digest()] else { return try hook.filter(arguments) }
    return try function(arguments, place)
  }

  /// The field and its value of a function that keeps the rows where a field equals a text, and does nothing else.
  private static func equality(_ definition: String) throws(BenchmarkError) -> (field: String, value: String)? {
    let head = #"^def (\w+)\((\w+)(?:: ?[\w.]+)?"#
    let text = #"["']([^"'\\]*)["']"#
    let direct = try Pattern(
      head + #"\)(?: -> [\w.]+)?:\s+return \2\.filter\(\s*lambda (\w+): \3\[["'](\w+)["']\] == "# + text + #"\s*\)\s*$"#
    )
    if let match = try direct.firstMatch(in: definition), let field = match.groups[4], let value = match.groups[5] {
      return (field, value)
    }
    let partial = try Pattern(
      head
        + #", (\w+)(?:: ?[\w.]+)?\)(?: -> [\w.]+)?:\s+return \2\.filter\(\s*lambda (\w+): \4\[["'](\w+)["']\] == \3\s*\)"#
        + #"\s+\w+ = (?:functools\.)?partial\(\1, \3="# + text + #"\)\s*$"#)
    if let match = try partial.firstMatch(in: definition), let field = match.groups[5], let value = match.groups[6] {
      return (field, value)
    }
    return nil
  }
}

/// What a model made, as a function that scores sees it.
enum HookResults: Sendable {
  case logLikelihoods([LogLikelihood])
  case responses(FilteredResponses)

  /// The response, as a text.
  var text: String {
    guard case .responses(let responses) = self else { return "" }
    switch responses {
    case .one(let value): return PythonValue.text(value)
    case .many(let values): return values.first.map(PythonValue.text) ?? ""
    }
  }

  var logLikelihoods: [LogLikelihood] {
    if case .logLikelihoods(let values) = self { values } else { [] }
  }
}

/// Reads fields of a document that a function cannot do without.
struct DocumentReader {
  let document: JSONObject

  init(_ document: JSONObject) { self.document = document }

  func text(_ key: String) throws(BenchmarkError) -> String {
    guard let text = document[key]?.stringValue else { throw missing(key, "a text") }
    return text
  }

  func texts(_ key: String) throws(BenchmarkError) -> [String] {
    guard let items = document[key]?.arrayValue else { throw missing(key, "a list of texts") }
    let texts = items.compactMap(\.stringValue)
    if texts.count != items.count { throw missing(key, "a list of texts") }
    return texts
  }

  func object(_ key: String) throws(BenchmarkError) -> DocumentReader {
    guard let object = document[key]?.objectValue else { throw missing(key, "an object") }
    return DocumentReader(object)
  }

  func missing(_ key: String, _ wanted: String) -> BenchmarkError {
    BenchmarkError(
      .invalidFile,
      "a document of the task has no \"\(key)\" that is \(wanted)\(document[key].map { ": \($0.text())" } ?? "")")
  }
}

import Evaluation
import Support
import Tasks
import Testing

@testable import Running
@testable import Tokenization

/// Requests of whole tasks in a chat, held to the prompts of lm-evaluation-harness with `--apply_chat_template`.
struct HarnessChatTests {
  private static let pocket = Fixtures.folder + "/../../scripts/pocket"

  /// The golden's subject is MMLU's abstract algebra; the questions are those of the pocket task.
  private static func expected(_ line: JSONObject) -> String {
    let text = line["context"]?.stringValue ?? ""
    return line["task"] == "mmlu" ? text.replacing("abstract algebra", with: "small arithmetic") : text
  }

  private static func template(_ name: String) throws -> ChatTemplate? {
    let tokens: JSONObject = ["bos_token": "<bos>", "eos_token": "<eos>"]
    func template(_ text: String) throws -> ChatTemplate {
      try ChatTemplate(text, name: name, source: name, tokens: tokens)
    }
    switch name {
    case "pocket", "pocket-it":
      let folder = pocket + (name == "pocket" ? "/tokenizer" : "/tokenizer-it")
      return try template(try #require(try ChatTemplateSource.all(folder: folder).first).text)
    case "gemma3": return try template(StandardTemplates.gemma3)
    case "gemma": return try template(StandardTemplates.gemma)
    default: return nil
    }
  }

  @Test("MMLU and GSM8K in a chat, with turns and without, are the harness's prompts and continuations")
  func tasks() throws {
    let text = try FileSystem.readText(Fixtures.folder + "/../../Tests/Goldens/conversations/prompts.jsonl")
    let lines = try text.split(separator: "\n").map { try #require(try JSONReader.parse(String($0)).objectValue) }
    var tasks: [String: any BenchmarkTask] = [:]
    for shots in [0, 3] {
      tasks["mmlu \(shots)"] = try TaskCatalogue.load(
        TaskSpecification([
          "type": "mmlu", "subset": "small_arithmetic", "shots": JSONValue(shots),
          "data": .string(Self.pocket + "/data/mmlu"),
        ]))
      tasks["gsm8k \(shots)"] = try TaskCatalogue.load(
        TaskSpecification([
          "type": "gsm8k", "shots": JSONValue(shots), "data": .string(Self.pocket + "/data/gsm8k"),
        ]))
    }
    var compared: [String: Int] = [:]
    for line in lines where line["gen_prefix"]?.isNull ?? true {
      let shots = line["examples"]?.arrayValue?.count ?? 0
      let name = line["task"]?.stringValue ?? ""
      guard let task = tasks["\(name) \(shots)"] else { continue }
      let template = try line["template"]?.stringValue.flatMap { try Self.template($0) }
      if template == nil, line["template"]?.stringValue != nil { continue }
      let place = try (0..<task.count).first { index in
        try task.prompt(at: index).parts?.question == line["question"]?.stringValue
      }
      let prompt = try task.prompt(at: try #require(place))
      // The harness drew its examples for a run of two documents; where they are others than the task's, nothing is compared.
      let questions = (line["examples"]?.arrayValue ?? []).compactMap { $0.arrayValue?.first?.stringValue }
      if prompt.parts?.examples.map(\.question) != questions { continue }
      var settings = ModelSettings()
      settings.isMultiturn = line["multiturn"] == true
      settings.systemInstruction = line["system_instruction"]?.stringValue
      if settings.systemInstruction != nil, line["template"] == "gemma" { continue }  // refused here, dropped there
      let maker = RequestMaker(settings: settings, template: template, markers: nil, sampling: nil)
      let (request, _) = try maker.request(prompt)
      #expect(request.context == Self.expected(line), "\(line["template"] ?? .null) \(name) \(shots)")
      if case .logLikelihood(_, let continuations) = request {
        #expect(continuations == line["continuations"]?.arrayValue?.compactMap(\.stringValue))
      }
      compared["\(name) \(shots)", default: 0] += 1
    }
    #expect(compared["mmlu 0"] ?? 0 >= 40 && compared["mmlu 3"] ?? 0 >= 40, "\(compared)")
    #expect(compared["gsm8k 0"] ?? 0 >= 40, "\(compared)")
  }
}

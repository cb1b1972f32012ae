import Support
import Testing

@testable import Tasks

/// Tasks as they are asked for: decoded once, and written back as they were.
struct TaskSpecificationTests {
  private func specification(_ object: JSONObject) throws -> TaskSpecification {
    try TaskSpecification(.object(object))
  }

  @Test("A specification is written back as it was given, whatever the spelling, the order and the form of its numbers")
  func codec() throws {
    let texts = [
      #"{"shots":3.0,"type":"gsm8k","maximum_tokens":16,"temperature":1,"draw":null,"name":"sums"}"#,
      #"{"type":"mmlu","choice_seed":7,"few_shot_seed":0}"#,
      #"{"type":"custom","data":"a.csv","prompt":"{q}","stop":"x","choices":["{a}","no"],"metric":{"name":"accuracy"}}"#,
      #"{"type":"efficiency","output_lengths":[2,4],"sample_prompts":["a"]}"#,
    ]
    for text in texts {
      let given = try TaskSpecification(JSONReader.parse(text))
      #expect(JSONValue.object(given.json).text() == text)
      #expect(try TaskSpecification(.object(given.json)) == given)
    }
    #expect(try TaskSpecification("mmlu").json == ["type": "mmlu"])
    #expect(try specification(["type": "mmlu", "shots": 1]) != specification(["type": "mmlu", "shots": 2]))
  }

  @Test("Values are read under their present names, in their kinds, else as their defaults")
  func values() throws {
    let given = try specification([
      "type": "gsm8k", "maximum_tokens": 16.0, "temperature": 1, "top_p": .null, "use_chain_of_thought": false,
    ])
    #expect(try given.integer("max_tokens") == 16 && given.number("temperature") == 1 && given.number("top_p") == 1)
    #expect(try given.integer("shots") == 5 && given.text("draw") == "each" && !given.flag("chain_of_thought"))
    #expect(try given.optionalText("data") == nil && given.written("max_tokens") == 16.0)
    let own = try specification(["type": "custom", "stop": "x", "clusters": ["a", "b"]])
    #expect(try own.optionalTexts("stop") == ["x"] && own.optionalTexts("clusters") == ["a", "b"])
    #expect(try own.optionalTexts("columns") == nil && own.anyText("description") == "")
    for name in ["data", "nothing", "shots"] {
      #expect(throws: BenchmarkError.self) { try own.text(name) }
    }
  }

  @Test("Every default is a value that its option may have")
  func defaults() throws {
    for entry in TaskCatalogue.entries {
      for option in entry.options where !option.defaultValue.isNull {
        _ = try option.decode(option.defaultValue, at: DocumentPlace(name: "\(entry.type): \(option.name)"))
      }
    }
  }

  @Test("Paths are the ones that are meant, and a task of a plan may have a limit and its key for a name")
  func planned() throws {
    let place = DocumentPlace(name: "plan")["tasks"]["sums"]
    let given = try TaskSpecification(
      ["type": "gsm8k", "data": "here", "limit": 5], key: "sums", at: place
    ) { text, place in
      #expect(place.description == "plan: tasks: sums: data")
      return "/there/" + text
    }
    #expect(given.json == ["type": "gsm8k", "data": "/there/here", "limit": 5, "name": "sums"])
    #expect(given.limit == 5 && given.name == "sums")
    // Alone it has none: a limit is of the call that runs it.
    #expect(throws: BenchmarkError.self) { try TaskSpecification(.object(given.json)) }
    let changed = try given.changed(by: ["shot_count": 1, "limit": .null], at: place) { text, _ in text }
    #expect(changed.limit == nil && changed.json["shot_count"] == 1)
  }
}

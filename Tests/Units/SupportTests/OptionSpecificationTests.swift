import Testing

@testable import Support

/// Options: the values that their schema takes, and what is said of others.
@Suite struct OptionSpecificationTests {
  private func decode(_ value: JSONValue, _ option: OptionSpecification) throws -> OptionValue {
    try option.decode(value, at: DocumentPlace(name: "plan")["x"])
  }

  private func message(_ value: JSONValue, _ option: OptionSpecification) -> String {
    let error = #expect(throws: BenchmarkError.self) { try decode(value, option) }
    return error?.message ?? ""
  }

  @Test("Each kind takes its values")
  func kinds() throws {
    #expect(try decode(true, OptionSpecification("x", default: false, help: "")) == .flag(true))
    #expect(try decode(3.0, OptionSpecification("x", default: 1, help: "")) == .integer(3))
    #expect(try decode(3, OptionSpecification("x", .number, help: "")) == .number(3))
    #expect(try decode("", OptionSpecification("x", help: "")) == .text(""))
    #expect(try decode("a", OptionSpecification("x", .texts, help: "")) == .texts(["a"]))
    #expect(try decode([], OptionSpecification("x", .texts, help: "")) == .texts([]))
    #expect(try decode([2, 1], OptionSpecification("x", .integers, help: "")) == .integers([2, 1]))
    #expect(try decode(["a": 1], OptionSpecification("x", .any, help: "")) == .any(["a": 1]))
  }

  @Test("Another value is an error that says where, what was expected, and what was given")
  func mistakes() {
    let count = OptionSpecification("shots", default: 1, range: .from(0, to: 5), help: "")
    #expect(message(6, count) == "plan: x: a whole number from 0 to 5 was expected, not 6")
    #expect(message(1.5, count) == "plan: x: a whole number from 0 to 5 was expected, not 1.5")
    #expect(message("1", OptionSpecification("s", .number, help: "")) == "plan: x: a number was expected, not \"1\"")
    #expect(
      message(1, OptionSpecification("f", default: true, help: "")) == "plan: x: true or false was expected, not 1")
    let split = OptionSpecification("split", choices: ["test", "validation"], help: "")
    #expect(message("tset", split) == "plan: x: no such split: \"tset\"; did you mean \"test\"?")
    let steps = OptionSpecification("steps", .texts, choices: ["strip", "case"], help: "")
    #expect(message(["case", "stripp"], steps) == "plan: x[1]: no such steps: \"stripp\"; did you mean \"strip\"?")
    let lengths = OptionSpecification("l", .integers, range: .from(2), help: "")
    for value in [[], [1], [2, 2], [2, "a"], 2] as [JSONValue] {
      #expect(message(value, lengths).hasPrefix("plan: x: a list of different whole numbers of 2 or more was expected"))
    }
  }

  @Test("A range has its ends or has not, and says so")
  func ranges() {
    let closed = OptionRange.from(0, to: 5)
    #expect(closed.contains(0) && closed.contains(5) && !closed.contains(5.1) && closed.words == "0 to 5")
    let endless = OptionRange.from(1)
    #expect(endless.contains(1e300) && !endless.contains(0.9) && endless.words == "1 or more")
    let open = OptionRange.between(0, and: 1)
    #expect(!open.contains(0) && !open.contains(1) && open.contains(0.5) && open.words == "between 0 and 1")
    let positive = OptionRange.above(0)
    #expect(!positive.contains(0) && positive.contains(1e300) && positive.words == "above 0")
    #expect(positive.clause == "above 0" && endless.clause == "of 1 or more")
    let half = OptionRange.above(0, to: 1)
    #expect(!half.contains(0) && half.contains(1) && half.contains(1e-12) && half.words == "above 0, at most 1")
    #expect(!closed.contains(.nan) && !open.contains(.nan) && !endless.contains(.nan))
    let json = OptionSpecification("x", default: 1, range: closed, help: "").json.objectValue
    #expect(json?["range"] == "0 to 5" && json?["least"] == 0 && json?["greatest"] == 5)
  }

  @Test("Options of a call: defaults are filled in, null is absent, an alias is its option, errors name call and key")
  func call() throws {
    let options = [
      OptionSpecification("level", default: .number(0.95), range: .between(0, and: 1), help: ""),
      OptionSpecification("stop", .texts, aliases: ["stops"], help: ""),
      OptionSpecification("seed", .integer, help: ""),
    ]
    let none = try CallOptions(nil, of: "x", options)
    #expect(none["level"]?.number == 0.95 && none["stop"] == nil && none.given.isEmpty)
    let some = try CallOptions(#"{"level": 0.5, "stops": "a", "seed": null}"#, of: "x", options)
    #expect(some["level"]?.number == 0.5 && some["stop"]?.texts == ["a"] && some["seed"] == nil)
    #expect(some.given == ["level", "stop"])
    for (text, message) in [
      ("3", "x: an object was expected, not a number"),
      (#"{"sed": 1}"#, #"x: unknown key "sed"; did you mean "seed"?"#),
      (#"{"stop": "a", "stops": "b"}"#, "x: stop is given twice, also as stops"),
      (#"{"level": 1}"#, "x: level: a number between 0 and 1 was expected, not 1"),
      (#"{"seed": 0.5}"#, "x: seed: a whole number was expected, not 0.5"),
    ] {
      let error = #expect(throws: BenchmarkError.self) { try CallOptions(text, of: "x", options) }
      #expect(error?.message == message && error?.kind == .invalidArgument)
    }
    #expect(throws: BenchmarkError.self) { try CallOptions("{", of: "x", options) }
  }
}

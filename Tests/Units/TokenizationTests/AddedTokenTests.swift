import Glibc
import Support
import Testing

@testable import Tokenization

/// Tokens that the files beside tokenizer.json and tokenizer.model add; what is expected is what `transformers` 5.24 does.
struct AddedTokenTests {
  private static let sources = ["tokenizer.model", "tokenizer.json"]
  /// The tiny tokenizers have the identifiers 0 to 899.
  private static let size: Int32 = 900

  /// A folder with one of the tiny tokenizers and other files.
  private func tokenizer(_ source: String, _ files: [String: String]) throws -> Tokenizer {
    var template = Array("/tmp/gemmabench-added-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
    let folder = try #require(made)
    try #require(symlink("\(TestFiles.tiny)/\(source)", "\(folder)/\(source)") == 0)
    for (name, text) in files { try FileSystem.write(text, to: "\(folder)/\(name)") }
    defer {
      for name in files.keys { unlink("\(folder)/\(name)") }
      unlink("\(folder)/\(source)")
      rmdir(folder)
    }
    return try Tokenizer.load(folder: folder)
  }

  @Test(
    "An added token is one token, decoded to nothing if it is special",
    arguments: sources,
    [
      ["added_tokens.json": #"{"<image_soft_token>": 900}"#],
      [
        "added_tokens.json": #"{"<image_soft_token>": 900}"#,
        "tokenizer_config.json": #"{"image_token": "<image_soft_token>"}"#,
      ],
      [
        "added_tokens.json": #"{"<image_soft_token>": 900}"#,
        "special_tokens_map.json": #"{"image_token": "<image_soft_token>"}"#,
      ],
      [
        "tokenizer_config.json":
          #"{"added_tokens_decoder": {"900": {"content": "<image_soft_token>", "special": true}}}"#
      ],
      ["tokenizer_config.json": #"{"image_token": "<image_soft_token>"}"#],
    ])
  func addedTokens(source: String, files: [String: String]) throws {
    let plain = try Tokenizer.load(file: "\(TestFiles.tiny)/\(source)")
    let tokenizer = try tokenizer(source, files)
    #expect(tokenizer.sourceName == source && tokenizer.vocabularySize == 901)
    let hello = plain.encode("hello", addBeginningOfSequence: false)
    let tokens = tokenizer.encode("hello<image_soft_token>", addBeginningOfSequence: false)
    #expect(tokens == hello + [Self.size])
    #expect(tokenizer.text(of: Self.size) == "<image_soft_token>")
    let isSpecial = files.count == 2 || files["added_tokens.json"] == nil
    #expect(tokenizer.isSpecial(Self.size) == isSpecial)
    #expect(tokenizer.decode(tokens) == (isSpecial ? "hello" : "hello<image_soft_token>"))
  }

  @Test(
    "New tokens get the next free numbers in the order of those that the file gives, with a warning where they differ")
  func numbers() throws {
    let tokenizer = try tokenizer(
      "tokenizer.model", ["added_tokens.json": #"{"<far>": 1000, "<near>": 901, "<taken>": 5, "<bos>": 2}"#])
    #expect(tokenizer.encode("<near><far><taken>", addBeginningOfSequence: false) == [901, 902, 900])
    #expect(tokenizer.encode("<bos>", addBeginningOfSequence: false) == [2])
    let moved = tokenizer.warnings.filter { $0.contains("added token") }
    #expect(moved.count == 2 && moved[1].hasSuffix("added token <far> is token 902, not 1000"))
  }

  @Test("A tokenizer.json whose added tokens have other numbers than the vocabulary loads as in tokenizers")
  func otherNumbers() throws {
    var document = try #require(
      try JSONReader.parse(try FileSystem.read("\(TestFiles.tiny)/tokenizer.json")).objectValue)
    let plain = try Tokenizer.load(file: "\(TestFiles.tiny)/tokenizer.json")
    let known = try #require(plain.text(of: 500))
    let added: [JSONValue] = [
      ["id": 300, "content": .string(known), "normalized": false],
      ["id": 300, "content": "<new>", "normalized": false],
      ["id": 950, "content": "<far>", "normalized": false], ["id": 901, "content": "", "normalized": false],
    ]
    document["added_tokens"] = .array((document["added_tokens"]?.arrayValue ?? []) + added)
    try TestFiles.withScratchFile(Array(JSONValue.object(document).text().utf8), suffix: ".json") { path in
      let tokenizer = try Tokenizer.load(file: path)
      let texts = [known, "<new>", "<far>"]
      #expect(texts.map { tokenizer.encode($0, addBeginningOfSequence: false) } == [[500], [900], [901]])
      #expect(tokenizer.vocabularySize == 902)
      #expect(tokenizer.warnings.count { $0.contains("added token") } == 3)
    }
  }

  /// The texts, and their tokens by the flags of an added `<x>`: tokenizers 0.23.
  private static let strippedTexts = [
    "a <x> b", "a \n\u{A0}<x>\t b", "<x> <x>", "a<x>b", "a <x>b", "a<x> b", "é<x>", "a <x>, b", "  <x>  ",
  ]
  private static let strippedTokens: [(flags: [String], tokens: [[Int32]])] = [
    (
      ["lstrip"],
      [
        [775, 900, 288], [775, 900, 29, 288], [900, 900], [775, 900, 792], [775, 900, 792], [775, 900, 288],
        [817, 900],
        [775, 900, 797, 288], [900, 15],
      ]
    ),
    (
      ["rstrip"],
      [
        [775, 772, 900, 792], [775, 772, 30, 214, 180, 900, 792], [900, 900], [775, 900, 792], [775, 772, 900, 792],
        [775, 900, 792], [817, 900], [775, 772, 900, 797, 288], [15, 900],
      ]
    ),
    (
      ["single_word"],
      [
        [775, 772, 900, 288], [775, 772, 30, 214, 180, 900, 29, 288], [900, 772, 900], [775, 80, 140, 82, 792],
        [775, 772, 80, 140, 82, 792], [775, 80, 140, 82, 288], [817, 80, 140, 82], [775, 772, 900, 797, 288],
        [15, 900, 15],
      ]
    ),
    (
      ["lstrip", "normalized"],
      [
        [775, 772, 900, 288], [775, 772, 900, 29, 288], [900, 772, 900], [775, 900, 792], [775, 772, 900, 792],
        [775, 900, 288], [817, 900], [775, 772, 900, 797, 288], [15, 900, 15],
      ]
    ),
  ]

  @Test("Added tokens take the white space around them, and are none inside words, as their flags say")
  func flags() throws {
    let source = try #require(
      try JSONReader.parse(try FileSystem.read("\(TestFiles.tiny)/tokenizer.json")).objectValue)
    for (flags, expected) in Self.strippedTokens {
      var token: JSONObject = ["id": 900, "content": "<x>", "normalized": false, "special": true]
      for flag in flags { token[flag] = true }
      var document = source
      document["added_tokens"] = .array((source["added_tokens"]?.arrayValue ?? []) + [.object(token)])
      try TestFiles.withScratchFile(Array(JSONValue.object(document).text().utf8), suffix: ".json") { path in
        let tokenizer = try Tokenizer.load(file: path)
        let found = Self.strippedTexts.map { tokenizer.encode($0, addBeginningOfSequence: false) }
        #expect(found == expected, "\(flags)")
      }
    }
  }

  @Test("added_tokens_decoder goes before added_tokens.json")
  func newerFileFirst() throws {
    let files = [
      "added_tokens.json": #"{"<old>": 900}"#,
      "tokenizer_config.json": #"{"added_tokens_decoder": {"900": {"content": "<new>"}}}"#,
    ]
    let tokenizer = try tokenizer("tokenizer.model", files)
    #expect(tokenizer.token(of: "<new>") == 900 && tokenizer.token(of: "<old>") == nil)
  }

  @Test("tokenizer_config.json makes tokens special that tokenizer.json does not name")
  func furtherSpecialTokens() throws {
    let configuration = """
      {"soc_token": "<table>", "x_token": {"content": "</table>"}, "extra_special_tokens": ["<unused0>"],
       "model_specific_special_tokens": {"a": "<unused1>"}, "pad_token": null,
       "added_tokens_decoder": {"7": {"content": "the", "special": false}}}
      """
    let tokenizer = try tokenizer("tokenizer.json", ["tokenizer_config.json": configuration])
    for text in ["<table>", "</table>", "<unused0>", "<unused1>"] {
      #expect(tokenizer.token(of: text).map(tokenizer.isSpecial) == true, "\(text)")
    }
    let tokens = tokenizer.encode("<table>the</table>", addBeginningOfSequence: false)
    #expect(tokenizer.decode(tokens) == "the")
  }

  @Test(
    "Malformed files are errors that name them",
    arguments: [
      ("added_tokens.json", "[]"), ("added_tokens.json", #"{"<x>": "900"}"#),
      ("tokenizer_config.json", #"{"added_tokens_decoder": {"x": {"content": "<x>"}}}"#),
      ("special_tokens_map.json", "7"),
    ])
  func malformed(name: String, text: String) {
    let error = #expect(throws: BenchmarkError.self) { try tokenizer("tokenizer.model", [name: text]) }
    #expect(error?.message.contains("<x>") == true || error?.message.contains(name) == true)
  }
}

import Glibc
import Support
import Testing
@testable import Checkpoints

@testable import Tokenization

/// Where templates of checkpoints stand, which one is taken, and what they say of the model.
@Suite struct ChatTemplateSourceTests {
  private func scratch(_ files: [String: String], _ body: (String) throws -> Void) throws {
    var name = Array("/tmp/gemmabench-chat-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&name).map { String(cString: $0) })
    let additional = folder + "/additional_chat_templates"
    defer {
      for name in files.keys { unlink("\(folder)/\(name)") }
      rmdir(additional)
      rmdir(folder)
    }
    if files.keys.contains(where: { $0.contains("/") }) { mkdir(additional, 0o700) }
    for (name, text) in files { try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)") }
    try body(folder)
  }

  @Test("A folder's templates are those that transformers loads, each with its file and digest")
  func folders() throws {
    let cases: [([String: String], [String])] = [
      ([:], []),
      (["chat_template.jinja": "J", "tokenizer_config.json": #"{"chat_template":"T"}"#], ["default=J"]),
      (["chat_template.jinja": " \n", "tokenizer_config.json": #"{"chat_template":"T"}"#], ["default=T"]),
      (
        [
          "chat_template.jinja": "J", "additional_chat_templates/rag.jinja": "R",
          "additional_chat_templates/x.txt": "-",
        ],
        ["default=J", "rag=R"]
      ),
      (
        ["chat_template.jinja": "J", "additional_chat_templates/default.jinja": "D"], ["default=D"]
      ),
      (
        ["additional_chat_templates/rag.jinja": "R", "tokenizer_config.json": #"{"chat_template":"T"}"#], ["rag=R"]
      ),
      (
        [
          "tokenizer_config.json": #"{"chat_template":[{"name":"b","template":"B"},{"name":"default","template":"D"}]}"#
        ],
        ["b=B", "default=D"]
      ),
      (["chat_template.json": #"{"chat_template":{"default":"C","tool_use":"U"}}"#], ["default=C", "tool_use=U"]),
    ]
    for (files, expected) in cases {
      try scratch(files) { folder in
        let found = try ChatTemplateSource.all(folder: folder)
        #expect(found.map { "\($0.name)=\($0.text)" } == expected, "\(files)")
        for source in found {
          #expect(files[source.file] != nil && source.sha256 == SHA256.hexadecimal(source.text))
        }
      }
    }
  }

  @Test("A template is taken by its name; a report tells which")
  func names() throws {
    let tokenizer = try Tokenizer.load(folder: TestFiles.tiny)
    let user = [ChatMessage(role: "user", "x")]
    let files = [
      "chat_template.jinja": "{{ bos_token }}J{{ messages[0].content }}",
      "additional_chat_templates/rag.jinja": "{{ bos_token }}R{{ messages[0].content }}",
      "own.jinja": "{{ bos_token }}{{ pad_token }}{{ messages[0].content }}",
      "tokenizer_config.json": #"{"pad_token":"<p>"}"#,
      "own.json":
        #"{"chat_template":[{"name":"a","template":"A"},{"name":"b","template":"B{{ messages[0].content }}"}]}"#,
      "empty.jinja": "\n",
    ]
    try scratch(files) { folder in
      func load(_ name: String?) throws -> ChatTemplate? {
        try ChatTemplate.load(checkpoint: folder, named: name, tokenizer: tokenizer)
      }
      #expect(try load(nil)?.name == "chat_template.jinja" && load("default")?.render(user) == "<bos>Jx")
      #expect(try load("rag")?.name == "additional_chat_templates/rag.jinja" && load("rag")?.render(user) == "<bos>Rx")
      let error = #expect(throws: BenchmarkError.self) { try load("tool_use") }
      #expect(error?.message.contains("tool_use") == true && error?.message.contains("default, rag") == true)

      func own(_ file: String, _ name: String? = nil) throws -> ChatTemplate {
        try ChatTemplate.load(file: "\(folder)/\(file)", named: name, checkpoint: folder, tokenizer: tokenizer)
      }
      let template = try own("own.jinja")
      #expect(try template.render(user) == "<bos><p>x" && template.source == "\(folder)/own.jinja")
      #expect(try own("own.json", "b").render(user) == "Bx" && own("own.json", "b").name == "\(folder)/own.json (b)")
      for (file, words) in [("own.json", "a, b"), ("empty.jinja", "no chat template"), ("none.jinja", "none.jinja")] {
        let error = #expect(throws: BenchmarkError.self) { try own(file) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test("Templates come back from a GGUF file, the named ones too")
  func files() throws {
    var metadata = GGUFMetadata()
    metadata.set("general.architecture", "gemma3")
    ChatTemplateSource.write(
      [
        ChatTemplateSource(name: "default", text: "D", file: "f"),
        ChatTemplateSource(name: "tool-use", text: "U", file: "f"),
      ], to: &metadata)
    var header: [UInt8] = Array("GGUF".utf8)
    for value in [3] as [UInt32] { withUnsafeBytes(of: value.littleEndian) { header += $0 } }
    for value in [0, UInt64(metadata.count)] { withUnsafeBytes(of: value.littleEndian) { header += $0 } }
    try TestFiles.withScratchFile(header + metadata.bytes, suffix: ".gguf") { path in
      let found = try ChatTemplateSource.all(gguf: try GGUFFile(path))
      #expect(found.map { "\($0.name)=\($0.text)" } == ["tool_use=U", "default=D"])
      #expect(found.map(\.title) == ["gguf (tool_use)", "gguf"])
    }
  }

  @Test("Name, template and vocabulary together say that a model is tuned for conversations")
  func instructionTuning() throws {
    let pocket = TestFiles.packageRoot + "/scripts/pocket"
    let tokenizer = try Tokenizer.load(folder: pocket + "/tokenizer-it")
    let template = try #require(try ChatTemplate.load(folder: pocket + "/tokenizer-it", tokenizer: tokenizer))
    for (name, isTuned) in [
      ("pocket-6m-it", true), ("gemma-4-E2B-it-Q4_K_M.gguf", true), ("Llama-3.2-1B-Instruct", true),
      ("Qwen3-4B-Thinking-2507", true), ("pocket-6m", false), ("gemma-3-4b-pt", false), ("bitnet", false),
      ("Model-Base-Chat", false),
    ] {
      #expect(
        InstructionTuning.isLikely(name: name, template: template, tokenizer: tokenizer) == isTuned, "\(name)")
    }
    #expect(!InstructionTuning.isLikely(name: "x-it", template: nil, tokenizer: tokenizer))
    let other = try Tokenizer.load(folder: pocket + "/tokenizer")
    #expect(
      !InstructionTuning.isLikely(name: "x-it", template: template, tokenizer: other), "its markers are no tokens")
    let standard = try ChatTemplate.standard(modelType: "gemma4", tokenizer: tokenizer)
    #expect(standard?.isStandard == true)
    #expect(!InstructionTuning.isLikely(name: "x-it", template: standard, tokenizer: tokenizer))
  }

  @Test("Only published texts are known, whatever white space ends them")
  func published() {
    #expect(PublishedTemplates.revision(of: StandardTemplates.gemma4) == nil)
    #expect(PublishedTemplates.warning(of: "", source: "x") == nil)
  }
}

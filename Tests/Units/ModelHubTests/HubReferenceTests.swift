import Support
import Testing

@testable import ModelHub

struct HubReferenceTests {
  @Test("A name on the Hub, with a file and a revision")
  func forms() throws {
    let plain = try #require(HubReference("google/gemma-3-1b-it"))
    #expect(plain.repository == "google/gemma-3-1b-it" && plain.revision == nil && plain.file == nil)
    let whole = try #require(HubReference("hf://someone/x.y_z:sub/q4_0.gguf@refs/pr/1"))
    #expect(whole.repository == "someone/x.y_z" && whole.file == "sub/q4_0.gguf" && whole.revision == "refs/pr/1")
    #expect(whole.description == "someone/x.y_z:sub/q4_0.gguf@refs/pr/1")
    #expect(HubReference("gemma-3-1b-it@main")?.description == "google/gemma-3-1b-it@main")
    #expect(HubReference("GEMMA-4-e2b-IT")?.repository == "google/gemma-4-E2B-it")
  }

  @Test(
    "What is no name on the Hub",
    arguments: [
      "", "/", "a", "a/", "/b", "a/b/c", "a/b:", "a/b@", "a/b@../x", "a/b:../x", "../b", "a/..", "a--b/c", "-a/b",
      "a/b-",
      "ä/b", "a/b c", "a/b@x\n", "a/b:/etc/passwd", "a/b:x//y", "a/b@\\x", "gemma", "hf://", "a//b",
    ])
  func refused(text: String) { #expect(HubReference(text) == nil) }

  @Test("What a path means")
  func paths() {
    #expect(HubReference.ofPath("google/gemma-3-1b-it") != nil)
    for path in ["/google/gemma", "./google/gemma", "../google/gemma", "~/gemma", "a/b/c", "tmp"] {
      #expect(HubReference.ofPath(path) == nil)
    }
    // A folder that is there is a folder; and below a folder that is there, nothing is an owner's.
    #expect(HubReference.ofPath("Sources/gemma") == nil || !FileSystem.isFolder("Sources"))
  }
}

struct GemmaNamesTests {
  @Test(
    "The short form gives the repositories that there are",
    arguments: [
      ("gemma", nil, "2b", "it", "gemma-2b-it"), ("gemma", nil, "2b", "pt", "gemma-2b"),
      ("gemma", "1.1", "7b", nil, "gemma-1.1-7b-it"), ("gemma", "2", "9b", "it", "gemma-2-9b-it"),
      ("gemma2", nil, "27B", "base", "gemma-2-27b"), ("gemma", nil, "9b", nil, "gemma-2-9b-it"),
      ("gemma", "3", "270m", "pt", "gemma-3-270m"), ("gemma", "3", "1b", "pt", "gemma-3-1b-pt"),
      ("gemma-3", nil, "4b", nil, "gemma-3-4b-it"), ("gemma", "3n", "e2b", "it", "gemma-3n-E2B-it"),
      ("gemma", "3", "E4B", "pt", "gemma-3n-E4B"), ("gemma", "4", "26b", "it", "gemma-4-26B-A4B-it"),
      ("gemma", "4", "31b", "pt", "gemma-4-31B"), ("gemma4", "4", "e4b", nil, "gemma-4-E4B-it"),
    ] as [(String, String?, String, String?, String)])
  func short(type: String, generation: String?, size: String, variant: String?, name: String) throws {
    let repository = try GemmaNames.repository(type: type, generation: generation, size: size, variant: variant)
    #expect(repository == "google/\(name)")
    #expect(HubReference(name)?.repository == repository)
  }

  @Test("An unknown combination says what is known")
  func unknown() {
    func message(_ type: String, _ generation: String?, _ size: String, _ variant: String? = nil) -> String {
      do {
        return try GemmaNames.repository(type: type, generation: generation, size: size, variant: variant)
      } catch { return error.message }
    }
    #expect(message("gemma", "2", "7b").contains("sizes of generation 2: 2b, 9b, 27b"))
    #expect(message("gemma", "5", "7b").contains("generations: 1, 1.1, 2, 3, 3n, 4"))
    #expect(message("gemma", "1.1", "2b", "pt").contains("known: google/gemma-1.1-2b-it"))
    #expect(message("gemma", nil, "27b").contains("generations 2 and 3"))
    #expect(message("gemma", nil, "2b", "chatty").contains("it (instruction-tuned) or pt"))
    #expect(message("gemma2", "3", "1b").contains("contradict"))
    #expect(message("llama", nil, "7b").contains("only gemma"))
  }
}

@preconcurrency import Glibc
import Support
import Testing

@testable import ModelHub

/// The variables' precedence is huggingface_hub's; Tests/Fronts/Hub/test_peer.py asks it itself.
struct HubSettingsTests {
  private func settings(_ values: [String: String], cache: String? = nil) throws(BenchmarkError) -> HubSettings {
    try HubSettings(environment: { values[$0] }, cacheFolder: cache)
  }

  @Test("Where the cache is")
  func cache() throws {
    let home = ["HOME": "/h"]
    func folder(_ values: [String: String]) throws -> String {
      try settings(home.merging(values) { $1 }).cacheFolder
    }
    #expect(try folder([:]) == "/h/.cache/huggingface/hub")
    #expect(try folder(["XDG_CACHE_HOME": "/x"]) == "/x/huggingface/hub")
    #expect(try folder(["HF_HOME": "~/f", "XDG_CACHE_HOME": "/x"]) == "/h/f/hub")
    #expect(try folder(["HF_HUB_CACHE": "/c", "HUGGINGFACE_HUB_CACHE": "/d"]) == "/c")
    #expect(try folder(["HUGGINGFACE_HUB_CACHE": "/d", "HF_HOME": "/f"]) == "/d")
    #expect(try settings(home, cache: "~/mine").cacheFolder == "/h/mine")
    #expect(try settings(["HOME": "/h", "HF_HOME": ""]).cacheFolder == "/h/.cache/huggingface/hub")
  }

  @Test("The token, and what cannot be one")
  func token() throws {
    #expect(try settings([:]).token == nil)
    let given = try settings(["HF_TOKEN": " hf_abc\n"])
    #expect(given.token == "hf_abc" && given.tokenSource == "HF_TOKEN")
    #expect(try settings(["HF_TOKEN": "  ", "HUGGING_FACE_HUB_TOKEN": "hf_old"]).token == "hf_old")
    for bad in ["hf_a b", "hf_a\r\nX: y", "hf_ä", String(repeating: "x", count: 5000)] {
      do {
        _ = try settings(["HF_TOKEN": bad])
        Issue.record("\(bad) was taken for a token")
      } catch {
        #expect(error.kind == .accessDenied && !error.message.contains(bad) && error.message.contains("HF_TOKEN"))
      }
    }
  }

  @Test("The endpoint, and being offline")
  func endpoint() throws {
    #expect(try settings([:]).endpoint == "https://huggingface.co")
    #expect(try settings(["HF_ENDPOINT": "http://localhost:8080//"]).endpoint == "http://localhost:8080")
    for bad in ["huggingface.co", "ftp://x", "file:///x"] {
      #expect(throws: BenchmarkError.self) { try settings(["HF_ENDPOINT": bad]) }
    }
    for (value, isOffline) in [("1", true), ("true", true), ("YES", true), ("0", false), ("no", false), ("", false)] {
      #expect(try settings(["HF_HUB_OFFLINE": value]).isOffline == isOffline)
    }
  }
}

struct WebAddressTests {
  @Test("Origins and links")
  func origins() {
    #expect(WebAddress.origin("https://Hub.Example/x?y") == "https://hub.example:443")
    #expect(WebAddress.origin("http://a:8080/x") == "http://a:8080")
    #expect(WebAddress.origin("http://a:8080") != WebAddress.origin("http://a:8081"))
    #expect(WebAddress.origin("http://user@evil.example/") == "http://evil.example:80")
    #expect(WebAddress.origin("no address at all") == nil)
    #expect(WebAddress.join("https://a/b/c?d", "/e?f") == "https://a/e?f")
    #expect(WebAddress.join("https://a/b/c", "https://x/y") == "https://x/y")
    #expect(WebAddress.join("https://a/b/c", "//x/y") == "https://x/y")
  }

  @Test("Escapes, as Python's quote makes them")
  func escapes() {
    #expect(WebAddress.escaped("a b/ä?#%", keepingSlashes: true) == "a%20b/%C3%A4%3F%23%25")
    #expect(WebAddress.escaped("refs/pr/1", keepingSlashes: false) == "refs%2Fpr%2F1")
    #expect(WebAddress.escaped("gemma-3_1.b~", keepingSlashes: false) == "gemma-3_1.b~")
  }

  @Test("How long the Hub asks to wait")
  func delays() {
    func delay(_ status: Int, _ fields: [String: String]) -> Double? {
      HubClient.askedDelay(HTTPHead(status: status, fields: fields))
    }
    #expect(delay(503, ["retry-after": "7"]) == 7)
    #expect(delay(429, ["ratelimit": "\"api\";r=0;t=55"]) == 55)
    #expect(delay(200, ["ratelimit": "\"api\";r=9;t=55"]) == nil)
    #expect(delay(429, ["retry-after": "-1"]) == nil && delay(429, ["retry-after": "soon"]) == nil)
  }
}

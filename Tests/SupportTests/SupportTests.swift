import Testing

@testable import Support

@Suite struct SupportTests {
  /// Examples of FIPS 180-4 (NIST's published vectors).
  @Test(arguments: [
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digestsAreThoseOfTheStandard(text: String, digest: String) {
    #expect(SHA256.hexadecimal(text) == digest)
  }

  @Test func digestsOfLongTextsAreThoseOfTheStandard() {
    let digest = SHA256.hexadecimal(String(repeating: "a", count: 1_000_000))
    #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func misspeltNamesAreRecognised() {
    #expect(NearestName.find("shot", among: ["shots", "subset"]) == "shots")
    #expect(NearestName.find("zebra", among: ["shots", "subset"]) == nil)
  }

  @Test func numbersAreWrittenWithFixedDigits() {
    #expect(0.12345.fixed(2) == "0.12")
    #expect((-1.5).fixed(0) == "-2")
    #expect(0.05.fixed(3) == "0.050")
    #expect((-0.0001).fixed(2) == "0.00")
  }

  @Test func filesAreWrittenWholeAndReadBack() throws {
    let folder = "/tmp/gemmabench-support-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeFolder(folder + "/a/b")
    try FileSystem.write("text", to: folder + "/a/b/c.txt")
    #expect(try FileSystem.readText(folder + "/a/b/c.txt") == "text")
    #expect(try FileSystem.list(folder + "/a/b") == ["c.txt"])
    #expect(throws: BenchmarkError.self) { try FileSystem.read(folder + "/missing") }
  }
}

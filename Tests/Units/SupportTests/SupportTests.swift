import CDigests
import Testing

@testable import Support

@Suite struct SupportTests {
  @Test("A hint names the nearest candidate, those that contain the name, or the known ones, each once")
  func hints() {
    let subjects = ["all", "abstract_algebra", "anatomy", "college_mathematics"] + ["abstract_algebra", "anatomy"]
    #expect(NearestName.hint("anatmy", among: subjects) == "; did you mean \"anatomy\"?")
    #expect(NearestName.hint("algebra", among: subjects) == "; did you mean \"abstract_algebra\"?")
    #expect(NearestName.hint("Algebra", among: subjects) == "; did you mean \"abstract_algebra\"?")
    #expect(
      NearestName.hint("zzzzzz", among: subjects) == "; known: all, abstract_algebra, anatomy, college_mathematics")
    let many = (10..<50).map { "subject\($0)" }
    let hint = NearestName.hint("x", among: many)
    #expect(hint.hasSuffix("subject33 and 16 more") && !hint.contains("subject34"))
  }

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

  /// FIPS 180-4's examples, and the digest git gives an empty file.
  @Test(arguments: [
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"), ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ("blob 0\u{0}", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
  ])
  func digestsOfGitAreThoseOfTheStandard(text: String, digest: String) {
    var hash = SHA1()
    hash.update(Array(text.utf8))
    #expect(hash.finish() == digest)
  }

  @Test("A time as text is so many seconds after 1970")
  func times() {
    #expect(Clock.secondsSinceEpoch("1970-01-01T00:00:00Z") == 0)
    #expect(Clock.secondsSinceEpoch("2026-11-28T13:47:12Z") == 1_795_873_632)
    #expect(Clock.secondsSinceEpoch("2000-02-29T00:00:00Z") == 951_782_400)
    #expect(Clock.secondsSinceEpoch("") == nil && Clock.secondsSinceEpoch("2026-11-28 13:47") == nil)
  }

  @Test("A digest does not depend on how the bytes come, nor on the processor's instructions")
  func digestsInParts() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 3) }
    for size in [1, 3, 63, 64, 65, 127, 128, 129, 999] {
      var (first, second) = (SHA256(), SHA1())
      var (firstWhole, secondWhole) = (SHA256(), SHA1())
      for start in stride(from: 0, to: bytes.count, by: size) {
        let part = Array(bytes[start..<min(start + size, bytes.count)])
        first.update(part)
        second.update(part)
      }
      firstWhole.update(bytes)
      secondWhole.update(bytes)
      #expect(first.finish() == firstWhole.finish() && second.finish() == secondWhole.finish())
    }
    var state = (0..<8).map { UInt32($0) &* 0x9E37_79B9 }
    var portable = state
    gbd_sha256_blocks(&state, bytes, 15)
    gbd_sha256_blocks_portable(&portable, bytes, 15)
    #expect(state == portable)
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

  @Test("What a killed process left half written goes when the file is written again; all else stays")
  func abandonedSiblings() throws {
    let folder = "/tmp/gemmabench-support-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeFolder(folder)
    // No process has the first number; one has the second.
    let abandoned = "c.txt.\(Int32.max).tmp"
    let others = ["c.txt.1.tmp", "c.txt.0.tmp", "c.txt.notes.tmp", "d.txt.\(Int32.max).tmp"]
    for name in [abandoned] + others { try FileSystem.write("x", to: "\(folder)/\(name)") }
    try FileSystem.write("text", to: folder + "/c.txt")
    #expect(try FileSystem.list(folder) == (["c.txt"] + others).sorted())
  }
}

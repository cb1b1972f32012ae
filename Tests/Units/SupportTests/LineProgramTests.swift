import Glibc
import Testing

@testable import Support

/// Programs that answer lines, with the shell as the program.
@Suite struct LineProgramTests {
  private static func shell(_ script: String) throws -> LineProgram {
    try LineProgram(["sh", "-c", script], environment: ["PATH=/usr/bin:/bin", "NAME=owl"])
  }

  private static func line(_ program: LineProgram, seconds: Double = 20) throws(LineProgram.Fault) -> String {
    String(decoding: try program.line(until: Clock.seconds() + seconds, atMost: 1 << 20), as: UTF8.self)
  }

  @Test("Each line has an answer; the environment is the one given")
  func answers() throws {
    let program = try Self.shell("while read line <&3; do echo \"$NAME $line $HOME\" >&3; done")
    for number in 0..<20 {
      try program.send(Array("\(number)".utf8), until: Clock.seconds() + 20)
      #expect(try Self.line(program) == "owl \(number) ")
    }
  }

  @Test("An end is told with its status or its signal, also where a child holds the channel open")
  func ends() throws {
    #expect(throws: LineProgram.Fault.ended("ended with status 7")) { try Self.line(Self.shell("exit 7")) }
    let left = try Self.shell("sleep 1000 & exit 5")
    #expect(throws: LineProgram.Fault.ended("ended with status 5")) { try Self.line(left) }
    let error = #expect(throws: LineProgram.Fault.self) { try Self.line(Self.shell("kill -9 $$")) }
    guard case .ended(let words)? = error else {
      Issue.record("not ended: \(String(describing: error))")
      return
    }
    #expect(words.contains("signal 9"))
  }

  @Test("A program that says nothing is too slow, one that never ends its line too long")
  func limits() throws {
    let silent = try Self.shell("sleep 1000")
    #expect(throws: LineProgram.Fault.tooSlow) { try Self.line(silent, seconds: 0.3) }
    let endless = try Self.shell("while :; do printf 0123456789012345678901234567890123456789 >&3; done")
    #expect(throws: LineProgram.Fault.tooLong) {
      try endless.line(until: Clock.seconds() + 60, atMost: 100_000)
    }
  }

  @Test("Writing to a program that is gone is an error, and no signal")
  func gone() throws {
    let program = try Self.shell("exit 0")
    #expect(throws: LineProgram.Fault.self) {
      for _ in 0..<100 {
        try program.send([UInt8](repeating: 65, count: 1 << 16), until: Clock.seconds() + 20)
      }
    }
  }

  @Test("What it prints is kept for who asks, and a program that is not there is an error")
  func starts() throws {
    let program = try Self.shell("echo out; echo trouble >&2; exit 1")
    #expect(throws: LineProgram.Fault.self) { try Self.line(program) }
    #expect(program.written() == "out\ntrouble")
    #expect(throws: BenchmarkError.self) { try LineProgram(["/no/such/program"], environment: []) }
  }
}

import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc

struct ScriptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script", abstract: "Run a Lua script that describes a sweep.",
    discussion: """
      The script loads the library with require "gemmabench" (docs/lua-api.md). Options after the script's name go to \
      the script: gemmabench script scripts/demo.lua --help

        gemmabench script scripts/demo.lua --limit 20
      """)

  @Flag(help: "Show no progress.") var quiet = false
  @Argument(help: "The script.") var file: String
  @Argument(parsing: .captureForPassthrough, help: "The script's own options.") var arguments: [String] = []

  func run() throws {
    ProgressLine.setQuiet(quiet)
    Interruption.await()
    let copies = arguments.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    let pointers = copies.map { UnsafePointer($0) }
    let status = pointers.withUnsafeBufferPointer { buffer -> gb_status in
      var options = gb_lua_options()
      options.struct_size = UInt32(MemoryLayout<gb_lua_options>.size)
      options.argument_count = UInt32(arguments.count)
      options.arguments = buffer.baseAddress
      options.output = { text, length, _ in
        ProgressLine.end()
        let bytes = UnsafeBufferPointer(start: text, count: text == nil ? 0 : length)
        Console.print(String(decoding: bytes.lazy.map(UInt8.init(bitPattern:)), as: UTF8.self))
      }
      options.progress = ProgressLine.callback
      return gb_run_lua_file(file, &options)
    }
    ProgressLine.end()
    if status == GB_CANCELLED, Interruption.hasCome || Console.isBroken { return }
    try Library.check(status)
  }
}

import CGemmaBench
import LuaScripting
import Support

@_cdecl("gb_run_lua_file") @implementation
public func gb_run_lua_file(_ path: UnsafePointer<CChar>?, _ options: UnsafePointer<gb_lua_options>?) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    let path = try Boundary.path(path, "path")
    var options = try Options.read(options, zero: gb_lua_options(), "gb_lua_options")
    options.struct_size = UInt32(MemoryLayout<gb_lua_options>.size)
    if options.argument_count > 0 { _ = try Boundary.require(options.arguments, "gb_lua_options: arguments") }
    var message = [CChar](repeating: 0, count: 4096)
    let status = gbl_run_file(path, &options, &message, message.count)
    if status != GB_OK {
      let bytes = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw BenchmarkError(Boundary.kind(of: status), String(decoding: bytes, as: UTF8.self))
    }
  }
}

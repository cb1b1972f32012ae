import CGemmaBench
@preconcurrency import Glibc
import Support
import Tasks

private let versionText = CText(LibraryVersion.text)

private let statusNames: [gb_status: CText] = [
  GB_OK: CText("GB_OK"), GB_INVALID_ARGUMENT: CText("GB_INVALID_ARGUMENT"), GB_NOT_FOUND: CText("GB_NOT_FOUND"),
  GB_INVALID_FILE: CText("GB_INVALID_FILE"), GB_UNSUPPORTED: CText("GB_UNSUPPORTED"),
  GB_INPUT_OUTPUT: CText("GB_INPUT_OUTPUT"), GB_OUT_OF_MEMORY: CText("GB_OUT_OF_MEMORY"),
  GB_CANCELLED: CText("GB_CANCELLED"), GB_CALLBACK_FAILED: CText("GB_CALLBACK_FAILED"),
  GB_INTERNAL: CText("GB_INTERNAL"), GB_NETWORK: CText("GB_NETWORK"),
  GB_ACCESS_DENIED: CText("GB_ACCESS_DENIED"),
]

private let unknownStatusName = CText("GB_UNKNOWN_STATUS")

@_cdecl("gb_version") @implementation
public func gb_version() -> UnsafePointer<CChar>? { versionText.pointer }

@_cdecl("gb_status_name") @implementation
public func gb_status_name(_ status: gb_status) -> UnsafePointer<CChar>? {
  (statusNames[status] ?? unknownStatusName).pointer
}

@_cdecl("gb_last_error") @implementation
public func gb_last_error() -> UnsafePointer<CChar>? { LastError.message }

@_cdecl("gb_set_log_callback") @implementation
public func gb_set_log_callback(_ callback: gb_log_callback?, _ user_data: UnsafeMutableRawPointer?) -> gb_status {
  Log.setCallback(callback, user_data)
  return GB_OK
}

@_cdecl("gb_system_info") @implementation
public func gb_system_info(_ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    out.pointee = try Boundary.copy(SystemInformation.json.text())
  }
}

@_cdecl("gb_string_free") @implementation
public func gb_string_free(_ string: UnsafeMutablePointer<CChar>?) { free(string) }

@_cdecl("gb_task_catalogue") @implementation
public func gb_task_catalogue(_ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    try TaskCatalogue.check()
    out.pointee = try Boundary.copy(Schema.tasks.text())
  }
}

@_cdecl("gb_schema") @implementation
public func gb_schema(_ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    out.pointee = try Boundary.copy(Schema.json.text())
  }
}

@_cdecl("gb_suggest") @implementation
public func gb_suggest(
  _ out_text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ word: UnsafePointer<CChar>?,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int
) -> gb_status {
  out_text?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_text, "out_text")
    let word = try Boundary.text(word, "word")
    let known = try Boundary.texts(names, count, "names")
    out.pointee = try Boundary.copy(NearestName.hint(word, among: known))
  }
}

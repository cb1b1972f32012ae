import CGemmaBench
import Support
import Synchronization
import Tasks

@_cdecl("gb_reply_set") @implementation
public func gb_reply_set(_ reply: OpaquePointer?, _ text: UnsafePointer<CChar>?) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    try ReplyHandle.from(reply, "reply").set(try Boundary.text(text, "text"))
  }
}

@_cdecl("gb_define_task") @implementation
public func gb_define_task(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ callbacks: UnsafePointer<gb_task_callbacks>?
) -> gb_status {
  out?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    _ = try Boundary.require(callbacks, "callbacks")
    let callbacks = try Options.read(callbacks, zero: gb_task_callbacks(), "gb_task_callbacks")
    try Options.checkReserved(callbacks.reserved, "gb_task_callbacks")
    let text = try Boundary.text(callbacks.description, "gb_task_callbacks: description")
    _ = try Boundary.require(callbacks.prompt, "gb_task_callbacks: prompt")
    let description: JSONValue
    do throws(BenchmarkError) { description = try JSONReader.parse(text, name: "description") } catch {
      throw BenchmarkError(.invalidArgument, error.message)
    }
    let table = CallbackTable(callbacks)
    let task = try CallbackTask(
      description: description, count: Int(min(callbacks.sample_count, UInt64(Int32.max))), functions: table.functions)
    out.pointee = TaskHandle(task).retained()
    // From here on the task owns the user data; before, the caller does.
    table.arm()
  }
}

/// Where a callback leaves its answer.
final class ReplyHandle: Handle {
  private(set) var text: String?

  func set(_ text: String) { self.text = text }
}

/// The callbacks of a task, as functions; the last user of them tells the caller that they are not needed any more.
final class CallbackTable: @unchecked Sendable {  // the caller is told on which threads the callbacks are called
  private let callbacks: gb_task_callbacks
  private let isArmed = Atomic<Bool>(false)

  init(_ callbacks: gb_task_callbacks) { self.callbacks = callbacks }

  func arm() { isArmed.store(true, ordering: .releasing) }

  deinit {
    if isArmed.load(ordering: .acquiring) { callbacks.release?(callbacks.user_data) }
  }

  var functions: CallbackTask.Functions {
    var functions = CallbackTask.Functions(
      sample: nil,
      prompt: { index throws(BenchmarkError) in
        try self.ask("prompt") { self.callbacks.prompt($0, UInt64(index), self.callbacks.user_data) }
      }, score: nil)
    if let sample = callbacks.sample {
      functions.sample = { index throws(BenchmarkError) in
        try self.ask("sample") { sample($0, UInt64(index), self.callbacks.user_data) }
      }
    }
    if let score = callbacks.score {
      functions.score = { index, response throws(BenchmarkError) in
        try self.ask("score") { score($0, UInt64(index), response.text(), self.callbacks.user_data) }
      }
    }
    return functions
  }

  /// The answer of a callback as JSON; an error says what the callback said.
  private func ask(_ name: String, _ call: (OpaquePointer) -> Int32) throws(BenchmarkError) -> JSONValue {
    let reply = ReplyHandle()
    let status = withExtendedLifetime(reply) { call(reply.borrowed) }
    if status != 0 { throw BenchmarkError(.callbackFailed, reply.text ?? "the \(name) callback returned \(status)") }
    guard let text = reply.text else {
      throw BenchmarkError(.callbackFailed, "the \(name) callback gave no reply; call gb_reply_set")
    }
    do throws(BenchmarkError) { return try JSONReader.parse(text, name: "reply") } catch {
      throw BenchmarkError(.callbackFailed, "the \(name) callback's reply is not JSON: \(error.message)")
    }
  }
}

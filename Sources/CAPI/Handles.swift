import CGemmaBench
import Evaluation
@preconcurrency import Glibc
import Inference
import Plan
import Records
import Reporting
import Running
import Store
import Support
import Synchronization
import Tasks

/// A text that C may read as long as its owner lives.
final class CText: @unchecked Sendable {  // immutable after init
  let pointer: UnsafePointer<CChar>

  init(_ text: String) { pointer = UnsafePointer(strdup(text) ?? strdup("")!) }

  deinit { free(UnsafeMutableRawPointer(mutating: pointer)) }
}

/// What a C handle points to: retained by the handle, released by its _free.
class Handle {
  /// A new handle, retained once for the caller.
  func retained() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

  /// The handle without a retain, for borrowed pointers.
  var borrowed: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

  /// The object behind a handle; an error if it is NULL.
  static func from(_ pointer: OpaquePointer?, _ name: String) throws(BenchmarkError) -> Self {
    let pointer = try Boundary.require(pointer, name)
    let handle = Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    // A handle of another kind is a mistake that C compilers warn of and ctypes does not.
    guard let typed = handle as? Self else {
      throw BenchmarkError(.invalidArgument, "\(name) is a handle of another kind")
    }
    return typed
  }

  /// Gives up the caller's retain; NULL is nothing.
  static func free(_ pointer: OpaquePointer?) {
    guard let pointer else { return }
    Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(pointer)).release()
  }
}

final class ModelHandle: Handle {
  let provider: LocalProvider
  let info: CText

  init(_ provider: LocalProvider) {
    self.provider = provider
    info = CText(provider.facts.text())
  }
}

final class TaskHandle: Handle {
  let task: any BenchmarkTask
  let info: CText

  init(_ task: any BenchmarkTask) {
    self.task = task
    info = CText(
      JSONValue.object([
        "name": .string(task.name), "type": .string(task.type), "specification": .object(task.specification),
        "samples": JSONValue(task.count), "main_metric": .string(task.mainMetric),
        "metrics": .array(task.scoreMetrics.map { .object($0.json) }),
        "data_files": .array(task.dataFiles.map { ["path": .string($0.path), "sha256": .string($0.sha256)] }),
      ]).text())
  }
}

final class RunHandle: Handle {
  static let defaultLevel = 0.95

  let run: RunRecord
  let info: CText
  /// Samples as JSON, made when asked for, on whatever thread: a run may hold fourteen thousand.
  private let sampleTexts = Mutex<[Int: CText]>([:])

  init(_ run: RunRecord) {
    self.run = run
    info = CText(run.json(level: Self.defaultLevel).text())
  }

  func sample(_ index: Int) -> CText {
    sampleTexts.withLock { texts in
      if let text = texts[index] { return text }
      let text = CText(run.samples[index].json.text())
      texts[index] = text
      return text
    }
  }
}

final class GenerationHandle: Handle {
  let text: CText
  let info: CText

  init(_ generation: Generation) {
    text = CText(generation.text)
    var facts: JSONObject = [
      "text": .string(generation.text), "tokens": .array(generation.tokens.map { JSONValue(Int($0)) }),
      "prompt_tokens": JSONValue(generation.promptTokenCount),
      "truncated_tokens": JSONValue(generation.truncatedTokens),
      "finish_reason": .string(generation.finishReason.rawValue),
      "prefill_seconds": .number(generation.prefillSeconds), "decode_seconds": .number(generation.decodeSeconds),
    ]
    if let thought = generation.thought {
      facts["thought"] = .string(thought.text)
      facts["thought_tokens"] = JSONValue(thought.tokens)
      facts["thought_end"] = .string(thought.end.rawValue)
    }
    info = CText(JSONValue.object(facts).text())
  }
}

final class PlanHandle: Handle {
  let plan: SweepPlan
  let info: CText

  init(_ plan: SweepPlan, warns: Bool = true) {
    self.plan = plan
    info = CText(plan.json.text())
    if !warns { return }
    for warning in plan.warnings { Log.write(GB_LOG_WARNING, warning) }
  }
}

final class ReportHandle: Handle {
  let report: SweepReport
  /// Whether what is written may take the place of files that are there.
  var replaces = false
  /// A handle a cell, nil where the cell failed; borrowed by the caller.
  let runs: [RunHandle?]

  init(_ record: SweepRecord, libraryVersion: String = LibraryVersion.text) {
    report = SweepReport(record: record, libraryVersion: libraryVersion)
    runs = record.cells.map { cell in (try? cell.outcome.get()).map(RunHandle.init) }
  }
}

import CGemmaBench
import Plan
import Records
import Running
import Store
import Synchronization

/// Messages for whoever embeds the library; without a callback they are dropped.
enum Log {
  private struct Sink: @unchecked Sendable {  // the caller promises that callback and data may be used on any thread
    let callback: gb_log_callback
    let userData: UnsafeMutableRawPointer?
  }

  private static let sink = Mutex<Sink?>(nil)

  static func setCallback(_ callback: gb_log_callback?, _ userData: UnsafeMutableRawPointer?) {
    let new = callback.map { Sink(callback: $0, userData: userData) }
    sink.withLock { $0 = new }
  }

  static func write(_ severity: Int32, _ message: String) {
    guard let sink = sink.withLock({ $0 }) else { return }
    sink.callback(severity, message, sink.userData)
  }

  /// Says which flags the samples of runs raised, one warning each, and once what is to be said of a model's tokenizer and
  /// chat template.
  static func warn(of runs: [RunRecord]) {
    var told: Set<String> = []
    for run in runs {
      for (flag, count) in run.flagCounts {
        let of =
          run.repeats > 1
          ? "\(count) times in \(run.samples.count.counted("sample")) with \(run.repeats) responses each"
          : "in \(count) of \(run.samples.count) samples"
        write(GB_LOG_WARNING, "\(run.modelName) · \(run.taskName): \(flag) \(of)")
      }
      let warnings = run.model.objectValue?["warnings"]?.arrayValue?.compactMap(\.stringValue) ?? []
      let notices = warnings.map { "\(run.modelName): \($0)" } + (run.chatNotice.map { [$0] } ?? [])
      for notice in notices where told.insert(notice).inserted { write(GB_LOG_WARNING, notice) }
    }
  }
}

import CThreads

/// The processors this process may use.
package enum Processors {
  /// How many processors the scheduler lets this process run on, by its affinity; at least 1.
  package static var available: Int { Int(gbk_processor_count()) }

  /// The processor's name as the system tells it, if it does.
  package static var name: String? {
    guard let text = try? FileSystem.readText("/proc/cpuinfo", size: 16_384) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }.map(String.init)
  }
}

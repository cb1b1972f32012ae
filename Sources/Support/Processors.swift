@preconcurrency import Glibc

/// The processors this process may use.
public enum Processors {
  /// How many processors the scheduler lets this process run on; at least 1.
  public static var available: Int {
    var set = cpu_set_t()
    guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return 1 }
    let count = withUnsafeBytes(of: set) { bytes in bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
    return max(1, count)
  }

  /// The processor's name as the system tells it, if it does.
  public static var name: String? {
    guard let text = try? FileSystem.readText("/proc/cpuinfo", size: 16_384) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }.map(String.init)
  }
}

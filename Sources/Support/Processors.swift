@preconcurrency import Glibc

/// The processors this process may use.
package enum Processors {
  /// How many processors the scheduler lets this process run on, by its affinity; at least 1.
  package static var available: Int {
    let online = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    guard let text = try? FileSystem.readText("/proc/self/status", size: 16_384),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
    else { return online }
    let allowed = line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return allowed == 0 ? online : min(online, allowed)
  }

  /// The processor's name as the system tells it, if it does.
  package static var name: String? {
    guard let text = try? FileSystem.readText("/proc/cpuinfo", size: 16_384) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } }.map(String.init)
  }
}

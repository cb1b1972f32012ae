@preconcurrency import Glibc

/// The memory this process may still take.
package struct MachineMemory: Sendable, Equatable {
  /// Bytes that can be had without pushing anything else out, within the limits of the control groups.
  package let availableBytes: Int
  /// Bytes of the machine, or of the tightest control group.
  package let totalBytes: Int
  /// Whether a control group (a container's limit) is tighter than the machine.
  package let isLimited: Bool

  /// What the system says now; nil if it says nothing.
  ///
  /// The machine's part is MemAvailable of /proc/meminfo. A control group's is its limit less its use, where pages of
  /// files count as free, since they can be dropped. All groups from this process's own to the root are looked at.
  package static var current: MachineMemory? { read(root: "") }

  /// The same below another root folder, for tests.
  static func read(root: String) -> MachineMemory? {
    guard let text = try? FileSystem.readText("\(root)/proc/meminfo", size: 16_384),
      let total = kilobytes("MemTotal:", in: text), let free = kilobytes("MemAvailable:", in: text)
    else { return nil }
    var available = free
    var tightest = total
    for group in groups(root: root) {
      available = min(available, max(0, group.limit - group.used))
      tightest = min(tightest, group.limit)
    }
    return MachineMemory(availableBytes: available, totalBytes: tightest, isLimited: tightest < total)
  }

  private static func kilobytes(_ name: String, in text: String) -> Int? {
    text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: " ").dropFirst().first
      .flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// Limit and use of each control group that has a limit, versions 1 and 2.
  private static func groups(root: String) -> [(limit: Int, used: Int)] {
    guard let text = try? FileSystem.readText("\(root)/proc/self/cgroup", size: 16_384) else { return [] }
    var groups: [(limit: Int, used: Int)] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isSecond = fields[1].isEmpty
      guard isSecond || fields[1].split(separator: ",").contains("memory") else { continue }
      let base = isSecond ? "\(root)/sys/fs/cgroup" : "\(root)/sys/fs/cgroup/memory"
      // Inside a container the path may be the host's: then its root is the group.
      var parts = fields[2].split(separator: "/").map(String.init)
      while true {
        let folder = ([base] + parts).joined(separator: "/")
        if let group = isSecond ? second(folder) : first(folder) { groups.append(group) }
        if parts.isEmpty { break }
        parts.removeLast()
      }
    }
    return groups
  }

  private static func second(_ folder: String) -> (limit: Int, used: Int)? {
    guard let limit = number("\(folder)/memory.max"), let used = number("\(folder)/memory.current") else { return nil }
    return (limit, used - filePages("\(folder)/memory.stat", ["inactive_file", "active_file"]))
  }

  private static func first(_ folder: String) -> (limit: Int, used: Int)? {
    guard let limit = number("\(folder)/memory.limit_in_bytes"), limit < 1 << 60,
      let used = number("\(folder)/memory.usage_in_bytes")
    else { return nil }
    return (limit, used - filePages("\(folder)/memory.stat", ["total_inactive_file", "total_active_file"]))
  }

  private static func number(_ path: String) -> Int? {
    guard let text = try? FileSystem.readText(path, size: 64) else { return nil }
    return Int(text.filter { !$0.isWhitespace })
  }

  private static func filePages(_ path: String, _ names: [String]) -> Int {
    guard let text = try? FileSystem.readText(path, size: 65_536) else { return 0 }
    return text.split(separator: "\n").reduce(0) { sum, line in
      let fields = line.split(separator: " ")
      return fields.count == 2 && names.contains(String(fields[0])) ? sum + (Int(fields[1]) ?? 0) : sum
    }
  }
}

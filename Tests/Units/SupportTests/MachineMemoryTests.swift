@preconcurrency import Glibc
import Testing

@testable import Support

/// The files of /proc and /sys as machines and containers show them.
struct MachineMemoryTests {
  private func memory(_ files: [String: String]) throws -> MachineMemory? {
    let root = "/tmp/gemmabench-memory-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { _ = files.keys.map { unlink("\(root)/\($0)") } }
    let meminfo = "MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    800 kB\n"
    for (path, text) in files.merging(["proc/meminfo": meminfo], uniquingKeysWith: { first, _ in first }) {
      let folder = path.split(separator: "/").dropLast().joined(separator: "/")
      try FileSystem.makeFolder("\(root)/\(folder)")
      try FileSystem.write(text, to: "\(root)/\(path)")
    }
    return MachineMemory.read(root: root)
  }

  private let kilobyte = 1024

  @Test("Without a limit, the machine's own")
  func machine() throws {
    let free = try #require(try memory(["proc/self/cgroup": "0::/user\n", "sys/fs/cgroup/user/memory.max": "max\n"]))
    #expect(free == MachineMemory(availableBytes: 800 * kilobyte, totalBytes: 1000 * kilobyte, isLimited: false))
  }

  @Test("The tightest control group of the second version, its cached files left out")
  func second() throws {
    let files = [
      "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
      "sys/fs/cgroup/a/b/memory.current": "9\n", "sys/fs/cgroup/a/memory.max": "\(500 * kilobyte)\n",
      "sys/fs/cgroup/a/memory.current": "\(400 * kilobyte)\n",
      "sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file \(100 * kilobyte)\nactive_file \(50 * kilobyte)\n",
    ]
    let limited = try #require(try memory(files))
    #expect(limited == MachineMemory(availableBytes: 250 * kilobyte, totalBytes: 500 * kilobyte, isLimited: true))
  }

  @Test("A control group of the first version, below a path that the container does not show")
  func first() throws {
    let files = [
      "proc/self/cgroup": "4:memory:/docker/123\n3:cpu:/docker/123\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "\(300 * kilobyte)\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "\(400 * kilobyte)\n",
      "sys/fs/cgroup/memory/memory.stat": "total_inactive_file \(20 * kilobyte)\n",
    ]
    let limited = try #require(try memory(files))
    #expect(limited.availableBytes == 0 && limited.totalBytes == 300 * kilobyte && limited.isLimited)
  }

  @Test("A system that says nothing is no failure")
  func silence() throws { #expect(try memory(["proc/meminfo": "nonsense"]) == nil) }
}

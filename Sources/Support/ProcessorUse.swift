@preconcurrency import Glibc

/// What the machine's processors have done so far, and how much of it for others than this process.
package struct ProcessorUse: Sendable, Equatable {
  /// Seconds of all processors at work since the machine began.
  let busySeconds: Double
  /// Seconds of them that this process took.
  let ownSeconds: Double

  init(busySeconds: Double, ownSeconds: Double) {
    self.busySeconds = busySeconds
    self.ownSeconds = ownSeconds
  }

  /// What the system says now; nil if it says nothing. It counts in hundredths of a second.
  package static var current: ProcessorUse? {
    guard let text = try? FileSystem.readText("/proc/stat", size: 16_384), let busy = busyTicks(text) else {
      return nil
    }
    var use = rusage()
    guard getrusage(RUSAGE_SELF.rawValue, &use) == 0 else { return nil }
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return ProcessorUse(
      busySeconds: Double(busy) / Double(max(1, sysconf(Int32(_SC_CLK_TCK)))),
      ownSeconds: seconds(use.ru_utime) + seconds(use.ru_stime))
  }

  /// Seconds that processors worked for others from an earlier time to this.
  package func secondsOfOthers(since earlier: ProcessorUse) -> Double {
    max(0, (busySeconds - earlier.busySeconds) - (ownSeconds - earlier.ownSeconds))
  }

  /// The ticks of the first line of /proc/stat that are neither idle nor waiting for a disk (proc(5)): user, nice, system, irq,
  /// softirq, steal. Guests are counted within user.
  static func busyTicks(_ text: String) -> Int? {
    guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
    let numbers = line.split(separator: " ").dropFirst().compactMap { Int($0) }
    guard numbers.count >= 7 else { return nil }
    return numbers[0] + numbers[1] + numbers[2] + numbers[5] + numbers[6] + (numbers.count > 7 ? numbers[7] : 0)
  }
}

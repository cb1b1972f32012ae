@preconcurrency import Glibc

/// The memory this process holds.
package enum ProcessMemory {
  /// The most bytes that were resident at a time, mapped files included; nil if the system does not say.
  ///
  /// VmHWM of /proc/self/status: since the process began, or since `forgetPeak`.
  package static var peakResidentBytes: Int? { bytes("VmHWM:") }

  /// The bytes that are resident now; nil if the system does not say.
  package static var residentBytes: Int? { bytes("VmRSS:") }

  private static func bytes(_ key: String) -> Int? {
    guard let text = try? FileSystem.readText("/proc/self/status", size: 16_384) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
        .map { $0 * 1024 }
    }
    return nil
  }

  /// Lets the peak begin anew from what is resident now; false if the system does not allow it.
  package static func forgetPeak() -> Bool {
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    if descriptor < 0 { return false }
    defer { close(descriptor) }
    return Glibc.write(descriptor, "5", 1) == 1
  }
}

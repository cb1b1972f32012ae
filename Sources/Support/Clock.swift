@preconcurrency import Glibc

/// The monotonic clock, for durations.
package enum Clock {
  /// Seconds since some fixed moment of this process's life.
  package static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }

  /// The wall-clock time now, ISO 8601 in UTC to the second.
  package static func timestamp() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: Int32) -> String { String(number).leftPadded(to: 2, with: "0") }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }

  /// The seconds since 1970 of such a time; nil if the text is not a time.
  package static func secondsSinceEpoch(_ timestamp: String) -> Int? {
    let numbers = timestamp.split(whereSeparator: { "-T:Z".contains($0) }).compactMap { Int32($0) }
    guard timestamp.utf8.count == 20, timestamp.hasSuffix("Z"), numbers.count == 6 else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
    return timegm(&parts)
  }
}

extension Int {
  /// The number with what it counts: "1 sample", "2 samples".
  package func counted(_ thing: String) -> String { "\(self) \(thing)\(self == 1 ? "" : "s")" }
}

extension Double {
  /// The number with a fixed count of digits (0 to 15) after a point, whatever the host's locale is.
  package func fixed(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
    let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let scaled = (magnitude * scale).rounded()
    guard scaled < 9e15 else { return description }
    let whole = String(UInt64(scaled)).leftPadded(to: digits + 1, with: "0")
    let sign = self < 0 && scaled > 0 ? "-" : ""
    return digits == 0 ? sign + whole : sign + whole.dropLast(digits) + "." + whole.suffix(digits)
  }
}

extension String {
  /// The text padded on the right with spaces to a count of a terminal's columns.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - displayWidth))
  }

  /// The text padded on the left to a count of a terminal's columns; the filler takes one.
  package func leftPadded(to width: Int, with filler: String = " ") -> String {
    String(repeating: filler, count: Swift.max(0, width - displayWidth)) + self
  }
}

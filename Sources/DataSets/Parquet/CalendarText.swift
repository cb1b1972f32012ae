/// Dates and times as text in ISO 8601, as `isoformat()` of Python writes them.
enum CalendarText {
  private static let secondsPerDay: Int64 = 86400
  /// The Julian day number of 1970-01-01.
  private static let julianEpoch: Int64 = 2_440_588

  /// `2024-02-29`; years beyond four digits have a sign.
  static func date(daysSince1970 days: Int64) -> String {
    var text: [UInt8] = []
    append(days, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// `12:30:00`, with a fraction of six or nine digits where there is one.
  static func time(_ count: Int64, _ unit: LeafType.Unit) throws(DataFault) -> String {
    guard count >= 0, count / unit.perSecond < secondsPerDay else {
      throw DataFault("the time \(count) is outside of a day")
    }
    var text: [UInt8] = []
    append(second: count / unit.perSecond, fraction: count % unit.perSecond, unit, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// `2024-02-29T12:30:00`, with `+00:00` in UTC.
  static func timestamp(_ count: Int64, _ unit: LeafType.Unit, isUTC: Bool) -> String {
    let (seconds, fraction) = divided(count, unit.perSecond)
    return timestamp(seconds: seconds, fraction: fraction, unit, isUTC: isUTC)
  }

  /// The timestamp of the type INT96.
  static func timestamp(julianDay: Int64, nanoseconds: Int64) -> String {
    let (seconds, fraction) = divided(nanoseconds, LeafType.Unit.nanoseconds.perSecond)
    let days = julianDay - julianEpoch
    return timestamp(seconds: days * secondsPerDay + seconds, fraction: fraction, .nanoseconds, isUTC: false)
  }

  private static func timestamp(seconds: Int64, fraction: Int64, _ unit: LeafType.Unit, isUTC: Bool) -> String {
    let (days, second) = divided(seconds, secondsPerDay)
    var text: [UInt8] = []
    append(days, to: &text)
    text.append(UInt8(ascii: "T"))
    append(second: second, fraction: fraction, unit, to: &text)
    if isUTC { text += "+00:00".utf8 }
    return String(decoding: text, as: UTF8.self)
  }

  /// The quotient rounded down, and a remainder that is not negative.
  private static func divided(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  /// Appends a date of the Gregorian calendar, which is counted on from March in eras of 400 years.
  ///
  /// Source: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
  private static func append(_ days: Int64, to text: inout [UInt8]) {
    let (era, day) = divided(days + 719_468, 146_097)
    let yearOfEra = (day - day / 1460 + day / 36524 - day / 146_096) / 365
    let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    if year < 0 { text.append(UInt8(ascii: "-")) }
    if year > 9999 { text.append(UInt8(ascii: "+")) }
    append(abs(year), digits: 4, to: &text)
    text.append(UInt8(ascii: "-"))
    append(month < 10 ? month + 3 : month - 9, digits: 2, to: &text)
    text.append(UInt8(ascii: "-"))
    append(dayOfMonth, digits: 2, to: &text)
  }

  private static func append(second: Int64, fraction: Int64, _ unit: LeafType.Unit, to text: inout [UInt8]) {
    append(second / 3600, digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(second / 60 % 60, digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(second % 60, digits: 2, to: &text)
    if fraction == 0 { return }
    text.append(UInt8(ascii: "."))
    switch unit {
    case .milliseconds: append(fraction * 1000, digits: 6, to: &text)
    case .microseconds: append(fraction, digits: 6, to: &text)
    case .nanoseconds where fraction % 1000 == 0: append(fraction / 1000, digits: 6, to: &text)
    case .nanoseconds: append(fraction, digits: 9, to: &text)
    }
  }

  private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
    let number = "\(value)".utf8
    text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, digits - number.count)))
    text += number
  }
}

import Support
import Testing

/// The one place that prints values of metrics.
struct ValueUnitTests {
  @Test(
    "Values, with their units",
    arguments: [
      (.fraction, 0.4401, "44.0%"), (.number, 39.75, "39.75"), (.own("errors"), 39.75, "39.75 errors"),
      (.own("errors"), 40, "40 errors"), (.number, 1234.5678, "1235"), (.number, 0.0123456, "0.01235"),
      (.number, 0, "0"),
      (.number, -3.5, "-3.5"), (.own("%"), 12.5, "12.5%"), (.perSecond, 7440.84, "7440.8/s"),
      (.seconds, 0.00507, "5.07 ms"),
      (.seconds, 2.5, "2.50 s"), (.seconds, -0.25, "-250.0 ms"), (.bytes, 44_100_000, "44.1 MB"),
      (.bytes, 45.75, "45.75 B"), (.bytes, 4096, "4.1 kB"),
      (.bytes, 2.5e9, "2.50 GB"),
    ] as [(ValueUnit, Double, String)])
  func text(unit: ValueUnit, value: Double, text: String) { #expect(unit.text(value) == text) }

  @Test("Differences have a sign, and sizes a word")
  func differences() {
    #expect(ValueUnit.fraction.change(0.032) == "+3.2" && ValueUnit.fraction.change(-0.00001) == "0.0")
    #expect(ValueUnit.fraction.size(-0.032) == "3.2 points")
    #expect(
      ValueUnit.own("errors").change(3.25) == "+3.25 errors" && ValueUnit.own("errors").size(-3.25) == "3.25 errors")
    #expect(ValueUnit.own("errors").text(1, 2.5) == "1 errors – 2.5 errors")
  }

  @Test("A unit is read back by its name, and what cannot stand in a table is none")
  func names() {
    for unit in [ValueUnit.fraction, .number, .seconds, .perSecond, .bytes, .own("errors")] {
      #expect(ValueUnit(name: unit.name) == unit)
    }
    for name in ["", " a", "a\nb", "a\u{1B}[31m", String(repeating: "a", count: 25)] {
      #expect(ValueUnit(name: name) == nil)
    }
  }
}

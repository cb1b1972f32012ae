import Testing

@testable import Charts

/// Scales, numbers and fitted texts.
@Suite struct AxisTests {
  @Test("Ends and ticks are round, hold the values, and stay within the bounds")
  func linear() {
    let scale = Scale(.share("x"), values: [0.42, 0.57])
    #expect(scale.lower <= 0.42 && scale.upper >= 0.57 && scale.ticks.first == scale.lower)
    #expect(scale.labels == ["40%", "45%", "50%", "55%", "60%"])
    let whole = Scale(.share("x"), values: [0, 1], tickCount: 6)
    #expect(whole.labels == ["0%", "20%", "40%", "60%", "80%", "100%"])
    let differences = Scale(Axis(title: "", format: .points), values: [-0.034, 0.081])
    #expect(differences.labels.contains("0") && differences.labels.contains("+5") && differences.labels.contains("-5"))
    for single in [0.0, 1, 0.5, 1e-9, 1e12] {
      let scale = Scale(Axis(title: "", format: .number(unit: "")), values: [single])
      #expect(scale.lower <= single && scale.upper >= single && scale.lower < scale.upper)
    }
    #expect(Scale(Axis(title: "", format: .number(unit: "")), values: []).ticks.count >= 2)
    #expect(Scale(Axis(title: "", format: .number(unit: "")), values: [.nan, .infinity, 3]).upper.isFinite)
  }

  @Test("A logarithmic axis has 1, 2 and 5, or whole powers of ten where there are many")
  func logarithmic() {
    let axis = Axis(title: "", format: .number(unit: "s"), isLogarithmic: true)
    let narrow = Scale(axis, values: [0.03, 0.4])
    #expect(narrow.labels == ["0.02", "0.05", "0.1", "0.2", "0.5"])
    #expect(abs(narrow.share(0.1) - 0.5) < 1e-9)
    #expect(Scale(axis, values: [0.001, 1000]).labels == ["0.001", "0.01", "0.1", "1", "10", "100", "1000"])
    #expect(Scale(axis, values: [0, -3]).lower > 0)
  }

  @Test("Numbers have three significant digits, thousands are set apart")
  func numbers() {
    let format = ValueFormat.number(unit: "s")
    #expect(format.text(0.012345) == "0.0123 s" && format.text(1.5) == "1.50 s" && format.text(123.4) == "123 s")
    #expect(ValueFormat.number(unit: "").text(1_234_567) == "1\u{202F}234\u{202F}567")
    #expect(ValueFormat.percent.text(0.125) == "12.5%" && ValueFormat.points.text(-0.0312) == "-3.1")
    #expect(ValueFormat.points.text(-0.00001) == "0.0")
  }

  @Test("Long names lose their middle, never what tells them apart")
  func elision() throws {
    let measurer = try TextMeasurer()
    let names = [
      "a-very-long-name-of-a-model-with-0-bits-of-noise-at-its-end",
      "a-very-long-name-of-a-model-with-1-bits-of-noise-at-its-end",
    ]
    let labels = measurer.labels(names, .label, width: 120)
    #expect(labels[0] != labels[1] && labels.allSatisfy { $0.contains("…") || names.contains($0) })
    #expect(measurer.width(measurer.elided(names[0], .label, width: 120), .label) <= 120)
    #expect(measurer.labels(["short", "short"], .label, width: 200) == ["short", "short"])
    #expect(measurer.elided("", .label, width: 10) == "" && measurer.elided("ab", .label, width: 1) == "ab")
  }

  @Test("Names are wrapped at their seams, and between characters of scripts without spaces")
  func wrapping() throws {
    let measurer = try TextMeasurer()
    #expect(measurer.wrapped("mmlu_mathematics", .label, width: 90) == ["mmlu_", "mathematics"])
    #expect(measurer.wrapped("mathematics", .label, width: 30) == nil)
    #expect((measurer.wrapped("日本語の質問応答データ", .label, width: 60)?.count ?? 0) > 1)
    #expect(measurer.broken("mathematics", .label, width: 30).joined() == "mathematics")
  }

  @Test("A table quotes what must be quoted, and its numbers read back to the same bits")
  func table() {
    var table = DataTable(["a", "b"])
    table.add("x,\"y\"\nz", .number(0.1 + 0.2))
    table.add("", .number(nil))
    table.add("n", .number(3))
    #expect(table.text == "a,b\n\"x,\"\"y\"\"\nz\",0.30000000000000004\n,\nn,3\n")
  }
}

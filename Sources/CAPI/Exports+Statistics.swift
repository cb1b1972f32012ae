import CGemmaBench
import Plan
import Records
import Reporting
import Running
import Statistics
import Store
import Support

/// The options of a call, as the schema declares them: JSON, or NULL for all defaults.
func callOptions(_ text: UnsafePointer<CChar>?, of call: Schema.Call) throws(BenchmarkError) -> CallOptions {
  try CallOptions(try Boundary.optionalText(text, "options_json"), of: call.rawValue, call.options)
}

@_cdecl("gb_stats") @implementation
public func gb_stats(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ run: OpaquePointer?,
  _ options_json: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let record = try RunHandle.from(run, "run").run
    out.pointee = try Boundary.copy(try record.statistics(callOptions(options_json, of: .stats)).text())
  }
}

@_cdecl("gb_compare") @implementation
public func gb_compare(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ first: OpaquePointer?, _ second: OpaquePointer?,
  _ options_json: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let first = try RunHandle.from(first, "first").run
    let second = try RunHandle.from(second, "second").run
    let options = ComparisonOptions(try callOptions(options_json, of: .compare))
    out.pointee = try Boundary.copy(try RunComparison(first, second, options: options).json.text())
  }
}

@_cdecl("gb_compare_reports") @implementation
public func gb_compare_reports(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ first: OpaquePointer?, _ second: OpaquePointer?,
  _ options_json: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let first = try ReportHandle.from(first, "first").report.record
    var other: SweepRecord?
    if let second { other = try ReportHandle.from(second, "second").report.record }
    let options = try callOptions(options_json, of: .compareReports)
    let comparisons = try SweepComparisons(
      first, other, by: SweepComparisons.Axis(options), options: ComparisonOptions(options))
    var object = comparisons.json
    object["table"] = .string(ComparisonTable(comparisons).text)
    out.pointee = try Boundary.copy(JSONValue.object(object).text())
  }
}

@_cdecl("gb_adjust") @implementation
public func gb_adjust(
  _ out_adjusted: UnsafeMutablePointer<Double>?, _ p_values: UnsafePointer<Double>?, _ count: Int,
  _ method: UnsafePointer<CChar>?
) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    let name = try Boundary.text(method, "method")
    guard let adjustment = Strength.Adjustment(rawValue: name) else {
      let hint = NearestName.hint(name, among: Strength.Adjustment.allCases.map(\.rawValue))
      throw BenchmarkError(.invalidArgument, "method: no such adjustment: \"\(name)\"\(hint)")
    }
    if count == 0 { return }
    let out = try Boundary.require(out_adjusted, "out_adjusted")
    let given = try Boundary.require(p_values, "p_values")
    if count < 0 { throw BenchmarkError(.invalidArgument, "count \(count) is negative") }
    let values = Array(UnsafeBufferPointer(start: given, count: count))
    guard
      let adjusted = adjustment == .holm
        ? MultipleComparisons.holm(values) : MultipleComparisons.benjaminiHochberg(values)
    else {
      let wrong = values.first { !($0 >= 0 && $0 <= 1) } ?? 0
      throw BenchmarkError(.invalidArgument, "p-value \(wrong) is outside [0, 1]")
    }
    for (index, value) in adjusted.enumerated() { out[index] = value }
  }
}

@_cdecl("gb_format_value") @implementation
public func gb_format_value(
  _ out_text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ value: Double, _ unit: UnsafePointer<CChar>?
) -> gb_status {
  out_text?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_text, "out_text")
    let name = try Boundary.optionalText(unit, "unit") ?? ValueUnit.fraction.name
    guard let unit = ValueUnit(name: name) else {
      throw BenchmarkError(
        .invalidArgument,
        "unit \"\(name)\": fraction, number, seconds, per_second, bytes or one line of at most \(ValueUnit.longestOwn) characters"
      )
    }
    out.pointee = try Boundary.copy(unit.text(value))
  }
}

@_cdecl("gb_power") @implementation
public func gb_power(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ options_json: UnsafePointer<CChar>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let question = PowerReport.Question(try callOptions(options_json, of: .power))
    out.pointee = try Boundary.copy(try PowerReport(question).json.text())
  }
}

import CGemmaBench
import Plan
import Records
import Reporting
import Running
import Statistics
import Store
import Support

/// What the options of statistics have in common.
private enum StatisticsOptions {
  static let maximumReplicates: UInt64 = 10_000_000

  static func level(_ value: Double) throws(BenchmarkError) -> Double {
    let level = value == 0 ? RunHandle.defaultLevel : value
    if !(level > 0 && level < 1) {
      throw BenchmarkError(.invalidArgument, "confidence_level \(level): must be between 0 and 1, such as 0.95")
    }
    return level
  }

  static func replicates(_ value: UInt64) throws(BenchmarkError) -> Int {
    if value > maximumReplicates {
      throw BenchmarkError(.invalidArgument, "replicates \(value): must be at most \(maximumReplicates)")
    }
    return value == 0 ? Bootstrap.defaultReplicates : Int(value)
  }

  static func seed(_ value: UInt64) -> UInt64 { value == 0 ? 1234 : value }

  static func method(_ pointer: UnsafePointer<CChar>?) throws(BenchmarkError) -> ConfidenceInterval.Method? {
    guard let text = try Boundary.optionalText(pointer, "gb_stats_options: interval") else { return nil }
    guard let method = EstimateOptions.methods.first(where: { $0.rawValue == text }) else {
      let hint = NearestName.hint(text, among: EstimateOptions.methods.map(\.rawValue))
      throw BenchmarkError(.invalidArgument, "interval: no such method: \"\(text)\"\(hint)")
    }
    return method
  }

  /// A number, or nil for the zero that stands for "not asked".
  static func asked(_ value: Double) -> Double? { value == 0 ? nil : value }
}

@_cdecl("gb_stats") @implementation
public func gb_stats(
  _ out: UnsafeMutablePointer<gb_stats_result>?, _ run: OpaquePointer?, _ options: UnsafePointer<gb_stats_options>?
) -> gb_status {
  Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out, "out")
    let raw = UnsafeMutableRawPointer(out)
    let size = Int(raw.load(as: UInt32.self))
    let known = MemoryLayout<gb_stats_result>.size
    if size < 2 * MemoryLayout<UInt32>.size || size > 4096 {
      throw BenchmarkError(.invalidArgument, "gb_stats_result: struct_size \(size) is not its size (\(known))")
    }
    var result = gb_stats_result()
    result.struct_size = UInt32(size)
    defer { raw.copyMemory(from: &result, byteCount: min(size, known)) }

    let record = try RunHandle.from(run, "run").run
    let options = try Options.read(options, zero: gb_stats_options(), "gb_stats_options")
    try Options.checkReserved(options.reserved, "gb_stats_options")
    let level = try StatisticsOptions.level(options.confidence_level)
    let metric = try record.metric(try Boundary.optionalText(options.metric, "gb_stats_options: metric"))
    let estimate = try record.estimate(
      metric,
      options: EstimateOptions(
        level: level, method: try StatisticsOptions.method(options.interval),
        clusters: try Boundary.optionalText(options.clusters, "gb_stats_options: clusters"),
        replicates: try StatisticsOptions.replicates(options.replicates),
        seed: StatisticsOptions.seed(options.seed)))
    result.count = UInt64(record.samples.count)
    result.unscored = UInt64(estimate.unscoredCount)
    result.confidence_level = estimate.interval?.level ?? level
    if let mean = estimate.mean { (result.has_mean, result.mean) = (1, mean) }
    if let median = estimate.median { (result.has_median, result.median) = (1, median) }
    if let error = estimate.standardError { (result.has_error, result.standard_error) = (1, error) }
    result.clusters = UInt64(estimate.clusterCount ?? 0)
    if let variance = record.responseVariance(metric) {
      (result.has_sampling, result.sampling_variance) = (1, variance.withinItems)
      result.sampling_share = variance.withinShare ?? 0
    }
    if let interval = estimate.interval {
      (result.has_interval, result.lower, result.upper) = (1, interval.lower, interval.upper)
    }
  }
}

extension ComparisonOptions {
  /// Reads what both kinds of comparisons share.
  fileprivate init(_ options: gb_compare_options) throws(BenchmarkError) {
    try Options.checkReserved(options.reserved, "gb_compare_options")
    self.init(
      metric: try Boundary.optionalText(options.metric, "gb_compare_options: metric"),
      clusters: try Boundary.optionalText(options.clusters, "gb_compare_options: clusters"),
      paired: PairedComparison.Options(
        level: try StatisticsOptions.level(options.confidence_level),
        margin: StatisticsOptions.asked(options.margin),
        replicates: try StatisticsOptions.replicates(options.replicates),
        seed: StatisticsOptions.seed(options.seed)))
  }
}

extension SweepComparisons.Axis {
  /// Nil where no axis is asked for.
  fileprivate init?(_ options: gb_compare_options) throws(BenchmarkError) {
    let name = try Boundary.optionalText(options.by, "gb_compare_options: by")
    let first = try Boundary.optionalText(options.first_value, "gb_compare_options: first_value")
    let second = try Boundary.optionalText(options.second_value, "gb_compare_options: second_value")
    switch (name, first, second) {
    case (nil, nil, nil): return nil
    case (let name?, let first?, let second?): self.init(name: name, first: first, second: second)
    default:
      throw BenchmarkError(
        .invalidArgument,
        "by: an axis and two of its values are needed, such as \"quantization\", \"none\" and \"q4_0\"")
    }
  }
}

@_cdecl("gb_compare") @implementation
public func gb_compare(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ first: OpaquePointer?, _ second: OpaquePointer?,
  _ options: UnsafePointer<gb_compare_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let first = try RunHandle.from(first, "first").run
    let second = try RunHandle.from(second, "second").run
    let options = try Options.read(options, zero: gb_compare_options(), "gb_compare_options")
    if try SweepComparisons.Axis(options) != nil {
      throw BenchmarkError(.invalidArgument, "by: two runs are one pair; gb_compare_reports pairs the runs of a report")
    }
    let comparison = try RunComparison(first, second, options: ComparisonOptions(options))
    out.pointee = try Boundary.copy(comparison.json.text())
  }
}

@_cdecl("gb_compare_reports") @implementation
public func gb_compare_reports(
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ first: OpaquePointer?, _ second: OpaquePointer?,
  _ options: UnsafePointer<gb_compare_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let first = try ReportHandle.from(first, "first").report.record
    var other: SweepRecord?
    if let second { other = try ReportHandle.from(second, "second").report.record }
    let options = try Options.read(options, zero: gb_compare_options(), "gb_compare_options")
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
  _ out_json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ options: UnsafePointer<gb_power_options>?
) -> gb_status {
  out_json?.pointee = nil
  return Boundary.run { () throws(BenchmarkError) in
    let out = try Boundary.require(out_json, "out_json")
    let options = try Options.read(options, zero: gb_power_options(), "gb_power_options")
    var question = PowerReport.Question()
    if let design = try Boundary.optionalText(options.design, "gb_power_options: design") {
      guard let kind = PowerDesign.Kind(rawValue: design) else {
        let hint = NearestName.hint(design, among: PowerDesign.Kind.allCases.map(\.rawValue))
        throw BenchmarkError(.invalidArgument, "design: no such design: \"\(design)\"\(hint)")
      }
      question.kind = kind
    }
    if options.baseline != 0 { question.baseline = options.baseline }
    if options.power != 0 { question.power = options.power }
    if options.significance != 0 { question.significance = options.significance }
    if options.runs != 0 { question.runs = Int(options.runs) }
    try Options.checkReserved(options.reserved, "gb_power_options")
    if options.repeats != 0 { question.repeats = Int(options.repeats) }
    if options.items != 0 { question.items = Int(min(options.items, UInt64(Int.max))) }
    question.difference = StatisticsOptions.asked(options.difference)
    question.discordance = StatisticsOptions.asked(options.discordance)
    question.samplingVariance = options.sampling_variance
    question.halfWidth = StatisticsOptions.asked(options.half_width)
    out.pointee = try Boundary.copy(try PowerReport(question).json.text())
  }
}

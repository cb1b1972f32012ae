import ArgumentParser
import CGemmaBench
import Support

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure prefill and decode speed.",
    discussion: """
      Prefill and decode are measured separately, without tokenizer and sampling. Each figure is the median of the \
      repetitions, with minimum and maximum.

        gemmabench bench models/gemma-3-1b -p 512 -n 128 -b 1,16 --threads 2
      """)

  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub.") var model: String
  @Option(name: [.customShort("p"), .long], help: "Prompt tokens.") var promptTokens: UInt32 = 512
  @Option(name: [.customShort("n"), .long], help: "Tokens to generate per sequence.") var generatedTokens: UInt32 = 128
  @Option(name: [.customShort("b"), .long], help: "Sequences decoded together; several sizes are comma-separated.")
  var batchSizes: String = "1"
  @Option(name: [.customShort("r"), .long], help: "Measured repetitions, after one warm-up.")
  var repetitions: UInt32 = 5
  @Option(help: "Worker threads; 0: one per processor.") var threads: UInt32 = 0
  @Option(help: "Type to which weight matrices are quantised while loading: none, q4_0, q4_k, q8_0 and so on.")
  var quantization = "none"
  @Option(
    help: """
      Type of the activations: float32 (exact), or bfloat16 (faster, for bfloat16 weights only). By default int8 for \
      quantised weights, else float32.
      """)
  var precision: String?
  @Option(help: "text or json.") var format: String = "text"

  private func sizes() throws -> [UInt32] {
    try batchSizes.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let size = UInt32(part), size > 0 else {
        throw ValidationError("--batch-sizes \(batchSizes): '\(part)' is not a whole number above zero")
      }
      return size
    }
  }

  func validate() throws {
    _ = try sizes()
    try checkFormat(format)
    for (value, name) in [
      (promptTokens, "prompt-tokens"), (generatedTokens, "generated-tokens"), (repetitions, "repetitions"),
    ]
    where value == 0 {
      throw ValidationError("--\(name) 0: must be at least 1")
    }
  }

  func run() throws {
    Interruption.await()
    let text = try Library.withModel(model, threads: threads, quantization: quantization, precision: precision) {
      model in
      try sizes().withUnsafeBufferPointer { sizes in
        var options = gb_speed_options()
        options.struct_size = UInt32(MemoryLayout<gb_speed_options>.size)
        options.prompt_tokens = promptTokens
        options.generated_tokens = generatedTokens
        options.repetitions = repetitions
        options.batch_sizes = sizes.baseAddress
        options.batch_count = sizes.count
        options.progress = ProgressLine.callback
        defer { ProgressLine.clear() }
        return try Library.text { gb_measure_speed($0, model, &options) }
      }
    }
    let result = try JSONReader.parse(text)
    if format == "json" { return Console.print(result.text(indented: true) + "\n") }
    print(result.objectValue ?? [:])
  }

  private func print(_ result: JSONObject) {
    let model = result["model"]?.objectValue ?? [:]
    let machine = result["machine"]?.objectValue ?? [:]
    func number(_ object: JSONObject, _ key: String, _ digits: Int = 1) -> String {
      object[key]?.doubleValue?.fixed(digits) ?? "-"
    }
    func percent(_ object: JSONObject, _ key: String) -> String {
      (object[key]?.doubleValue).map { "\(($0 * 100).fixed(0))%" } ?? "-"
    }
    func rates(_ object: JSONObject) -> String {
      let rates = object["tokens_per_second"]?.objectValue ?? [:]
      return "\(number(rates, "median").leftPadded(to: 9)) tokens/s  "
        + "(\(number(rates, "least")) to \(number(rates, "greatest")))".padded(to: 22)
    }
    Console.print(
      "\(model["name"]?.stringValue ?? ""), \(model["element_type"]?.stringValue ?? ""), "
        + "\(number(model, "bits_per_weight", 2)) bits per weight, "
        + "\(model["arithmetic"]?.stringValue ?? ""), \(model["threads"]?.integerValue ?? 0) threads\n")
    Console.print(
      "machine: reads \(number(machine, "read_gigabytes_per_second")) GB/s, "
        + "\(number(machine, "giga_multiply_adds_per_second", 0)) giga multiply-adds/s\n")
    let prefill = result["prefill"]?.objectValue ?? [:]
    Console.print(
      "prefill \(result["prompt_tokens"]?.integerValue ?? 0)".padded(to: 16)
        + "\(rates(prefill))  \(percent(prefill, "share_of_arithmetic_peak")) of the arithmetic peak\n")
    for entry in result["decode"]?.arrayValue ?? [] {
      guard let entry = entry.objectValue else { continue }
      Console.print(
        "decode  batch \(entry["batch_size"]?.integerValue ?? 0)".padded(to: 16)
          + "\(rates(entry))  reads \(number(entry, "read_gigabytes_per_second")) GB/s, "
          + "\(percent(entry, "share_of_read_bandwidth")) of the memory bandwidth\n")
    }
  }
}

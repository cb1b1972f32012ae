import ArgumentParser
import CGemmaBench
import Support

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Describe this machine and this build, or the memory that a model needs.",
    discussion: """
      With a model, estimates the memory it needs with its context full, next to what the machine has available. Reads \
      only its configuration and tensor headers. Exit code 1 if it does not fit.

        gemmabench doctor google/gemma-3-1b-it --context-length 4096
      """)
  @Argument(help: "A checkpoint folder, a GGUF file, or the name of a model in the Hub's cache.") var model: String?
  @Option(help: "Context length in tokens, prompt and response together; 0: the model's, as far as memory has room.")
  var contextLength: UInt32 = 0
  @Option(help: "Worker threads; 0: one per processor.") var threads: UInt32 = 0
  @Option(
    help: "Type to which weight matrices are quantised while loading: q4_0, q4_k, q8_0 and the other types of quantize."
  )
  var quantization: String?
  @Option(help: "The Hub's cache folder; default: from HF_HUB_CACHE or HF_HOME.") var cacheDir: String?
  @Option(help: "text or json; by default text for a model, json for the machine.") var format: String?

  func validate() throws { if let format { try checkFormat(format) } }

  func run() throws {
    guard let model else {
      let info = try JSONReader.parse(try Library.text { gb_system_info($0) })
      return Console.print(format == "text" ? Lines.of(info) : info.text(indented: true) + "\n")
    }
    let text = try withOptionalText(cacheDir) { cacheDir in
      try withOptionalText(quantization) { quantization in
        var options = gb_load_options()
        options.struct_size = UInt32(MemoryLayout<gb_load_options>.size)
        options.context_length = contextLength
        options.threads = threads
        options.cache_dir = cacheDir
        options.quantization = quantization
        return try Library.text { gb_memory_estimate($0, model, &options) }
      }
    }
    let statement = try JSONReader.parse(text)
    let object = statement.objectValue ?? [:]
    let fits = object["fits"]?.boolValue
    Console.print(format == "json" ? statement.text(indented: true) + "\n" : Self.table(object, fits: fits))
    if fits == false { throw ExitCode(1) }
  }

  private static func table(_ object: JSONObject, fits: Bool?) -> String {
    func line(_ name: String, _ bytes: Int?) -> String {
      let amount = bytes.map { "\((Double($0) / 1e6).fixed(1)) MB" } ?? "unknown"
      return "\(name.padded(to: 34))\(amount.leftPadded(to: 14))\n"
    }
    let context = object["context_length"]?.integerValue ?? 0
    var text = "\(object["path"]?.stringValue ?? "")\n"
    text += line("weights", object["weight_bytes"]?.integerValue)
    text += line("key-value cache, \(context) tokens", object["key_value_bytes"]?.integerValue)
    text += line("buffers of a forward pass", object["work_bytes"]?.integerValue)
    text += line("tokenizer", object["tokenizer_bytes"]?.integerValue)
    text += line("total, resident", object["total_bytes"]?.integerValue)
    text += line("more during a run, at most", object["batch_bytes"]?.integerValue)
    text += line("available on this machine", object["available_bytes"]?.integerValue)
    for (name, bytes) in object["quantized_bytes"]?.objectValue?.members ?? [] {
      text += line("total, if quantised to \(name)", bytes.integerValue)
    }
    return text + (fits.map { $0 ? "It fits.\n" : "It does not fit.\n" } ?? "")
  }
}

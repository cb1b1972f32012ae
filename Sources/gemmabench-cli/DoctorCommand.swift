import ArgumentParser
import CGemmaBench
import Support

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Print what this machine and this build are, or what a model would take of its memory.",
    discussion: """
      With a model, says what it takes once loaded with its context full, beside what the machine has available, from \
      its configuration and its table of tensors alone. Ends with 1 if it does not fit.

        gemmabench doctor google/gemma-3-1b-it --context-length 4096
      """)
  @Argument(help: "A checkpoint folder, a GGUF file, or a name on the Hub whose files are in the cache.") var model:
    String?
  @Option(help: "Tokens that prompt and answer may take; 0: the model's, at most 8192.") var contextLength: UInt32 = 0
  @Option(help: "Worker threads; 0: every processor.") var threads: UInt32 = 0
  @Option(help: "What matrices become while loading: q4_0, q4_k, q8_0 and the other types of quantize.")
  var quantization: String?
  @Option(help: "The Hub's cache, if not where the environment says.") var cacheDir: String?
  @Option(help: "text or json; by default text of a model, json of the machine.") var format: String?

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
    text += line("keys and values of \(context) tokens", object["key_value_bytes"]?.integerValue)
    text += line("buffers of a forward pass", object["work_bytes"]?.integerValue)
    text += line("tokenizer", object["tokenizer_bytes"]?.integerValue)
    text += line("in all, resident", object["total_bytes"]?.integerValue)
    text += line("more in a run, at most", object["batch_bytes"]?.integerValue)
    text += line("available on this machine", object["available_bytes"]?.integerValue)
    for (name, bytes) in object["quantized_bytes"]?.objectValue?.members ?? [] {
      text += line("in all, if quantised as \(name)", bytes.integerValue)
    }
    return text + (fits.map { $0 ? "It fits.\n" : "It does not fit.\n" } ?? "")
  }
}

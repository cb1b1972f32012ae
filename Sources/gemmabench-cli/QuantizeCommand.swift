import ArgumentParser
import CGemmaBench
import Support

struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Quantise a model and write it as a GGUF file, which llama.cpp loads too.",
    discussion: """
      Works row by row, so the model may be larger than memory.

        gemmabench quantize models/gemma-3-1b-it gemma-3-1b-it-q4_k.gguf --type q4_k
      """)

  @Argument(help: "A checkpoint folder, a GGUF file that is not quantised, or a name on the Hub.") var model: String
  @Argument(help: "The file to write.") var output: String
  @Option(
    help: """
      A mixture (q4_k_m, q4_k_s, q5_k_m, q5_k_s, q3_k_l, q3_k_m, q3_k_s) or a plain type (q4_k, q5_k, q6_k, q8_0, q4_0, \
      q4_1, q5_0, q5_1, q3_k, q2_k, f16, bf16, f32), in upper or lower case. int4 is q4_0, int8 is q8_0; none keeps the \
      types.
      """)
  var type = "q4_k"
  @Option(help: "Worker threads; 0: one per processor.") var threads: UInt32 = 0
  @Option(help: "The Hub's cache folder; default: from HF_HUB_CACHE or HF_HOME.") var cacheDir: String?
  @Option(help: "text or json.") var format = "text"
  @Flag(help: "Replace an existing file.") var force = false
  @Flag(help: "Show no progress.") var quiet = false

  func validate() throws { try checkFormat(format) }

  func run() throws {
    ProgressLine.setQuiet(quiet)
    Interruption.await()
    let json = try type.withCString { type in
      try withOptionalText(cacheDir) { cacheDir in
        try Library.text { out in
          var options = gb_quantize_options()
          options.struct_size = UInt32(MemoryLayout<gb_quantize_options>.size)
          options.threads = threads
          options.type = type
          options.cache_dir = cacheDir
          options.progress = ProgressLine.callback
          options.force = force ? 1 : 0
          let status = gb_quantize_model(out, model, output, &options)
          ProgressLine.clear()
          return status
        }
      }
    }
    if format == "json" { return Console.print(json + "\n") }
    let result = try JSONReader.parse(json).objectValue ?? [:]
    let bytes = Double(result["bytes"]?.integerValue ?? 0) / 1e9
    let before = Double(result["bytes_before"]?.integerValue ?? 0) / 1e9
    let bits = result["bits_per_weight"]?.doubleValue ?? 0
    let types = (result["tensors"]?.objectValue?.members ?? []).map { "\($0.value.text()) \($0.key)" }
    Console.print(
      "\(output)  \(bytes.fixed(3)) GB (from \(before.fixed(3)) GB), \(bits.fixed(2)) bits per weight;"
        + " tensors: \(types.joined(separator: ", "))\n")
  }
}

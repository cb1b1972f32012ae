import Support

/// How the weights of a published checkpoint folder are quantised, as its config.json or a file beside it says.
struct QuantizationMethod: Sendable, Equatable {
  /// As people call it: "GPTQ", "compressed-tensors (pack-quantized)".
  let name: String
  /// Bits of a weight; nil if the file does not say.
  let bits: Int?
  /// The file, and the field in it, that say so.
  let source: String

  /// What the field's `quant_method` calls them, and people. Those not in the list are called as they are.
  private static let names: [String: String] = [
    "aqlm": "AQLM", "auto-round": "AutoRound", "awq": "AWQ", "bitnet": "BitNet", "bitsandbytes": "bitsandbytes",
    "eetq": "EETQ", "exl2": "EXL2", "exl3": "EXL3", "fbgemm_fp8": "FBGEMM FP8", "fouroversix": "Four over Six",
    "fp8": "FP8", "fp_quant": "FP-Quant", "gemma": "Gemma's packed integers", "gptq": "GPTQ", "higgs": "HIGGS",
    "hqq": "HQQ", "metal": "Metal", "modelopt": "ModelOpt", "mxfp4": "MXFP4", "mxfp8": "MXFP8", "nvfp4": "NVFP4",
    "quanto": "Quanto", "quark": "Quark", "sinq": "SINQ", "spqr": "SpQR", "torchao": "torchao", "vptq": "VPTQ",
  ]
  /// Files of older tools that say it beside a config.json that does not.
  private static let companions: [(file: String, method: String)] = [
    ("quantize_config.json", "gptq"), ("quant_config.json", "awq"), ("hf_quant_config.json", "modelopt"),
    ("quanto_qmap.json", "quanto"), ("qmodel.pt", "hqq"), ("quantization_config.json", "gptq"),
  ]

  /// The method of a folder with these files and this config.json; nil for plain numbers.
  init?(_ configuration: JSONObject, folder: String, names: [String]) throws(BenchmarkError) {
    let text = configuration["text_config"]?.objectValue ?? [:]
    let path = "\(folder)/config.json"
    for (field, prefix, object) in [
      ("quantization_config", "", configuration), ("quantization_config", "text_config.", text),
      ("compression_config", "", configuration), ("quantization", "", configuration),
      ("quantization", "text_config.", text),
    ] {
      guard let value = object[field], !value.isNull else { continue }
      guard let settings = value.objectValue else {
        throw BenchmarkError(.invalidFile, "\(path): \(prefix)\(field): \(value.typeName), expected an object")
      }
      if settings.members.isEmpty { continue }
      let isMLX = object["quantization"]?.objectValue != nil
      guard let found = Self.method(settings, isMLX: isMLX, isCompression: field == "compression_config") else {
        return nil
      }
      (name, bits, source) = (found, Self.bits(settings), "\(path): \(prefix)\(field)")
      return
    }
    guard let (file, method) = Self.companions.first(where: { names.contains($0.file) }) else { return nil }
    source = "\(folder)/\(file)"
    var settings: JSONObject = [:]
    if file.hasSuffix(".json") {
      settings = try JSONReader.parse(try FileSystem.read(source), name: source, reading: .asPython).objectValue ?? [:]
    }
    let inner = settings["quantization"]?.objectValue ?? settings
    name = Self.named(inner["quant_algo"]?.stringValue.map { "modelopt (\($0))" } ?? method)
    bits = Self.bits(inner)
  }

  /// Nil if the settings say that nothing is quantised.
  private static func method(_ settings: JSONObject, isMLX: Bool, isCompression: Bool) -> String? {
    let loads = ["load_in_4bit", "load_in_8bit", "_load_in_4bit", "_load_in_8bit"]
    let loadsQuantized = loads.contains { settings[$0]?.boolValue == true }
    guard let method = settings["quant_method"]?.stringValue, !method.isEmpty else {
      if isMLX { return "MLX" }
      if isCompression { return compressedTensors(settings) }
      if loads.contains(where: { settings[$0] != nil }) { return loadsQuantized ? "bitsandbytes" : nil }
      return settings["group_size"] != nil ? "MLX" : "an unnamed method"
    }
    switch method {
    case "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit":
      return loads.contains { settings[$0] != nil } && !loadsQuantized ? nil : "bitsandbytes"
    case "compressed-tensors", "compressed_tensors": return compressedTensors(settings)
    case "modelopt", "modelopt_fp4":
      return settings["quant_algo"]?.stringValue.map { "ModelOpt (\($0))" } ?? "ModelOpt"
    default: return named(method)
    }
  }

  private static func compressedTensors(_ settings: JSONObject) -> String {
    settings["format"]?.stringValue.map { "compressed-tensors (\($0))" } ?? "compressed-tensors"
  }

  private static func named(_ method: String) -> String {
    for (key, name) in names where method == key || method.hasPrefix("\(key) (") {
      return name + method.dropFirst(key.count)
    }
    return method
  }

  private static func bits(_ settings: JSONObject) -> Int? {
    for field in ["bits", "w_bit", "num_bits", "nbits", "weight_bits"] {
      if let bits = settings[field]?.integerValue { return bits }
    }
    if settings["load_in_4bit"]?.boolValue == true || settings["_load_in_4bit"]?.boolValue == true { return 4 }
    if settings["load_in_8bit"]?.boolValue == true || settings["_load_in_8bit"]?.boolValue == true { return 8 }
    for group in settings["config_groups"]?.objectValue?.members ?? [] {
      if let bits = group.value.objectValue?["weights"]?.objectValue?["num_bits"]?.integerValue { return bits }
    }
    return nil
  }

  /// Why the checkpoint cannot be computed, and the nearest way out.
  var refusal: BenchmarkError {
    let size = bits.map { ", \($0) bits" } ?? ""
    return BenchmarkError(
      .unsupported,
      "\(source): the weights are quantised by \(name)\(size), which is not supported;"
        + " use a GGUF file of this model, or its checkpoint in bfloat16")
  }
}

import Support

/// The adapter in a folder: small matrices that change a base model (LoRA and its kin), written by PEFT or MLX.
///
/// None is applied here, so that one beside a model would be left out without a word; transformers applies it.
struct AdapterFolder {
  private let folder: String
  /// The file that shows the adapter.
  private let file: String
  private let kind: String
  private let base: String?

  private static let configurationName = "adapter_config.json"
  private static let weightNames = [
    "adapter_model.safetensors", "adapter_model.bin", "adapters.safetensors", "adapters.npz",
  ]

  /// The adapter of a folder with these files; nil if there is none.
  init?(_ folder: String, names: [String]) throws(BenchmarkError) {
    guard let file = ([Self.configurationName] + Self.weightNames).first(where: names.contains) else { return nil }
    self.folder = folder
    self.file = file
    var fields: JSONObject = [:]
    if file == Self.configurationName {
      let path = "\(folder)/\(file)"
      fields = try JSONReader.parse(try FileSystem.read(path), name: path, reading: .asPython).objectValue ?? [:]
    }
    let type = (fields["peft_type"] ?? fields["fine_tune_type"])?.stringValue?.uppercased()
    kind =
      switch type {
      case nil: "an adapter"
      case "LORA", "DORA": "a LoRA adapter"
      case .some(let type): "an adapter (\(type))"
      }
    base = (fields["base_model_name_or_path"] ?? fields["model"])?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Why the folder cannot be measured as it is.
  func refusal(besideModel: Bool) -> BenchmarkError {
    let origin = base.map { " of \($0)" } ?? ""
    let target = base ?? "its base model"
    let merge = "merge it into \(target) (PEFT: merge_and_unload(), then save_pretrained) and give the merged folder"
    if besideModel {
      return BenchmarkError(
        .unsupported,
        "\(folder)/\(file): \(kind)\(origin) is in the model's folder and would be ignored; \(merge),"
          + " or move it out of the folder to measure the model without it")
    }
    return BenchmarkError(.unsupported, "\(folder): \(kind)\(origin), not a model; \(merge)")
  }
}

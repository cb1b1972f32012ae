import Support

/// What Ollama keeps beside the GGUF files themselves: manifests, which name them by their digests, and Modelfiles.
///
/// Source: `manifest` and `parser` of https://github.com/ollama/ollama.
enum OllamaFile {
  /// Manifests and Modelfiles are a few kilobytes; no larger file is looked into.
  private static let limit = 1 << 20
  private static let kind = "application/vnd.ollama.image."

  /// The GGUF file that a manifest names; nil for a file that is neither manifest nor Modelfile.
  ///
  /// Errors: a model with an adapter or of another format, a file that is missing, a Modelfile, which changes what a model
  /// says.
  static func modelPath(_ path: String) throws(BenchmarkError) -> String? {
    guard let size = FileState(path: path)?.size, size > 0, size <= limit, FileSystem.isFile(path),
      let bytes = try? FileSystem.read(path), let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    if let origin = origin(text, path) {
      throw BenchmarkError(
        .unsupported,
        "\(path): an Ollama Modelfile, not a model; give the file or folder that its FROM line names, \(origin)"
          + " (`ollama show --modelfile NAME` prints the file)")
    }
    guard let manifest = try? JSONReader.parse(bytes, reading: .asPython).objectValue,
      let layers = manifest["layers"]?.arrayValue?.compactMap(\.objectValue),
      layers.contains(where: { $0["mediaType"]?.stringValue?.hasPrefix(kind) == true })
    else { return nil }
    return try modelPath(of: layers, path)
  }

  private static func modelPath(of layers: [JSONObject], _ path: String) throws(BenchmarkError) -> String {
    func digest(_ name: String) -> String? {
      layers.first { $0["mediaType"]?.stringValue == kind + name }?["digest"]?.stringValue
    }
    func failure(_ reason: String, _ kind: BenchmarkError.Kind = .unsupported) -> BenchmarkError {
      BenchmarkError(kind, "\(path): an Ollama manifest \(reason)")
    }
    if digest("adapter") != nil {
      throw failure("with a LoRA adapter, which would be ignored; merge it (llama.cpp: llama-export-lora)")
    }
    guard let digest = digest("model") else { throw failure("without a GGUF file (a model layer); use a GGUF file") }
    let name = digest.split(separator: ":").joined(separator: "-")
    guard name.hasPrefix("sha256-"), !name.contains("/") else {
      throw failure("with the malformed digest \"\(digest)\"")
    }
    // models/manifests/registry.ollama.ai/library/gemma3/latest lies beside models/blobs; names may be longer.
    var folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) : "."
    if folder.isEmpty { folder = "/" }
    for _ in 0..<8 {
      for blob in [name, digest] where FileSystem.isFile("\(folder)/blobs/\(blob)") { return "\(folder)/blobs/\(blob)" }
      folder += "/.."
    }
    throw failure("whose model, blobs/\(name), is missing; give the path of that file", .notFound)
  }

  /// What a Modelfile takes its model from; nil for other texts. Its first instruction is FROM, or its name says what it is.
  private static func origin(_ text: String, _ path: String) -> String? {
    let name = path.split(separator: "/").last?.lowercased() ?? ""
    let isNamed = name.contains("modelfile")
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      if first.lowercased() == "from", words.count == 2 { return words[1].split(separator: "\"").joined() }
      if !isNamed { return nil }
    }
    return nil
  }
}

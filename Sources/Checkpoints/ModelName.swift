/// What models are called.
package enum ModelName {
  /// What a model is called that was given no name: its folder, or its file without `.gguf`, and what it is quantised to
  /// on its way or computed in.
  package static func standard(
    of path: String, quantization: QuantizationScheme? = nil, precision: Precision? = nil
  ) -> String {
    let last = path.split(separator: "/").last { $0 != "." && $0 != ".." }.map(String.init) ?? path
    let name = GGUFModel.isNamedGGUF(last) ? String(last.dropLast(".gguf".count)) : last
    if let quantization, quantization.type != nil {
      return "\(name)-\(quantization.name)" + (precision == .float32 ? "-float32" : "")
    }
    return precision == .bfloat16 ? "\(name)-bfloat16" : name
  }
}

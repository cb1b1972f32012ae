import Support
import Tensors

/// Shows the tensors of a GGUF file under the names of a checkpoint: stacks and fused matrices in their parts, without what
/// has no part in the language model.
struct GGUFTensorNaming {
  private let architecture: String
  private let names: GGUFTensorNames
  private let shapes: [String: [Int]]

  /// What files of a whole multimodal model hold beside the language model.
  private static let otherParts = ["v.", "mm.", "a."]
  /// Queries, keys and values of a layer in one matrix, in this order (`create_tensor_qkv` in llama.cpp).
  private static let fused = "attn_qkv.weight"

  init(_ architecture: String, _ names: GGUFTensorNames, _ tensors: [StoredTensor]) {
    self.architecture = architecture
    self.names = names
    shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { $1 }
  }

  /// A tensor under its Hugging Face name: one, several if the file joins them, or none if it is not for us.
  func named(_ tensor: StoredTensor) throws(BenchmarkError) -> [(String, StoredTensor)] {
    if names.constants.contains(tensor.name) || Self.otherParts.contains(where: tensor.name.hasPrefix) { return [] }
    if let stack = names.stacked.first(where: { $0.gguf == tensor.name }) {
      guard (2...3).contains(tensor.shape.count) else {
        throw failure(tensor, "shape \(tensor.shape), expected three axes")
      }
      // A stack of one is a matrix to the format.
      let count = tensor.shape.count == 3 ? tensor.shape[0] : 1
      let step = tensor.range.count / count
      return (0..<count).map { index in
        let name = "\(GGUFTensorNames.prefix)\(stack.huggingFace).\(index).weight"
        let start = tensor.range.lowerBound + index * step
        return (name, tensor.renamed(name, shape: tensor.shape.suffix(2), range: start..<start + step))
      }
    }
    if let (layer, rest) = GGUFTensorNames.split(tensor.name, after: "blk."), rest == Self.fused {
      return try parts(tensor, layer)
    }
    guard let name = names.huggingFaceName(tensor.name) else {
      if try changesNothing(tensor) { return [] }
      throw failure(tensor, "not a tensor of \(architecture) models", .unsupported)
    }
    return [(name, tensor.renamed(name, shape: tensor.shape, range: tensor.range))]
  }

  private func failure(_ tensor: StoredTensor, _ reason: String, _ kind: BenchmarkError.Kind = .invalidFile)
    -> BenchmarkError
  {
    BenchmarkError(kind, "\(tensor.file.path): tensor \(tensor.name): \(reason)")
  }

  /// Queries, keys and values: as many rows of queries as attention's output has columns, half of the rest each.
  private func parts(_ tensor: StoredTensor, _ layer: Int) throws(BenchmarkError) -> [(String, StoredTensor)] {
    guard tensor.shape.count == 2, let output = shapes["blk.\(layer).attn_output.weight"], output.count == 2,
      tensor.shape[0] > output[1], (tensor.shape[0] - output[1]) % 2 == 0
    else { throw failure(tensor, "shape \(tensor.shape) does not hold queries, keys and values") }
    let rowBytes = tensor.range.count / tensor.shape[0]
    let others = (tensor.shape[0] - output[1]) / 2
    var start = tensor.range.lowerBound
    return [("q", output[1]), ("k", others), ("v", others)].map { part, rows in
      let name = "\(GGUFTensorNames.prefix)layers.\(layer).self_attn.\(part)_proj.weight"
      defer { start += rows * rowBytes }
      return (name, tensor.renamed(name, shape: [rows, tensor.shape[1]], range: start..<start + rows * rowBytes))
    }
  }

  /// Whether a tensor beside a matrix leaves its products as they are: a scale of 1, a bias of 0, and what llama.cpp loads and
  /// does not use, scales of inputs and, before Gemma 4, those of the feed-forward network. Errors: one that changes them.
  private func changesNothing(_ tensor: StoredTensor) throws(BenchmarkError) -> Bool {
    let inner = GGUFTensorNames.split(tensor.name, after: "blk.")?.rest ?? tensor.name
    let parts = inner.split(separator: ".")
    let matrices = [
      "attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "output",
    ]
    guard parts.count == 2, matrices.contains(String(parts[0])) else { return false }
    if parts[1] == "input_scale" { return true }
    if parts[1] == "scale", parts[0].hasPrefix("ffn_"), !names.scalesProducts { return true }
    let hasBias = ["attn_q", "attn_k", "attn_v", "attn_qkv"].contains(String(parts[0]))
    guard parts[1] == "scale" || parts[1] == "bias" && hasBias, tensor.elementType == .float32 else { return false }
    let neutral: Float = parts[1] == "scale" ? 1 : 0
    let isNeutral = try tensor.withBytes { bytes in
      bytes.withMemoryRebound(to: Float.self) { $0.allSatisfy { $0 == neutral } }
    }
    if isNeutral { return true }
    throw failure(
      tensor, "a \(parts[1]) of the products of \(parts[0]).weight is not supported; use a file without it",
      .unsupported)
  }
}

import Checkpoints
import GemmaModel
import Glibc
import Support
import Tensors
import Testing
import Tokenization

@testable import Quantization

/// A scratch file that vanishes with this object.
final class ScratchFile {
  let path = "/tmp/gemmabench-quantize-\(UInt64.random(in: 0 ... .max)).gguf"
  deinit { unlink(path) }
}

private let packageRoot = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// The tiny checkpoints of every generation.
private func tinyFolder(_ name: String) -> String { "\(packageRoot)/Tests/Goldens/models/\(name)" }

@Suite struct ModelQuantizerTests {
  private static let pocket = packageRoot + "/scripts/pocket/models/pocket-6m"

  private func quantize(_ folder: String, _ type: String) throws -> (file: ScratchFile, summary: ModelQuantizer.Summary)
  {
    let file = ScratchFile()
    let quantizer = try ModelQuantizer(model: folder, scheme: try QuantizationScheme(name: type))
    try quantizer.write(to: file.path, threads: 2) { _, _ in }
    return (file, quantizer.summary)
  }

  @Test func aFileOfTheSameNumbersGivesTheSameBits() throws {
    let (file, _) = try quantize(Self.pocket, "none")
    let tokens: [Int32] = [2, 10, 500, 7, 300, 42, 1000, 9]
    func logits(_ path: String) throws -> [Float] {
      let model = try LanguageModel.load(path: path, threads: 1) { _, _ in }
      let cache = try model.makeCache(capacity: 64)
      let result = try model.forward(tokens, cache: cache, logitCount: tokens.count)
      return (0..<tokens.count).flatMap { Array(result.row($0)) }
    }
    #expect(try logits(file.path) == logits(Self.pocket))
    let text = "Anna has 3 apples.\nShe buys <b>two</b> more; how many?  \n\n"
    let original = try Tokenizer.load(path: Self.pocket)
    let restored = try Tokenizer.load(path: file.path)
    let expected = original.encode(text, addBeginningOfSequence: true)
    #expect(restored.encode(text, addBeginningOfSequence: true) == expected)
    #expect(restored.decode(expected) == original.decode(expected))
  }
}

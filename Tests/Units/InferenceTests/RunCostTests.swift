import Checkpoints
import Testing
import Transformer

@testable import Inference

/// The estimate of a plan's time beside what was measured: docs/performance.md, prefill of 512 and decoding of one sequence.
@Suite struct RunCostTests {
  /// Two cores of its machine: 232 giga multiply-adds a second each with 8-bit activations, 57 GB/s together (22.1 tokens/s of
  /// Q4_0 are 69% of it).
  private static let machine = MachineLimits(
    bytesPerSecond: 57e9, decodedWeightsPerSecond: 2e9, rates: [.int8: 464e9, .bfloat16: 240e9, .float32: 150e9])

  /// A Gemma 2 of 2 billion parameters with a vocabulary of 262,144: 26 layers of 77.9 million weights, and its embeddings.
  private static func twoBillion(bytesPerWeight: Double, bytesPerOutput: Double) -> RunCost {
    var cost = RunCost()
    let attention = 2 * 2304 * 2048 + 2 * 2304 * 1024
    cost.layers = 26
    cost.multiplyAddsPerToken = 26 * (attention + 3 * 2304 * 9216)
    cost.multiplyAddsPerLogits = 262_144 * 2304
    cost.bytesPerPass =
      Int(Double(cost.multiplyAddsPerToken) * bytesPerWeight + Double(cost.multiplyAddsPerLogits) * bytesPerOutput)
    cost.form = .int8
    return cost
  }

  @Test(
    "The expected time is within twice the measured one, either way",
    arguments: [
      // Q4_0 with its output in Q6_K, and Q8_0: bytes a weight; tokens a second of prefill and of decoding.
      (4.5 / 8, 6.5625 / 8, 161.0, 22.1), (8.5 / 8, 8.5 / 8, 164, 14.1),
    ])
  func measured(bytesPerWeight: Double, bytesPerOutput: Double, prefill: Double, decode: Double) {
    let cost = Self.twoBillion(bytesPerWeight: bytesPerWeight, bytesPerOutput: bytesPerOutput)
    let prompt = cost.seconds(computed: 512, logits: 1, generated: 0, sequences: 1, machine: Self.machine)
    #expect((0.5...2).contains(prompt.expected / (512 / prefill)), "\(prompt)")
    let answer = cost.seconds(computed: 0, logits: 0, generated: 128, sequences: 1, machine: Self.machine)
    #expect((0.5...2).contains(answer.expected / (128 / decode)), "\(answer)")
    // Nothing beats the limits of the machine.
    #expect(prompt.least < 512 / prefill && answer.least < 128 / decode)
  }

  @Test("Sixteen answers side by side read the weights once for all")
  func sideBySide() {
    let cost = Self.twoBillion(bytesPerWeight: 4.5 / 8, bytesPerOutput: 6.5625 / 8)
    let answers = cost.seconds(computed: 0, logits: 0, generated: 1600, sequences: 16, machine: Self.machine)
    #expect((0.5...2).contains(answers.expected / (1600.0 / 111)), "\(answers)")
  }

  @Test("Quantised weights that meet float32 activations are decoded in every pass")
  func decoding() throws {
    // The real 270M in Q4_K_M with float32 activations: 100 million weights and an output of 168 million; measured on a machine
    // that decodes 1.6 billion weights a second: prefill of 256 at 496 tokens/s, decoding at 5.9, of 16 sequences at 82.6.
    let machine = MachineLimits(bytesPerSecond: 27e9, decodedWeightsPerSecond: 1.6e9, rates: [.float32: 175e9])
    var cost = RunCost()
    cost.layers = 18
    cost.multiplyAddsPerToken = 100_000_000
    cost.multiplyAddsPerLogits = 262_144 * 640
    cost.bytesPerPass = 247_000_000
    cost.decodedPerPass = cost.multiplyAddsPerToken
    cost.decodedPerLogits = cost.multiplyAddsPerLogits
    let prompt = cost.seconds(computed: 256, logits: 1, generated: 0, sequences: 1, machine: machine)
    #expect((0.5...2).contains(prompt.expected / (256 / 496.0)), "\(prompt)")
    for (sequences, rate) in [(1, 5.9), (16, 82.6)] {
      let answers = cost.seconds(
        computed: 0, logits: 0, generated: 64 * sequences, sequences: sequences, machine: machine)
      #expect((0.5...2).contains(answers.expected / (Double(64 * sequences) / rate)), "\(answers)")
    }
  }

  @Test("Which weights are decoded follows from types and precision")
  func decodedWeights() throws {
    let path = Fixtures.folder + "/tiny"
    let inventory = try ModelInventory(path: path)
    let scheme = try QuantizationScheme(name: "q8_0")
    #expect(RunCost(inventory, quantization: scheme, precision: nil).decodedPerPass == 0)
    let cost = RunCost(inventory, quantization: scheme, precision: .float32)
    #expect(cost.form == .float32 && cost.decodedPerPass > 0 && cost.decodedPerPass <= cost.multiplyAddsPerToken)
  }

  @Test("A checkpoint's cost is that of its tensors")
  func ofTensors() throws {
    let language = try Fixtures.model().language
    let cost = RunCost(try ModelInventory(path: Fixtures.folder + "/tiny"), quantization: nil, precision: nil)
    #expect(cost.multiplyAddsPerToken == language.multiplyAddsPerToken)
    #expect(cost.bytesPerPass == language.bytesPerPass)
    #expect(cost.layers == language.configuration.layerCount && cost.form == .float32)
  }
}

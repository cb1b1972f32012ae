import Checkpoints
import Support
import Synchronization
import Tensors
import Transformer

/// What a pass of a model takes of the machine, from its tensors alone: what estimates of times are made from.
package struct RunCost: Sendable {
  /// Multiplications of weights with activations for each token, attention not counted; of a mixture, of all its experts.
  package var multiplyAddsPerToken = 0
  /// Those of a row of logits.
  package var multiplyAddsPerLogits = 0
  /// Bytes of weights that a pass over a few tokens reads.
  package var bytesPerPass = 0
  /// Weights that a pass converts from blocks to float32 first, and those that a row of logits takes besides: where quantised
  /// weights meet float32 activations.
  var decodedPerPass = 0
  var decodedPerLogits = 0
  package var layers = 0
  /// What most of the weights meet activations as.
  var form = ActivationForm.float32

  /// Share of the machine's arithmetic and read bandwidth that passes reach, in what docs/performance.md has of models of 1 and 2
  /// billion parameters: from 0.64 to 0.96; half of the arithmetic with AVX2 and weights of eight bits, whose products take
  /// twice the instructions.
  static let reachedShare = 0.7
  /// Seconds that each layer of a pass takes besides, whatever its size: what keeps the pocket models from their arithmetic.
  static let secondsPerLayer = 1.5e-5
  /// Tokens that go through the model side by side: of a prompt, and of as many answers.
  static let promptRows = BatchLimits().rows
  static let sequences = 64

  init() {}

  /// Of a checkpoint whose matrices are quantised while loading, or not.
  init(_ inventory: ModelInventory, quantization: QuantizationScheme?, precision: Precision?) {
    let configuration = inventory.configuration
    layers = configuration.layerCount
    multiplyAddsPerLogits = configuration.vocabularySize * configuration.hiddenSize
    // By how many multiplications each form of activations has.
    var work: [ActivationForm: Int] = [:]
    let arithmetic = precision.map { ComputeType($0) } ?? .standard
    for (name, tensor) in inventory.tensors where tensor.shape.count >= 2 {
      let isOutput = name == (configuration.tiesEmbeddings ? "embed_tokens.weight" : "lm_head.weight")
      if !isOutput, name.hasPrefix("embed_tokens") { continue }
      let count = tensor.shape.reduce(1, *)
      let type =
        quantization?.elementType(
          of: name, shape: tensor.shape, stored: tensor.elementType, tiesEmbeddings: configuration.tiesEmbeddings,
          layerCount: configuration.layerCount)
        ?? tensor.elementType
      bytesPerPass += count / type.blockLength * type.blockBytes
      let typeForm = arithmetic.activationForm(for: type)
      let decoded = type.isQuantized && typeForm == .float32 ? count : 0
      if isOutput {
        decodedPerLogits = decoded
        continue
      }
      decodedPerPass += decoded
      multiplyAddsPerToken += count
      work[typeForm, default: 0] += count
    }
    form = work.max { $0.value < $1.value }?.key ?? .float32
  }

  /// Seconds that requests take: at the limits of the machine's arithmetic and memory, and as they can be expected to.
  ///
  /// - Parameters:
  ///   - computed: tokens of prompts, `logits` of them with a row of logits.
  ///   - generated: tokens of answers, up to `sequences` of them side by side.
  func seconds(computed: Int, logits: Int, generated: Int, sequences: Int, machine: MachineLimits) -> (
    least: Double, expected: Double
  ) {
    let rate = machine.rate(form)
    let prompts = Double(computed) * Double(multiplyAddsPerToken) + Double(logits) * Double(multiplyAddsPerLogits)
    let answers = Double(generated) * Double(multiplyAddsPerToken + multiplyAddsPerLogits)
    let steps = Double(generated) / Double(max(1, min(sequences, Self.sequences)))
    let promptPasses = (Double(computed) / Double(Self.promptRows)).rounded(.up)
    let decoded =
      (promptPasses + steps) * Double(decodedPerPass)
      + (min(promptPasses, Double(logits)) + steps) * Double(decodedPerLogits)
    let least =
      prompts / rate + max(answers / rate, steps * Double(bytesPerPass) / machine.bytesPerSecond)
      + decoded / machine.decodedWeightsPerSecond
    let passes = Double(computed) / Double(Self.promptRows) + steps
    return (least, least / Self.reachedShare + passes * Double(layers) * Self.secondsPerLayer)
  }
}

/// The limits of this machine, measured when they are first needed.
final class MeasuredMachine: Sendable {
  private let measured = Mutex<MachineLimits?>(nil)

  func limits(threads: Int?) throws(BenchmarkError) -> MachineLimits {
    if let found = measured.withLock({ $0 }) { return found }
    let limits = try MachineLimits.measure(threads: threads)
    measured.withLock { $0 = limits }
    return limits
  }
}

/// What this machine can do at most, measured once for the kinds of arithmetic that matter.
package struct MachineLimits: Sendable {
  let bytesPerSecond: Double
  /// Weights converted from blocks to float32.
  let decodedWeightsPerSecond: Double
  /// Multiply-adds per second.
  private let rates: [ActivationForm: Double]

  init(bytesPerSecond: Double, decodedWeightsPerSecond: Double, rates: [ActivationForm: Double]) {
    self.bytesPerSecond = bytesPerSecond
    self.decodedWeightsPerSecond = decodedWeightsPerSecond
    self.rates = rates
  }

  /// Measures for about a second.
  package static func measure(threads: Int?) throws(BenchmarkError) -> MachineLimits {
    let pool = WorkerPool(threads: threads ?? 0)
    var rates: [ActivationForm: Double] = [:]
    var bytesPerSecond = 0.0
    for form in ActivationForm.allCases {
      let speed = try MachineSpeed.measure(on: pool, form: form)
      rates[form] = speed.multiplyAddsPerSecond
      bytesPerSecond = max(bytesPerSecond, speed.readBytesPerSecond)
    }
    return MachineLimits(
      bytesPerSecond: bytesPerSecond,
      decodedWeightsPerSecond: try MachineSpeed.decodedWeightsPerSecond(on: pool), rates: rates)
  }

  /// Multiply-adds per second of a form.
  func rate(_ form: ActivationForm) -> Double { rates[form] ?? 1 }
}

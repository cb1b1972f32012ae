import Support
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// Rotary position embedding (Su et al. 2021): pairs (i, i + size/2) turn by position * frequency[i], where `size` is the
/// head's but for models of which only the first numbers of a head turn.
struct RotaryEmbedding: Sendable {
  let frequencies: [Float]  // [size / 2]
  /// Of cosines and sines.
  private let magnitude: Float

  /// Frequencies are rounded to float32 at each step, as the reference implementation rounds them. Pairs beyond the
  /// rotated share have frequency 0 and stand still.
  init(_ settings: RotarySettings, headSize: Int) {
    let base = Float(settings.base)
    let factor = Float(settings.factor)
    let size = Int((settings.pairedFraction * Double(headSize)).rounded())
    let rotated = Int(settings.rotatedFraction * Double(size)) / 2
    let interpolation = settings.yarn.map { Self.interpolation($0, base: settings.base, size: size) }
    let divisors = settings.divisors ?? settings.llama3?.divisors(base: settings.base, headSize: headSize)
    frequencies = (0..<size / 2).map { index in
      if index >= rotated { return 0 }
      let frequency = 1 / powf(base, Float(2 * index) / Float(size))
      if let divisors { return frequency / factor / divisors[index] }
      guard let share = interpolation?[index] else { return frequency / factor }
      return frequency / factor * share + frequency * (1 - share)
    }
    magnitude = Float(settings.yarn?.magnitude ?? 1)
  }

  /// How much of YaRN's factor each pair takes, `[size / 2]`.
  ///
  /// Source: `_compute_yarn_parameters` of transformers; `ggml_rope_yarn_corr_dims` of llama.cpp is the same.
  private static func interpolation(_ yarn: YarnSettings, base: Double, size: Int) -> [Float] {
    func pair(_ turns: Double) -> Double {
      Double(size) * log(yarn.originalPositions / (turns * 2 * .pi)) / (2 * log(base))
    }
    var (low, high) = (pair(yarn.fastTurns), pair(yarn.slowTurns))
    if yarn.truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(size - 1)))
    if low == high { high += 0.001 }
    return (0..<size / 2).map { Float(min(1, max(0, (Double($0) - low) / (high - low)))) }
  }

  /// Writes cosines and sines of one position, `[size / 2]` each.
  func fill(_ position: Int, cosines: UnsafeMutablePointer<Float>, sines: UnsafeMutablePointer<Float>) {
    for (index, frequency) in frequencies.enumerated() {
      let angle = Double(Float(position) * frequency)
      cosines[index] = Float(cos(angle)) * magnitude
      sines[index] = Float(sin(angle)) * magnitude
    }
  }
}

extension Llama3Scaling {
  /// What the angle of each pair is divided by, `[headSize / 2]`: as a GGUF file holds it, so that file and folder give the
  /// same bits. Sources: `_compute_llama3_parameters` of transformers, `generate_extra_tensors` of llama.cpp's converter.
  func divisors(base: Double, headSize: Int) -> [Float] {
    (0..<headSize / 2).map { index in
      let wavelength = 2 * Double.pi * pow(base, Double(2 * index) / Double(headSize))
      if wavelength < trainedPositions / highFrequencyFactor { return 1 }
      if wavelength > trainedPositions / lowFrequencyFactor { return Float(factor) }
      let smooth = (trainedPositions / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
      return Float(1 / ((1 - smooth) / factor + smooth))
    }
  }
}

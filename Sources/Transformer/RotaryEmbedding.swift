import Support
import Tensors

#if canImport(Glibc)
  import Glibc
#endif

/// Rotary position embedding (Su et al. 2021): pairs (i, i + headSize/2) turn by position * frequency[i].
struct RotaryEmbedding: Sendable {
  let frequencies: [Float]  // [headSize / 2]

  /// Frequencies are rounded to float32 at each step, as the reference implementation rounds them. Pairs beyond the
  /// rotated share have frequency 0 and stand still.
  init(_ settings: RotarySettings, headSize: Int) {
    let base = Float(settings.base)
    let factor = Float(settings.factor)
    let rotated = Int(settings.rotatedFraction * Double(headSize)) / 2
    frequencies = (0..<headSize / 2).map { index in
      if index >= rotated { return 0 }
      let frequency = 1 / powf(base, Float(2 * index) / Float(headSize)) / factor
      if let divisors = settings.divisors { return frequency / divisors[index] }
      return settings.llama3?.scaled(frequency) ?? frequency
    }
  }

  /// Writes cosines and sines of one position, `[headSize / 2]` each.
  func fill(_ position: Int, cosines: UnsafeMutablePointer<Float>, sines: UnsafeMutablePointer<Float>) {
    for (index, frequency) in frequencies.enumerated() {
      let angle = Double(Float(position) * frequency)
      cosines[index] = Float(cos(angle))
      sines[index] = Float(sin(angle))
    }
  }
}

extension Llama3Scaling {
  /// A frequency in radians for each position, slowed as it is to be; `_compute_llama3_parameters` of transformers.
  func scaled(_ frequency: Float) -> Float {
    let wavelength = Float(2 * Double.pi) / frequency
    let slow = wavelength > Float(trainedPositions / lowFrequencyFactor) ? frequency / Float(factor) : frequency
    if wavelength < Float(trainedPositions / highFrequencyFactor) { return frequency }
    if wavelength > Float(trainedPositions / lowFrequencyFactor) { return slow }
    let smooth =
      (Float(trainedPositions) / wavelength - Float(lowFrequencyFactor))
      / Float(highFrequencyFactor - lowFrequencyFactor)
    return (1 - smooth) * frequency / Float(factor) + smooth * frequency
  }

  /// What llama.cpp divides the angle of each pair by, `[headSize / 2]`; `generate_extra_tensors` of its converter.
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

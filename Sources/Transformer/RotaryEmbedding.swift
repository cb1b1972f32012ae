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
    let divisors = settings.divisors ?? settings.llama3?.divisors(base: settings.base, headSize: headSize)
    frequencies = (0..<headSize / 2).map { index in
      if index >= rotated { return 0 }
      return 1 / powf(base, Float(2 * index) / Float(headSize)) / factor / (divisors?[index] ?? 1)
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

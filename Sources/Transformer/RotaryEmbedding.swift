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
      index < rotated ? 1 / powf(base, Float(2 * index) / Float(headSize)) / factor : 0
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

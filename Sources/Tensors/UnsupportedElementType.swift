extension ElementType {
  /// What ggml calls an element type that is not supported here; nil for numbers that ggml does not know either.
  ///
  /// Source: `ggml_type` in ggml's `include/ggml.h`.
  package static func unsupportedName(_ number: UInt32) -> String? {
    switch number {
    case 4: "q4_2, which llama.cpp no longer reads"
    case 5: "q4_3, which llama.cpp no longer reads"
    case 9: "q8_1"
    case 15: "q8_k"
    case 24: "i8"
    case 25: "i16"
    case 26: "i32"
    case 27: "i64"
    case 28: "f64"
    case 31: "q4_0_4_4, which llama.cpp no longer reads"
    case 32: "q4_0_4_8, which llama.cpp no longer reads"
    case 33: "q4_0_8_8, which llama.cpp no longer reads"
    case 36: "iq4_nl_4_4, which llama.cpp no longer reads"
    case 37: "iq4_nl_4_8, which llama.cpp no longer reads"
    case 38: "iq4_nl_8_8, which llama.cpp no longer reads"
    case 40: "nvfp4"
    case 41: "q1_0"
    case 42: "q2_0"
    default: nil
    }
  }
}

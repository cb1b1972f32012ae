import Support

extension Request {
  /// Errors: several responses to one prompt from greedy decoding, which would all be the same.
  ///
  /// To be called where the sampling is final: a model's settings may change what a task says of it.
  package func checkRepeats() throws(BenchmarkError) {
    guard case .generation(let text) = self, text.repeats > 1, text.sampling.temperature == 0 else { return }
    throw BenchmarkError(
      .invalidArgument,
      "repeats \(text.repeats): at temperature 0 all responses to a prompt are the same; give a temperature above 0, such as"
        + " 0.7, or leave repeats out", key: "repeats")
  }
}

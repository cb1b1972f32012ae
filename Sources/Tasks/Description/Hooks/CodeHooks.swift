import Support

/// HumanEval: the beginning of a program and a response as one program.
enum CodeHooks {
  static let program: NativeHooks.Filter = { (_, _) in
    .each { (value, document) throws(BenchmarkError) in
      .string(try DocumentReader(document).text("prompt") + PythonValue.text(value))
    }
  }

  /// Of a response what stands before the end of its block of code.
  static let instructedProgram: NativeHooks.Filter = { (_, _) in
    .each { (value, document) throws(BenchmarkError) in
      let code = PythonValue.split(PythonValue.text(value), "```").first ?? ""
      return .string(try DocumentReader(document).text("prompt") + code)
    }
  }

  /// The counts of programs that a metric is taken at: one, or a list.
  ///
  /// Errors: none are given, or something else.
  static func counts(_ value: JSONValue?, at place: DocumentPlace) throws(BenchmarkError) -> [Int] {
    let counts = (value?.arrayValue ?? [value ?? .null]).map(\.integerValue)
    let given = counts.compactMap { $0 }.filter { $0 > 0 }
    if given.isEmpty || given.count != counts.count {
      throw place.error("a whole number from 1, or a list of them, was expected: of how many programs one must pass")
    }
    return given
  }
}

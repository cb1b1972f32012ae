import Support

/// A Jinja template, parsed once and rendered with any variables.
///
/// The language is that of Jinja 3.1 with Python's values, as chat templates and lm-evaluation-harness's task files use
/// it; goldens of jinja2 in Tests/Goldens/templates hold it to that. What a template may not do here (other files,
/// methods that change a value, filters that are not known) is an error that names it. A template is foreign code:
/// `Limits` bound what it may spend.
package struct Template: Sendable {
  /// How a template is read and what it finds around it.
  package struct Settings: Sendable {
    /// Whether the first line break after a block tag is dropped.
    package var trimsBlocks: Bool
    /// Whether white space in front of a block tag that begins its line is dropped.
    package var stripsBlocks: Bool
    /// Whether a line break at the template's end is kept.
    package var keepsTrailingNewline: Bool
    /// Whether an undefined value may only be asked whether it is defined.
    package var isStrict: Bool
    /// Whether `tojson` sorts keys and escapes as Jinja's own does; if not, as that of `transformers`.
    package var escapesJSON: Bool
    /// Whether `break`, `continue`, `generation`, `raise_exception` and `strftime_now` are there.
    package var isChat: Bool
    package var limits: Limits
    /// What `strftime_now` takes for now, in seconds since 1970; nil for the clock.
    package var secondsSince1970: Int?

    /// What `transformers` compiles chat templates with.
    package static let chat = Settings(
      trimsBlocks: true, stripsBlocks: true, keepsTrailingNewline: false, isStrict: false, escapesJSON: false,
      isChat: true, limits: Limits(), secondsSince1970: nil)
    /// What lm-evaluation-harness renders its task files with.
    package static let harness = Settings(
      trimsBlocks: false, stripsBlocks: false, keepsTrailingNewline: true, isStrict: true, escapesJSON: true,
      isChat: false, limits: Limits(), secondsSince1970: nil)
  }

  /// What a template may spend; beyond it rendering ends with an error.
  package struct Limits: Sendable {
    /// Expressions and statements evaluated, and parts of values gone over.
    package var steps = 2_000_000
    /// Bytes of texts and lists made in all, the output among them.
    package var bytes = 256 << 20
    /// Levels of tags, brackets, calls and lists within one another.
    package var nesting = 150
    /// Bytes of the template's text.
    package var sourceBytes = 4 << 20

    package init() {}
  }

  /// What errors call the template, such as its file.
  package let name: String
  let settings: Settings
  let body: [Statement]
  let namesRead: Set<String>

  /// Parses a template.
  ///
  /// Errors: `invalidFile` with the line and the reason for what Jinja would not parse, `unsupported` for what is not
  /// supported here.
  package init(_ source: String, name: String, settings: Settings = .chat) throws(BenchmarkError) {
    if source.utf8.count > settings.limits.sourceBytes {
      throw BenchmarkError(.unsupported, "\(name): the template is larger than \(settings.limits.sourceBytes) bytes")
    }
    let outcome = DeepStack.run { () -> Result<Parser, Fault> in
      do throws(Fault) {
        var parser = try Parser(source, settings)
        try parser.parseAll()
        return .success(parser)
      } catch { return .failure(error) }
    }
    switch outcome {
    case .success(let parser):
      body = parser.parsed
      namesRead = parser.namesRead
    case .failure(let fault): throw fault.error(name: name)
    }
    self.name = name
    self.settings = settings
  }

  /// Whether the template reads a variable of this name.
  package func reads(_ variable: String) -> Bool { namesRead.contains(variable) }

  /// The text that the template makes of variables, which it sees by their keys.
  ///
  /// Errors, each with the line: what the template raises and an undefined value that is used (`invalidArgument`), what is
  /// not supported, a limit that is reached (`unsupported`).
  package func render(_ variables: JSONObject) throws(BenchmarkError) -> String {
    let outcome = DeepStack.run { () -> Result<String, Fault> in
      let evaluator = Evaluator(settings)
      defer { evaluator.letGo() }
      do throws(Fault) {
        return .success(try evaluator.render(body, variables))
      } catch { return .failure(error) }
    }
    switch outcome {
    case .success(let text): return text
    case .failure(let fault): throw fault.error(name: name)
    }
  }
}

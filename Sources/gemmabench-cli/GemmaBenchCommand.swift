import ArgumentParser
@preconcurrency import Glibc

@main
struct GemmaBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemmabench",
    abstract: "Measures language models of the Gemma family: which is better at what, by how much, and how surely.",
    discussion: """
      A model is a Hugging Face checkpoint folder, a GGUF file, or a name on the Hugging Face Hub, which is downloaded \
      into the Hub's cache if it is not there. Benchmark data come from --data or from the folder that the \
      environment variable GEMMABENCH_DATA names.

        gemmabench run google/gemma-3-1b-it mmlu --subset abstract_algebra --shots 5
        gemmabench run models/gemma-3-1b gsm8k --limit 100 --output results
        gemmabench script sweep.lua

      Results go to standard output, progress to standard error.
      Ctrl-C once finishes the samples at work and keeps what is done, twice stops at once.
      Exit codes: 0 success; 1 a failure; 2 a cell of the sweep failed, the others are done; 64 wrong usage; \
      130 interrupted, what was done is kept.
      """,
    version: Library.version,
    subcommands: [
      ScriptCommand.self, RunCommand.self, InitCommand.self, PlanCommand.self, TasksCommand.self, InfoCommand.self,
      TokenizeCommand.self,
      GenerateCommand.self, ChatTemplateCommand.self, BenchCommand.self, DoctorCommand.self, PullCommand.self,
      ModelsCommand.self, AuthCommand.self, QuantizeCommand.self, StatsCommand.self, CompareCommand.self,
      PowerCommand.self, HistoryCommand.self, ReportCommand.self, ExportCommand.self, VersionCommand.self,
    ])

  /// As ArgumentParser does it, but for the message: it quotes what others wrote.
  static func main() {
    do {
      var command = try parseAsRoot()
      try RepeatedOptions.check(Array(CommandLine.arguments.dropFirst()))
      try command.run()
    } catch {
      let message = fullMessage(for: error)
      let code = exitCode(for: error)
      if !message.isEmpty { code == .success ? Console.print(message + "\n") : Console.printError(message + "\n") }
      Glibc.exit(code.rawValue)
    }
  }
}

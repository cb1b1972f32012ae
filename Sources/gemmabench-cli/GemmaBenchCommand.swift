import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc

@main
struct GemmaBenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemmabench",
    abstract: "Evaluate and compare language models (Gemma, Llama, Qwen): accuracy, speed and memory, with statistics.",
    discussion: """
      A model is a Hugging Face checkpoint folder, a GGUF file, or a name on the Hugging Face Hub, which is downloaded \
      into the Hub's cache if needed. Benchmark data are read from --data, or else from the folder that the environment \
      variable GEMMABENCH_DATA names, or else from the Hub.

        gemmabench run google/gemma-3-1b-it mmlu --subset abstract_algebra --shots 5
        gemmabench run models/gemma-3-1b gsm8k --limit 100 --output results
        gemmabench script sweep.lua

      Results go to standard output, progress to standard error.
      Ctrl-C once finishes the current samples and reports what is done; twice stops at once.
      Exit codes: 0 success; 1 error; 2 a cell of the sweep failed, the others are done; 64 wrong usage; \
      74 standard output cannot be written; 130 interrupted by Ctrl-C, 143 by SIGTERM, results so far are kept.
      """,
    version: Library.version,
    subcommands: [
      ScriptCommand.self, RunCommand.self, InitCommand.self, PlanCommand.self, TasksCommand.self, InfoCommand.self,
      TokenizeCommand.self,
      GenerateCommand.self, ChatCommand.self, ChatTemplateCommand.self, BenchCommand.self, DoctorCommand.self,
      PullCommand.self,
      ModelsCommand.self, DataCommand.self, AuthCommand.self, QuantizeCommand.self, StatsCommand.self,
      CompareCommand.self,
      PowerCommand.self, HistoryCommand.self, ReportCommand.self, ExportCommand.self, VersionCommand.self,
    ])

  /// As ArgumentParser does it, but for interruptions and for what cannot be printed.
  static func main() {
    Interruption.watch()
    Console.open()
    do {
      var given = Array(CommandLine.arguments.dropFirst())
      if let name = given.first, name == "run" || SchemaFlags.calls[name] != nil {
        given = try SchemaFlags.take(given, own: try OptionWords.ownOptions(of: name))
      }
      let arguments = try OptionWords.joiningNegativeNumbers(given)
      var command = try parseAsRoot(arguments)
      try OptionWords.check(arguments)
      try command.run()
      Console.finish()
      Glibc.exit(Interruption.exitCode ?? 0)
    } catch {
      ProgressLine.end()
      let isCancelled = (error as? LibraryError)?.status == GB_CANCELLED
      // Thrown while a command ran, a usage error no longer knows its command: the root's usage would mislead.
      let isLate = error is ValidationError
      let message = isCancelled ? "\(error)" : isLate ? "Error: \(error)" : fullMessage(for: error)
      let code = exitCode(for: error)
      if code == .success {
        Console.print(message + "\n")
      } else if !message.isEmpty {
        Console.printError(message + "\n")
      }
      Console.finish()
      Glibc.exit(Interruption.exitCode ?? code.rawValue)
    }
  }
}

import ArgumentParser
import CGemmaBench
@preconcurrency import Glibc
import Support

/// Calls a body with a C text, or NULL for nil.
func withOptionalText<Value>(_ text: String?, _ body: (UnsafePointer<CChar>?) throws -> Value) rethrows -> Value {
  guard let text else { return try body(nil) }
  return try text.withCString { try body($0) }
}

struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Download a model from the Hugging Face Hub into its cache.",
    discussion: """
      Downloads what a model needs: configuration, tokenizer and safetensors, or one GGUF file. Cached files are not \
      downloaded again, and interrupted downloads are resumed. The token is that of HF_TOKEN or `hf auth login`.

        gemmabench pull google/gemma-3-1b-it
        gemmabench pull gemma-2-2b-it --revision main
        gemmabench pull google/gemma-3-4b-it-qat-q4_0-gguf:q4_0
      """)
  @Argument(help: "OWNER/NAME[:FILE][@REVISION], or the name of a Google model without its owner.") var model: String
  @Option(help: "Branch, tag or commit (default: main).") var revision: String?
  @Option(help: "The Hub's cache folder; default: from HF_HUB_CACHE or HF_HOME.") var cacheDir: String?
  @Option(help: "Download only the files that match, such as '*.json'; may be repeated.")
  var include: [String] = []
  @Option(help: "What to print: text (the path) or json.") var format: String = "text"
  @Flag(help: "Show no progress.") var quiet = false

  func validate() throws { try checkFormat(format) }

  func run() throws {
    ProgressLine.setQuiet(quiet)
    Interruption.await()
    let copies = include.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    let patterns = copies.map { UnsafePointer($0) }
    var json: UnsafeMutablePointer<CChar>?
    let status = withOptionalText(revision) { revision in
      withOptionalText(cacheDir) { cacheDir in
        patterns.withUnsafeBufferPointer { patterns in
          var options = gb_pull_options()
          options.struct_size = UInt32(MemoryLayout<gb_pull_options>.size)
          options.revision = revision
          options.cache_dir = cacheDir
          options.include = patterns.baseAddress
          options.include_count = patterns.count
          options.progress = ProgressLine.callback
          return gb_pull_model(&json, model, &options)
        }
      }
    }
    ProgressLine.clear()
    try Library.check(status)
    defer { gb_string_free(json) }
    let result = try JSONReader.parse(json.map { String(cString: $0) } ?? "null")
    let object = result.objectValue ?? [:]
    if format == "json" { return Console.print(result.text(indented: true) + "\n") }
    Console.print("\(object["path"]?.stringValue ?? "")\n")
    if !quiet {
      let received = Double(object["received_bytes"]?.integerValue ?? 0) / 1e6
      Console.printError(
        "\(object["id"]?.stringValue ?? "") at \(object["revision"]?.stringValue ?? ""): "
          + "\(object["files"]?.integerValue ?? 0) files, \(received.fixed(1)) MB received\n")
    }
  }
}

struct AuthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "auth", abstract: "Check the Hugging Face token and show the account it belongs to.",
    discussion: """
      The token is that of HF_TOKEN, or the one that `hf auth login` stored. It is sent only to the Hub and never printed.
      """)
  @Option(help: "text or json.") var format: String = "text"

  func validate() throws { try checkFormat(format) }

  func run() throws {
    let identity = try JSONReader.parse(try Library.text { gb_hub_identity($0) })
    if format == "json" { return Console.print(identity.text(indented: true) + "\n") }
    let object = identity.objectValue ?? [:]
    let full = object["full_name"]?.stringValue.map { " (\($0))" } ?? ""
    let token = object["token_name"]?.stringValue.map { " \"\($0)\"" } ?? ""
    let role =
      object["token_role"]?.stringValue.map { ", \($0 == "fineGrained" ? "fine-grained" : "may \($0)")" } ?? ""
    Console.print(
      "\(object["name"]?.stringValue ?? "")\(full): token\(token) from \(object["token_source"]?.stringValue ?? "")"
        + "\(role)\n")
  }
}

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the models in the Hub's cache.")
  @Option(help: "The Hub's cache folder; default: from HF_HUB_CACHE or HF_HOME.") var cacheDir: String?
  @Option(help: "text or json.") var format: String = "text"
  @Flag(help: "Also list models that gemmabench cannot run.") var all = false

  func validate() throws { try checkFormat(format) }

  func run() throws {
    let text = try withOptionalText(cacheDir) { cacheDir in try Library.text { gb_cached_models($0, cacheDir) } }
    let models = (try JSONReader.parse(text).arrayValue ?? []).compactMap(\.objectValue)
    let shown = all ? models : models.filter { $0["supported"]?.boolValue == true }
    if format == "json" {
      return Console.print(JSONValue.array(shown.map { .object($0) }).text(indented: true) + "\n")
    }
    let width = shown.map { ($0["id"]?.stringValue ?? "").displayWidth }.max() ?? 0
    for model in shown {
      let references = model["refs"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ",") ?? ""
      let revision = "\((model["revision"]?.stringValue ?? "").prefix(10)) \(references)".padded(to: 18)
      let size = "\((Double(model["size_bytes"]?.integerValue ?? 0) / 1e6).fixed(1)) MB".leftPadded(to: 12)
      let missing = model["missing"]?.stringValue.map { "  missing: \($0)" } ?? ""
      Console.print(
        "\((model["id"]?.stringValue ?? "").padded(to: width))  \(revision)  \(size)  \(model["type"]?.stringValue ?? "?")"
          + "\(missing)\n")
    }
    if shown.count < models.count {
      Console.printError("\((models.count - shown.count).counted("unsupported model")) not listed; --all lists all\n")
    } else if shown.isEmpty {
      Console.printError("no models in the cache; `gemmabench pull MODEL` downloads one\n")
    }
  }
}

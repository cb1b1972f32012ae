import ArgumentParser
import CGemmaBench
import Support

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Download data sets of the Hugging Face Hub and check them, or list those in its cache.",
    discussion: """
      With names, downloads what the cache lacks and checks the digest of what it has. A task reads the commit that is in \
      the cache; this command fetches the newest. Without names, lists the data sets in the cache.

        gemmabench data allenai/ai2_arc --config ARC-Easy --split test
        gemmabench data
      """)
  @Argument(help: "OWNER/NAME or OWNER/NAME@REVISION.") var names: [String] = []
  @Option(help: "Branch, tag or commit (default: main).") var revision: String?
  @Option(help: "Configuration; default: the data set's own.") var config: String?
  @Option(help: "Split to fetch, such as test; may be repeated. Default: all.") var split: [String] = []
  @Flag(help: "Do not use the network: check what is in the cache.") var offline = false
  @Option(help: "The Hub's cache folder; default: from HF_HUB_CACHE or HF_HOME.") var cacheDir: String?
  @Option(help: "text or json.") var format: String = "text"
  @Flag(help: "Show no progress.") var quiet = false

  func validate() throws {
    try checkFormat(format)
    if names.isEmpty, revision != nil || config != nil || !split.isEmpty || offline {
      throw ValidationError("name a data set; without a name the data sets in the cache are listed")
    }
  }

  func run() throws {
    if names.isEmpty { return try list() }
    ProgressLine.setQuiet(quiet)
    Interruption.await()
    ProgressLine.showWarnings()
    var options = JSONObject()
    if let revision { options["revision"] = .string(revision) }
    if let config { options["config"] = .string(config) }
    if !split.isEmpty { options["split"] = .array(split.map { .string($0) }) }
    if offline { options["offline"] = true }
    if let cacheDir { options["cache_dir"] = .string(cacheDir) }
    var fetched: [JSONValue] = []
    for name in names {
      defer { ProgressLine.clear() }
      let text = try Library.text {
        gb_fetch_data($0, name, JSONValue.object(options).text(), ProgressLine.callback, nil)
      }
      ProgressLine.clear()
      fetched.append(try JSONReader.parse(text))
      if format == "text", let object = fetched.last?.objectValue { Console.print(Self.line(object)) }
    }
    if format == "json" { Console.print(JSONValue.array(fetched).text(indented: true) + "\n") }
  }

  private static func megabytes(_ object: JSONObject, _ key: String) -> String {
    "\((Double(object[key]?.integerValue ?? 0) / 1e6).fixed(1)) MB"
  }

  private static func line(_ object: JSONObject) -> String {
    let splits = (object["splits"]?.arrayValue ?? []).compactMap(\.objectValue).map { split in
      "\(split["name"]?.stringValue ?? "") \(megabytes(split, "size_bytes"))"
    }
    let copy = object["parquet_copy"] == true ? ", the Hub's parquet copy" : ""
    return "\(object["id"]?.stringValue ?? "") (\(object["config"]?.stringValue ?? "")) at "
      + "\(object["revision"]?.stringValue ?? "")\(copy): \(splits.joined(separator: ", ")); checked, "
      + "\(megabytes(object, "received_bytes")) received\n"
  }

  private func list() throws {
    let text = try withOptionalText(cacheDir) { cacheDir in try Library.text { gb_cached_data($0, cacheDir) } }
    let found = try JSONReader.parse(text)
    if format == "json" { return Console.print(found.text(indented: true) + "\n") }
    let dataSets = (found.arrayValue ?? []).compactMap(\.objectValue)
    let width = dataSets.map { ($0["id"]?.stringValue ?? "").displayWidth }.max() ?? 0
    for dataSet in dataSets {
      let references = dataSet["refs"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ",") ?? ""
      let revision = "\((dataSet["revision"]?.stringValue ?? "").prefix(10)) \(references)".padded(to: 18)
      let splits = dataSet["splits"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ") ?? ""
      Console.print(
        "\((dataSet["id"]?.stringValue ?? "").padded(to: width))  \(revision)  "
          + "\(Self.megabytes(dataSet, "size_bytes").leftPadded(to: 12))  \(splits.isEmpty ? "no complete split" : splits)\n"
      )
    }
    if dataSets.isEmpty {
      Console.printError("no data sets in the cache; `gemmabench data OWNER/NAME` downloads one\n")
    }
  }
}

import Support

/// What a plan wants written, and where.
package struct OutputSettings: Sendable, Equatable {
  /// Forms of each run's raw results.
  package enum ExportFormat: String, CaseIterable, Sendable { case yaml, json, csv }

  /// The folder; nil: nothing is written unless someone asks for it.
  package var path: String?
  /// Whether charts are drawn.
  package var visualize: Bool
  /// Whether the answers of every sample are written.
  package var savesPredictions: Bool
  package var exportFormats: [ExportFormat]

  package init(
    path: String? = nil, visualize: Bool = true, savesPredictions: Bool = true, exportFormats: [ExportFormat] = [.yaml]
  ) {
    self.path = path
    self.visualize = visualize
    self.savesPredictions = savesPredictions
    self.exportFormats = exportFormats
  }

  private static let keys = ["path", "visualize", "save_predictions", "export_formats"]

  /// Reads the section: a path alone, or an object.
  init(_ value: JSONValue, _ place: DocumentPlace, _ folder: PlanFolder) throws(BenchmarkError) {
    if let path = value.stringValue {
      if path.isEmpty { throw place.error("a folder was expected") }
      self.init(path: folder.path(path))
      return
    }
    let section = try ObjectDecoder(value, place, known: Self.keys)
    let formats = try section.names(
      "export_formats", known: ExportFormat.allCases.map(\.rawValue), what: "no such format:")
    self.init(
      path: try section.text("path").map(folder.path), visualize: try section.flag("visualize") ?? true,
      savesPredictions: try section.flag("save_predictions") ?? true,
      exportFormats: formats.map { $0.compactMap(ExportFormat.init(rawValue:)) } ?? [.yaml])
  }

  /// The section with its defaults, without the path.
  var canonical: JSONObject {
    [
      "visualize": .bool(visualize), "save_predictions": .bool(savesPredictions),
      "export_formats": .array(exportFormats.map { .string($0.rawValue) }),
    ]
  }
}

import Support

/// What samples share with others beside their subject, by kind: those of one passage, or of one template, stand or fall
/// together.
public enum Clustering {
  /// Why a kind cannot have a name; nil if it can.
  static func objection(toKind kind: String) -> String? {
    if kind.isEmpty { return "\"clusters\": a kind has no name" }
    return kind == "subject" ? "\"clusters\": the subject is one already, by the option \"subject\"" : nil
  }

  /// The labels by kind, in the order of the kinds.
  public static func json(_ clusters: [String: String]) -> JSONObject {
    var object = JSONObject()
    for (kind, label) in clusters.sorted(by: { $0.key < $1.key }) { object[kind] = .string(label) }
    return object
  }
}

/// Finds what a misspelt name was meant to be.
package enum NearestName {
  /// The candidate with the smallest edit distance, if it is near enough to be a typing error.
  package static func find(_ name: String, among candidates: [String]) -> String? {
    let limit = max(1, (name.count + 1) / 3)
    return candidates.map { ($0, distance(name, $0)) }.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
  }

  /// The most candidates that a message lists.
  private static let listed = 24

  /// The tail of an error message: `; did you mean "x"?` with the nearest name or those that contain the given one, else
  /// the known names, of many the first.
  package static func hint(_ name: String, among candidates: [String]) -> String {
    var seen: Set<String> = []
    let candidates = candidates.filter { seen.insert($0).inserted }
    if let nearest = find(name, among: candidates) { return "; did you mean \"\(nearest)\"?" }
    let part = name.lowercased()
    let containing = part.count < 3 ? [] : candidates.filter { $0.lowercased().contains(part) }
    if !containing.isEmpty, containing.count <= 5 {
      return "; did you mean \(containing.map { "\"\($0)\"" }.joined(separator: " or "))?"
    }
    let more = candidates.count - listed
    let tail = more > 0 ? " and \(more) more" : ""
    return "; known: \(candidates.prefix(listed).joined(separator: ", "))\(tail)"
  }

  /// Throws, with a hint, if an object holds a key that is not known.
  package static func checkKeys(of object: JSONObject, known: [String], in place: String) throws(BenchmarkError) {
    for key in object.keys where !known.contains(key) {
      throw BenchmarkError(.invalidArgument, "\(place): unknown key \"\(key)\"\(hint(key, among: known))", key: key)
    }
  }

  /// Insertions, deletions, replacements and exchanges of neighbours (F. Damerau, CACM 7, 1964), each place edited once.
  private static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased())
    let right = Array(right.lowercased())
    var before = [Int](repeating: 0, count: right.count + 1)
    var row = Array(0...right.count)
    for (i, leftCharacter) in left.enumerated() {
      var next = [i + 1]
      for (j, rightCharacter) in right.enumerated() {
        var best = min(row[j] + (leftCharacter == rightCharacter ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, leftCharacter == right[j - 1], left[i - 1] == rightCharacter {
          best = min(best, before[j - 1] + 1)
        }
        next.append(best)
      }
      (before, row) = (row, next)
    }
    return row[right.count]
  }
}

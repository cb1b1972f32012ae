/// ROUGE (C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004) as rouge_score 0.1.2 computes it without
/// a stemmer.
enum Rouge {
  /// ROUGE-1, ROUGE-2 and ROUGE-Lsum: the F-measures of shared words, of pairs of words, and of longest common subsequences,
  /// with a line for each sentence that ends in " . ".
  static func scores(_ response: String, reference: String) -> [Double] {
    let (made, wanted) = (lines(response), lines(reference))
    let (all, others) = (Array(made.joined()), Array(wanted.joined()))
    return [grams(all, others, 1), grams(all, others, 2), summary(made, wanted)]
  }

  /// The words of each line: letters and digits of ASCII in lower case; what stands between them is left out.
  private static func lines(_ text: String) -> [[String]] {
    PythonValue.split(PythonValue.replaced(text, " . ", ".\n"), "\n").map { line in
      line.lowercased().utf8.split { !(0x30...0x39).contains($0) && !(0x61...0x7A).contains($0) }.compactMap {
        String($0)
      }
    }
  }

  private static func fMeasure(_ shared: Int, of made: Int, and wanted: Int) -> Double {
    let (precision, recall) = (Double(shared) / Double(max(made, 1)), Double(shared) / Double(max(wanted, 1)))
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
  }

  private static func grams(_ made: [String], _ wanted: [String], _ size: Int) -> Double {
    let (counts, others) = (TextOverlap.grams(made, size), TextOverlap.grams(wanted, size))
    let shared = counts.reduce(0) { $0 + min($1.value, others[$1.key] ?? 0) }
    return fMeasure(shared, of: max(0, made.count + 1 - size), and: max(0, wanted.count + 1 - size))
  }

  /// ROUGE-L of texts with several lines: for each line of the reference the union of what it shares with the lines of the
  /// response, no word counting more often than either text has it.
  private static func summary(_ made: [[String]], _ wanted: [[String]]) -> Double {
    var (left, leftWanted): ([String: Int], [String: Int]) = ([:], [:])
    for word in made.joined() { left[word, default: 0] += 1 }
    for word in wanted.joined() { leftWanted[word, default: 0] += 1 }
    var shared = 0
    for line in wanted {
      let union = made.reduce(into: Set<Int>()) { $0.formUnion(common(line, $1)) }
      for index in union.sorted() where left[line[index], default: 0] > 0 && leftWanted[line[index], default: 0] > 0 {
        shared += 1
        left[line[index], default: 0] -= 1
        leftWanted[line[index], default: 0] -= 1
      }
    }
    return fMeasure(shared, of: made.joined().count, and: wanted.joined().count)
  }

  /// The positions in a line of one of its longest common subsequences with another; of several the one that the peer takes.
  private static func common(_ line: [String], _ other: [String]) -> [Int] {
    let width = other.count + 1
    var lengths = [Int](repeating: 0, count: (line.count + 1) * width)
    for row in line.indices {
      for column in other.indices {
        lengths[(row + 1) * width + column + 1] =
          line[row] == other[column]
          ? lengths[row * width + column] + 1
          : max(lengths[row * width + column + 1], lengths[(row + 1) * width + column])
      }
    }
    var (row, column) = (line.count, other.count)
    var positions: [Int] = []
    while row > 0, column > 0 {
      if line[row - 1] == other[column - 1] {
        positions.append(row - 1)
        row -= 1
        column -= 1
      } else if lengths[row * width + column - 1] > lengths[(row - 1) * width + column] {
        column -= 1
      } else {
        row -= 1
      }
    }
    return positions
  }
}

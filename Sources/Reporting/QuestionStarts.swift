import Plan
import Records
import Support

/// Where in its prompt a sample's own question begins: behind the description and the few-shot examples, which other samples
/// have too.
///
/// Records keep a prompt as one text. Examples end with the task's separator; those that all samples of a subject share are
/// told by what their prompts begin with alike, those drawn anew for each by the last separator.
struct QuestionStarts {
  private let separator: [UInt8]
  private let shots: Int
  /// The bytes that the prompts of a subject's samples begin with alike.
  private var shared: [String?: ArraySlice<UInt8>] = [:]

  init(_ samples: [SampleRecord], specification: JSONObject) {
    separator = Array((specification["separator"]?.stringValue ?? "\n\n").utf8)
    shots = specification["shots"]?.integerValue ?? 0
    for sample in samples {
      guard let prompt = sample.prompt.map({ Array($0.utf8) }) else { continue }
      guard let known = shared[sample.subject] else {
        shared[sample.subject] = prompt[...]
        continue
      }
      if known.count > prompt.count || !prompt.starts(with: known) {
        shared[sample.subject] = known.prefix(zip(known, prompt).prefix { $0 == $1 }.count)
      }
    }
  }

  /// The offset of the question in a prompt, in bytes; 0 where nothing stands before it.
  func start(of subject: String?, _ prompt: [UInt8]) -> Int {
    if separator.isEmpty { return 0 }
    var ends: [Int] = []
    var place = 0
    while place + separator.count <= prompt.count {
      if prompt[place..<place + separator.count].elementsEqual(separator) {
        place += separator.count
        ends.append(place)
      } else {
        place += 1
      }
    }
    // A single sample shares all of its prompt with itself.
    let common = shared[subject].map(\.count) ?? 0
    let inCommon = common < prompt.count ? ends.filter { $0 <= common } : []
    if inCommon.count >= shots { return inCommon.last ?? 0 }
    return ends.last ?? 0
  }
}

import Evaluation
import Inference
import Plan
import Records
import Store
import Support

/// Measures the same request on several models that are in memory together, repetition by repetition in turn, so that whatever
/// else the machine does meanwhile hits all of them alike.
///
/// The first model whose cell comes to a request has all of them measured; the others find their measurements when their cells
/// come to it. Every second round goes through the models backwards: a drift then adds as much to the first as to the last.
final class InterleavedMeasurements {
  /// A model that takes part.
  struct Participant {
    let name: String
    let provider: any Provider
    /// Bytes that the process would hold with this model alone: what it held before any model, and its growth by this one; nil if
    /// unknown.
    var heldBytes: Int?
  }

  private struct Key: Hashable {
    let model: String
    let text: String
    let tokens: Int
  }

  private var participants: [Participant]
  private var found: [Key: [TimedGeneration]] = [:]

  init(_ participants: [Participant]) { self.participants = participants }

  /// The models that take part.
  var names: [String] { participants.map(\.name) }

  /// Lets a model go whose cells are done.
  func leave(_ name: String) { participants.removeAll { $0.name == name } }

  /// Which participant measures at each step. // [rounds * participants]
  static func order(rounds: Int, participants: Int) -> [Int] {
    (0..<rounds).flatMap { round in
      round % 2 == 0 ? Array(0..<participants) : Array((0..<participants).reversed())
    }
  }

  /// The measurements of one of the models, which are made now unless another model's cell had them made.
  func measure(_ name: String, _ request: Request, _ goesOn: () -> Bool) throws(BenchmarkError) -> [TimedGeneration]? {
    guard case .timing(let prompt, let outputTokens, let repetitions, let warmup) = request else { return [] }
    func key(_ name: String) -> Key { Key(model: name, text: prompt, tokens: outputTokens) }
    if let made = found.removeValue(forKey: key(name)) { return made }
    var made: [String: [TimedGeneration]] = [:]
    var able: [Int] = []
    for (index, participant) in participants.enumerated() {
      do throws(BenchmarkError) {
        _ = try participant.provider.estimate([request])
        able.append(index)
      } catch {
        // What another model cannot do is for its own cell to say.
        if participant.name == name { throw error }
      }
    }
    for step in Self.order(rounds: warmup + repetitions, participants: able.count) {
      let participant = participants[able[step]]
      let before = ProcessMemory.residentBytes
      let canForget = ProcessMemory.forgetPeak()
      guard var timed = try participant.provider.time(prompt, outputTokens: outputTokens, goesOn: goesOn) else {
        return nil
      }
      // The other models lie in the same process: of its memory counts what this one made it grow by.
      if let held = participant.heldBytes, let before, let after = ProcessMemory.residentBytes {
        timed.measurement.peakMemoryBytes =
          canForget ? timed.measurement.peakMemoryBytes.map { held + max(0, $0 - before) } : nil
        participants[able[step]].heldBytes = held + after - before
      } else {
        timed.measurement.peakMemoryBytes = nil
      }
      made[participant.name, default: []].append(timed)
    }
    for (other, timed) in made where other != name { found[key(other)] = timed }
    return made[name]
  }
}

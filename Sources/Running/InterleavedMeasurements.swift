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
    let model: Model
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
  func measure(_ name: String, _ request: MeasurementRequest, _ onToken: () -> Bool) throws(BenchmarkError)
    -> [TimedGeneration]?
  {
    func key(_ name: String) -> Key {
      Key(model: name, text: request.text, tokens: request.generation.maximumTokens)
    }
    if let made = found.removeValue(forKey: key(name)) { return made }
    var made: [String: [TimedGeneration]] = [:]
    var requests: [(participant: Int, request: MeasurementRequest)] = []
    for (index, participant) in participants.enumerated() {
      do throws(BenchmarkError) {
        let own = try participant.model.measurementRequest(
          prompt: request.text, tokens: request.generation.maximumTokens, repetitions: request.repetitions,
          warmup: request.warmup)
        requests.append((index, own))
      } catch {
        // What another model cannot do is for its own cell to say.
        if participant.name == name { throw error }
      }
    }
    let rounds = request.warmup + request.repetitions
    for step in Self.order(rounds: rounds, participants: requests.count) {
      let (index, request) = requests[step]
      let participant = participants[index]
      let before = ProcessMemory.residentBytes
      let canForget = ProcessMemory.forgetPeak()
      guard var timed = try participant.model.time(request, onToken: onToken) else { return nil }
      // The other models lie in the same process: of its memory counts what this one made it grow by.
      if let held = participant.heldBytes, let before, let after = ProcessMemory.residentBytes {
        timed.measurement.peakMemoryBytes =
          canForget ? timed.measurement.peakMemoryBytes.map { held + max(0, $0 - before) } : nil
        participants[index].heldBytes = held + after - before
      } else {
        timed.measurement.peakMemoryBytes = nil
      }
      made[participant.name, default: []].append(timed)
    }
    for (other, timed) in made where other != name { found[key(other)] = timed }
    return made[name]
  }
}

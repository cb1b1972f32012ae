import Checkpoints
import Inference
import Plan
import Store
import Support
import Tasks

/// The arithmetic and the instruction set belong to it: kernels of another round otherwise. How many samples are taken does
/// not. Of a task that measures time, the threads and the processor do.
extension CellIdentity {
  init(
    model entry: SweepPlan.ModelEntry, fingerprint: ModelFingerprint, task: any BenchmarkTask, run: Int,
    seeds: JSONObject,
    build: BuildIdentity, threads: Int?
  ) {
    var content: JSONObject = [
      "model_name": .string(entry.name), "model": Self.model(entry, fingerprint, build),
      "context_length": entry.contextLength.map { JSONValue($0) } ?? .null,
      "chat_template": .bool(entry.usesChatTemplate), "task": .object(task.specification),
      "data": .array(task.dataFiles.map { .string($0.sha256) }), "run": JSONValue(run), "seeds": .object(seeds),
    ]
    if task.isTimed {
      content["threads"] = JSONValue(threads ?? Processors.available)
      content["processor"] = Processors.name.map { .string($0) } ?? .null
    }
    self.init(content: content, fingerprint: fingerprint.json)
  }

  /// What decides a model's answer to a request, apart from the request.
  static func model(
    _ entry: SweepPlan.ModelEntry, _ fingerprint: ModelFingerprint, _ build: BuildIdentity
  ) -> JSONValue {
    [
      "weights": .string(ModelFingerprint.digest(fingerprint.weights)),
      "tokenizer": .string(ModelFingerprint.digest(fingerprint.tokenizer)),
      "configuration": .string(ModelFingerprint.digest(fingerprint.configuration)),
      "quantization": .string(entry.quantization?.name ?? "none"),
      "arithmetic": .string(build.arithmetic(entry.precision)), "gemmabench": .string(build.version),
      "instruction_set": .string(build.instructionSet),
    ]
  }
}

/// What of a build and its machine decides answers, beside the model and the question.
package struct BuildIdentity: Sendable {
  /// The version of the library.
  package var version: String
  /// Of the kernels.
  package var instructionSet: String
  /// The arithmetic of a model of a precision (`Model.arithmetic`).
  package var arithmetic: @Sendable (Precision?) -> String

  package init(
    version: String = "", instructionSet: String = "",
    arithmetic: @escaping @Sendable (Precision?) -> String = Model.arithmetic
  ) {
    self.version = version
    self.instructionSet = instructionSet
    self.arithmetic = arithmetic
  }
}

import Inference
import Plan
import Store
import Support
import Tasks

/// The identity covers weights, arithmetic and instruction set, since kernels of another instruction set may round differently;
/// for a task that measures time, also the machine. It does not cover how many samples are taken.
extension CellIdentity {
  init(
    model entry: SweepPlan.ModelEntry, provider: ProviderIdentity, task: any BenchmarkTask, run: Int,
    seeds: JSONObject
  ) {
    var settings = entry.settings.json
    // A file is what it says, wherever it lies.
    if case .file(let path) = entry.settings.chatTemplate, let bytes = try? FileSystem.read(path) {
      settings["chat_template"] = .string(SHA256.hexadecimal(bytes))
    }
    var content: JSONObject = [
      "model_name": .string(entry.name), "model": provider.content,
      "context_length": entry.contextLength.map { JSONValue($0) } ?? .null,
      "settings": .object(settings), "task": .object(task.specification),
      "data": .array(task.dataFiles.map { .string($0.sha256) }), "run": JSONValue(run), "seeds": .object(seeds),
    ]
    if task.isTimed {
      for (key, value) in provider.device.members { content[key] = value }
    }
    self.init(content: content, fingerprint: provider.fingerprint)
  }
}

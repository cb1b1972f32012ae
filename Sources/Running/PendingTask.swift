import Evaluation
import ModelHub
import Support
import Tasks

/// A task in the estimate of a plan whose data set is not on this machine: what it asks is known once it is downloaded.
struct PendingTask: BenchmarkTask {
  let type: String
  let name: String
  let specification: JSONObject
  let dataFiles: [DataFile] = []
  let metrics: [Metric] = []
  let count = 0
  /// What would be downloaded; empty where the Hub cannot be reached.
  let downloads: [HubDataSet.Pending]
  /// Why the task is not known.
  let reason: String

  /// Nil if everything that the task reads is here.
  ///
  /// Errors: a refusal of the Hub, an unknown data set or split.
  init?(_ specification: TaskSpecification) throws(BenchmarkError) {
    let downloads: [HubDataSet.Pending]
    do throws(BenchmarkError) {
      downloads = try TaskCatalogue.pendingData(specification)
      if downloads.isEmpty { return nil }
      let bytes = downloads.reduce(0) { $0 + $1.bytes }
      reason = "its data set is not on this machine; \((Double(bytes) / 1e6).fixed(1)) MB would be downloaded"
    } catch {
      if error.kind != .network { throw error }
      downloads = []
      reason = "its data set is not on this machine: \(error.message)"
    }
    self.downloads = downloads
    type = specification.type
    name = specification.name ?? downloads.first?.reference.repository ?? specification.type
    self.specification = specification.json
  }

  func sample(at index: Int) throws(BenchmarkError) -> Sample { throw absence }
  func prompt(at index: Int) throws(BenchmarkError) -> Prompt { throw absence }
  func score(_ index: Int, _ response: Response) throws(BenchmarkError) -> Score { throw absence }

  private var absence: BenchmarkError { BenchmarkError(.notFound, "\(name): \(reason)") }
}

import Glibc
import Support
import Testing

@testable import Tasks

/// How many of lm-evaluation-harness's task files can be read (`LM_EVAL_TASKS`), without Python or, with `GEMMABENCH_TEST_HOOKS`
/// set to `python`, with it. It prints the counts; without the folder it says that it is skipped.
@Suite struct HarnessLoadTests {
  /// The task files under a folder, by the folders in it.
  private static func files(_ root: String) throws -> [(folder: String, paths: [String])] {
    var found: [(folder: String, paths: [String])] = []
    for top in try FileSystem.list(root).sorted() where FileSystem.isFolder(root + "/" + top) {
      var paths: [String] = []
      var open = [root + "/" + top]
      while let folder = open.popLast() {
        for name in try FileSystem.list(folder) {
          let path = folder + "/" + name
          if name.hasSuffix(".yaml") { paths.append(path) } else if FileSystem.isFolder(path) { open.append(path) }
        }
      }
      found.append((top, paths.sorted()))
    }
    return found
  }

  /// An error without what differs between files.
  private static func reason(_ message: String) -> String {
    for mark in [
      "No module named '", "has no counterpart", "cannot be used here", "unknown metric", "unknown aggregation",
    ] {
      guard let start = PythonValue.split(message, mark).dropFirst().first else { continue }
      return mark + (mark.hasSuffix("'") ? start.prefix { $0 != "'" } + "'" : start.prefix { $0 != ";" }.prefix(40))
    }
    return String(message.split(separator: ": ").suffix(2).joined(separator: ": ").prefix(90))
  }

  @Test("Task files are read, or refused with a reason")
  func counts() throws {
    guard let root = HarnessTaskTests.tasks else {
      print("skipped: the counts of lm-evaluation-harness's task files (LM_EVAL_TASKS is not set)")
      return
    }
    let runsPython = getenv("GEMMABENCH_TEST_HOOKS") != nil
    var (all, read) = (0, 0)
    var reasons: [String: Int] = [:]
    for (_, paths) in try Self.files(root) {
      let process = runsPython ? PythonProcess(root: root) : nil
      for path in paths {
        guard let file = try? TaskFile(path), file["task"]?.value.stringValue != nil, file["group"] == nil else {
          continue
        }
        all += 1
        do throws(BenchmarkError) {
          _ = try TaskDescription(file, python: process.map { TaskPython($0) })
          read += 1
        } catch {
          reasons[Self.reason(error.message), default: 0] += 1
        }
      }
    }
    print("read: \(read) of \(all) task files (\((100 * Double(read) / Double(all)).fixed(1))%)")
    for (reason, count) in reasons.sorted(by: { $0.value > $1.value }).prefix(40) { print("  \(count)  \(reason)") }
    #expect(Double(read) > (runsPython ? 0.7 : 0.3) * Double(all))
  }
}

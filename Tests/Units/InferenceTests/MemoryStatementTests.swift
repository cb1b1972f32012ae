import Tensors
import Testing

@testable import Inference
@testable import Support

/// What a model is refused with that does not fit, and that the remedy it names is one.
@Suite struct MemoryStatementTests {
  private static let folder =
    "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/scripts/pocket/models/pocket-6m"

  private func message(_ statement: MemoryStatement, available: Int) -> String {
    let memory = MachineMemory(availableBytes: available, totalBytes: 2 * available, isLimited: false)
    do throws(BenchmarkError) { try statement.check("a model", memory: memory) } catch { return error.message }
    return ""
  }

  @Test func whatFitsIsNotRefused() throws {
    let statement = try MemoryStatement(path: Self.folder)
    #expect(message(statement, available: statement.totalBytes) == "")
    #expect(message(statement, available: statement.totalBytes - 1).contains("a model: needs "))
  }

  @Test func theFinestQuantisationThatFitsIsNamed() throws {
    let statement = try MemoryStatement(path: Self.folder)
    let text = message(statement, available: statement.totalBytes(quantizedAs: .q8_0))
    #expect(text.contains("quantised as q8_0 it needs") && text.contains("and fits"))
    #expect(message(statement, available: statement.totalBytes(quantizedAs: .q4_0)).contains("quantised as q4_0"))
  }

  @Test func theContextThatIsNamedFits() throws {
    let statement = try MemoryStatement(path: Self.folder)
    let available = statement.totalBytes(quantizedAs: .q4_0) - statement.keyValueBytes / 4
    let text = message(statement, available: available)
    let words = text.split(separator: " ").map(String.init)
    let place = try #require(words.firstIndex(of: "context_length"))
    let length = try #require(Int(words[place + 1]))
    let name = try #require(words.firstIndex(of: "quantised").map { words[$0 + 2] })
    let type = try #require(ElementType.allCases.first { $0.name == name })
    let smaller = try MemoryStatement(path: Self.folder, contextLength: length)
    #expect(smaller.totalBytes(quantizedAs: type) <= available, "\(text)")
  }

  @Test func whatFitsInNoWaySaysSo() throws {
    let text = message(try MemoryStatement(path: Self.folder), available: 1000)
    #expect(text.contains("even as q4_0 it needs") && text.contains("use a smaller model"))
  }
}

import Testing

@testable import Support

/// What processors did for others.
struct ProcessorUseTests {
  @Test("Idle time and waiting for disks are no work; what this process took is not others'")
  func ticks() {
    let text = "cpu  100 20 30 4000 500 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
    #expect(ProcessorUse.busyTicks(text) == 100 + 20 + 30 + 6 + 7 + 8)
    #expect(ProcessorUse.busyTicks("intr 1") == nil && ProcessorUse.busyTicks("cpu  1 2") == nil)
    let before = ProcessorUse(busySeconds: 100, ownSeconds: 10)
    #expect(ProcessorUse(busySeconds: 104, ownSeconds: 11).secondsOfOthers(since: before) == 3)
    // Ticks are hundredths: a process may seem to take more than all.
    #expect(ProcessorUse(busySeconds: 100, ownSeconds: 10.004).secondsOfOthers(since: before) == 0)
  }

  @Test("The system says something") func current() { #expect(ProcessorUse.current != nil) }
}

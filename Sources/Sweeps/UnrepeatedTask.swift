/// A task that runs once though its plan asks for more runs.
public struct UnrepeatedTask: Sendable, Equatable {
  public let name: String
  /// Why one run is all, as a clause for people.
  public let reason: String

  init(name: String, isTimed: Bool) {
    self.name = name
    reason =
      isTimed ? "it repeats its measurements itself" : "nothing that the plan varies can change its outcome"
  }
}

import Tasks

/// A task that runs once though its plan asks for more runs.
public struct UnrepeatedTask: Sendable, Equatable {
  public let name: String
  /// Why one run is all, as a clause for people.
  public let reason: String

  init(name: String, type: String) {
    self.name = name
    let isTimed = TaskCatalogue.timedTypes.contains(type)
    reason =
      isTimed ? "it repeats its measurements itself" : "nothing that the plan varies can change its outcome"
  }
}

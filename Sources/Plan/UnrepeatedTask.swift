/// A task that runs once though its plan asks for more runs.
package struct UnrepeatedTask: Sendable, Equatable {
  package let name: String
  /// Why one run is all, as a clause for people.
  package let reason: String

  package init(name: String, isTimed: Bool) {
    self.name = name
    reason =
      isTimed ? "it repeats its measurements itself" : "nothing that the plan varies can change its outcome"
  }
}

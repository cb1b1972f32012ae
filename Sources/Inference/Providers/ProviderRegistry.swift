import Support

/// What answers a model of a plan, by where the plan says it is. A new kind of provider is a file beside `Local` and a line in
/// `init(build:)`.
package struct ProviderRegistry {
  /// A kind of provider.
  package struct Kind {
    /// Whether a location is one of its.
    package let takes: (_ location: String) -> Bool
    package let source: (ModelSpecification, (any DigestKeeping)?) throws(BenchmarkError) -> any ProviderSource

    package init(
      takes: @escaping (_ location: String) -> Bool,
      source: @escaping (ModelSpecification, (any DigestKeeping)?) throws(BenchmarkError) -> any ProviderSource
    ) {
      self.takes = takes
      self.source = source
    }
  }

  /// The first that takes a location has it.
  private let kinds: [Kind]
  package let build: BuildIdentity

  package init(kinds: [Kind], build: BuildIdentity = BuildIdentity()) {
    self.kinds = kinds
    self.build = build
  }

  /// All kinds that there are.
  package init(build: BuildIdentity = BuildIdentity()) {
    let machine = MeasuredMachine()
    self.init(
      kinds: [
        // Paths and names of the Hub: whatever no other kind takes.
        Kind(takes: { _ in true }) { specification, digests in
          LocalSource(specification, build: build, digests: digests, machine: machine)
        }
      ], build: build)
  }

  /// Where the model's provider comes from; nothing is read for it.
  ///
  /// - Parameter digests: of files that were read earlier.
  package func source(of specification: ModelSpecification, digests: (any DigestKeeping)? = nil)
    throws(BenchmarkError) -> any ProviderSource
  {
    guard let kind = kinds.first(where: { $0.takes(specification.location) }) else {
      throw BenchmarkError(.unsupported, "\(specification.location): not a path, nor a name on the Hub")
    }
    return try kind.source(specification, digests)
  }
}

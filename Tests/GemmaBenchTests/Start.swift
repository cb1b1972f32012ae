import Testing

@testable import GemmaBench

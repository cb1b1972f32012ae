import Testing

@testable import GemmaModel

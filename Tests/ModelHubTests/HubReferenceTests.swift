import Support
import Testing

@testable import ModelHub

struct HubReferenceTests {}

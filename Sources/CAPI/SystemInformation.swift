import BuildCommit
import CGemmaBench
import Support
import Transformer

/// Facts of the machine and the build that a result should carry.
enum SystemInformation {
  static var json: JSONValue {
    #if arch(x86_64)
      let architecture = "x86_64"
    #elseif arch(arm64)
      let architecture = "arm64"
    #else
      let architecture = "other"
    #endif
    return [
      "version": .string(LibraryVersion.text), "commit": BuildCommit.name.map { .string($0) } ?? .null,
      "architecture": .string(architecture),
      "processor": Processors.name.map { .string($0) } ?? .null, "threads": JSONValue(Processors.available),
      "instruction_set": .string(LanguageModel.instructionSet),
      "arithmetic": .string(LanguageModel.arithmetic(nil)),
    ]
  }
}

import Checkpoints
import Support

/// A family of models: how its files are read and written, and what its layers do beyond numbers.
///
/// A family is one file in this folder, and a line in `Architectures.all`. Requirements that have a default are quirks:
/// most families do without.
package protocol Architecture: Sendable {
  /// llama.cpp's name: the value of `general.architecture`, and the beginning of its keys.
  var name: String { get }
  /// Values of `model_type` in the config.json of language models alone; the first stands for a GGUF file.
  var modelTypes: [String] { get }
  /// Those of models that see or hear too, whose language model stands under `text_config`.
  var multimodalTypes: [String] { get }
  /// What the tensors are called in GGUF files.
  var tensorNames: GGUFTensorNames { get }
  var traits: LayerTraits { get }

  /// What a config.json of a model type may say, and what it means by what it leaves out.
  ///
  /// - Parameter writer: the first number of the version of transformers that wrote the file; nil if it does not say.
  func rules(modelType: String, writer: Int?) -> ConfigurationRules

  /// Reads what only this family's config.json says, once everything else is read; refuses what cannot be computed.
  func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader) throws(BenchmarkError)

  /// Adds what a GGUF file's metadata says of attention and rotary embedding, as fields of a config.json.
  func readMetadata(of model: GGUFModel, into fields: inout JSONObject, layerCount: Int) throws(BenchmarkError)

  /// Takes from a GGUF file what no field of a config.json says.
  func complete(_ configuration: inout TransformerConfiguration, of model: GGUFModel) throws(BenchmarkError)

  /// Writes the keys that follow those that every family has. Errors: what llama.cpp's files cannot say.
  func write(_ configuration: TransformerConfiguration, to keys: inout GGUFKeys) throws(BenchmarkError)

  /// Whether the rows of queries and keys stand in a GGUF file so that neighbours make a pair of the rotary embedding,
  /// where a Hugging Face checkpoint pairs the halves of a head.
  var interleavesPairs: Bool { get }
  /// Whether a tokenizer.model beside the checkpoint is its vocabulary, and goes before a tokenizer.json.
  var hasSentencePieceVocabulary: Bool { get }
  /// Whether llama.cpp wants the keys and values of layers that read another's.
  var wantsUnusedKeys: Bool { get }
  /// Tensors that llama.cpp wants and that follow from the configuration, `[count]` each.
  func constants(of configuration: TransformerConfiguration) -> [(name: String, values: [Float])]
}

extension Architecture {
  package var multimodalTypes: [String] { [] }
  package var interleavesPairs: Bool { false }
  package var hasSentencePieceVocabulary: Bool { false }
  package var wantsUnusedKeys: Bool { false }
  package func complete(_ configuration: inout TransformerConfiguration, _ reader: ConfigurationReader)
    throws(BenchmarkError)
  {}
  package func complete(_ configuration: inout TransformerConfiguration, of model: GGUFModel) throws(BenchmarkError) {}
  package func constants(of configuration: TransformerConfiguration) -> [(name: String, values: [Float])] { [] }
}

/// A family by reference: two are equal if they have one name.
struct ArchitectureReference: Sendable, Equatable {
  let value: any Architecture

  static func == (left: Self, right: Self) -> Bool { left.value.name == right.value.name }
}

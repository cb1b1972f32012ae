import Support
import Tensors
import Testing

@testable import Transformer

/// The shapes of the released models; see Tests/Goldens/models/README.md for where they are from.
@Suite struct PublishedTests {
  struct Published {
    let parameters: Int
    let configuration: TransformerConfiguration
  }

  static func all() throws -> [String: Published] {
    let path = "\(GoldenModel(name: "published.json").folder)"
    let document = try #require(try JSONReader.parse(try FileSystem.read(path)).objectValue)
    var all: [String: Published] = [:]
    for (name, entry) in document.members {
      let config = try #require(entry.objectValue?["config"]?.objectValue)
      all[name] = Published(
        parameters: try #require(entry.objectValue?["parameters"]?.integerValue),
        configuration: try TransformerConfiguration(config, path: name))
    }
    return all
  }

  @Test func everyReleaseHasTheParametersThatTransformersCounts() throws {
    let all = try Self.all()
    #expect(all.count == 22)
    for (name, published) in all {
      #expect(try published.configuration.parameterCount() == published.parameters, "\(name)")
    }
  }

  @Test func theCountOfACheckpointIsTheCountOfItsConfiguration() throws {
    for golden in GoldenModel.all {
      let model = try golden.load()
      #expect(try model.configuration.parameterCount() == model.parameterCount, "\(golden.name)")
    }
  }

  @Test func plansOfTheReleases() throws {
    let all = try Self.all()
    func configuration(_ name: String) throws -> TransformerConfiguration { try #require(all[name]).configuration }

    let nano = try configuration("gemma-3n-E2B")
    #expect(nano.layers.last { $0.storesKeysAndValues }?.index == 19 && nano.layerCount == 30)
    #expect(nano.layers.filter { $0.activationSparsity > 0 }.count == 10)

    let elastic = try configuration("gemma-4-E2B")
    #expect(elastic.layers[15].keyValueLayer == 13 && elastic.layers[19].keyValueLayer == 14)
    #expect(elastic.layers[34].keyValueLayer == 14 && elastic.layers[34].feedForwardSize == 12288)
    #expect(elastic.layers[14].headSize == 512 && elastic.layers[14].keyValueHeadCount == 1)

    let mixture = try configuration("gemma-4-26B-A4B")
    #expect(mixture.experts == ExpertSettings(count: 128, countPerToken: 8, feedForwardSize: 704))
    #expect(mixture.layers[5].keyValueHeadCount == 2 && mixture.layers[5].usesKeysAsValues)
    #expect(mixture.perLayerInputs == nil)

    let large = try configuration("gemma-3-27b")
    #expect(large.attentionScale == Float(1 / 168.0.squareRoot()) && large.headSize == 128)
    #expect(large.layers[5].rotary == RotarySettings(base: 1_000_000, factor: 8))
    #expect(large.layers.filter { !$0.isLocal }.count == 10)

    let llama = try configuration("llama-3.2-1B")
    #expect(llama.layers[15].rotary.llama3?.factor == 32 && llama.headSize == 64 && llama.tiesEmbeddings)
    #expect(try configuration("qwen-2.5-7B").headSize == 128)

    let unified = try configuration("gemma-4-12B")
    #expect(unified.isMultimodal && unified.perLayerInputs == nil && unified.slidingWindow == 1024)
  }

  @Test func memoryIsTensorsKeysAndScratch() throws {
    let all = try Self.all()
    let configuration = try #require(all["gemma-3-1b"]).configuration
    // 26 layers of keys and values, one head of 256 float32 numbers each.
    let weights = try configuration.weightBytes(as: .bfloat16)
    #expect(weights > 1_999_771_904 && weights < 2_000_500_000)
    let estimate = configuration.memoryEstimate(weightBytes: weights, contextLength: 4096, threads: 2)
    #expect(estimate.keyValueBytes == 26 * 2 * 256 * 4 * 4096)
    #expect(estimate.logitBytes == 262_144 * 4)
    #expect(estimate.workspaceBytes > 256 * 4 * (2 * 1152 + 2 * 6912 + 2 * 1024))
    #expect(estimate.workspaceBytes < 40 << 20)
    #expect(
      estimate.totalBytes
        == weights + estimate.keyValueBytes + estimate.workspaceBytes + estimate.logitBytes)
    let many = configuration.memoryEstimate(weightBytes: weights, contextLength: 4096, sequences: 16, threads: 2)
    #expect(many.keyValueBytes == 16 * estimate.keyValueBytes)
    // 4.5 bits for each number, but 6.5625 for those of the embedding, which is the output matrix; vectors are small.
    let quantized = try #require(all["gemma-2-2b"]).configuration
    let embedding = 256_000 * 2304
    let expected = (Double(embedding) * 6.5625 + Double(2_614_341_888 - embedding) * 4.5) / 8
    #expect(abs(Double(try quantized.weightBytes(as: .q4_0)) / expected - 1) < 1e-3)
    // Rows of 1,152 are no whole blocks of 256: q5_k gives way to q5_1, and the output matrix is q8_0.
    let odd = Double(262_144 * 1152) * 8.5 / 8
    let narrow = Double(try configuration.weightBytes(as: .q5_k))
    let wide = Double(26 * 6912 * 1152 + 26 * 1024 * 1152) * 5.5 / 8
    let rest = Double(999_885_952 - 262_144 * 1152 - 26 * 6912 * 1152 - 26 * 1024 * 1152) * 6 / 8
    #expect(abs(narrow / (odd + wide + rest) - 1) < 1e-3)
  }

  @Test func statedKeysAndValuesAreWhatACacheTakes() throws {
    for golden in GoldenModel.all {
      let model = try golden.load()
      let length = 200
      let cache = try model.makeCache(capacity: length)
      _ = try model.forward((0..<Int32(length)).map { $0 % 200 }, cache: cache, logitCount: 1)
      let estimate = model.configuration.memoryEstimate(weightBytes: 0, contextLength: length, threads: 2)
      #expect(model.keyValuePages.byteCount == estimate.keyValueBytes, "\(golden.name)")
    }
  }

  @Test func tensorsBeyondCountingAreAnError() throws {
    let config: JSONObject = [
      "model_type": "gemma4_text", "hidden_size": 16_777_216, "intermediate_size": 16_777_216,
      "num_hidden_layers": 10_000, "enable_moe_block": true, "num_experts": 65536, "top_k_experts": 1,
      "moe_intermediate_size": 16_777_216, "hidden_size_per_layer_input": 0,
    ]
    let configuration = try TransformerConfiguration(config, path: "config.json")
    #expect(throws: BenchmarkError.self) { try configuration.parameterCount() }
  }
}

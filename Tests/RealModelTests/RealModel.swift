import Glibc
import Inference
import Support
import Testing

/// The real Gemma 3 270M, as tools/models/fetch_real_model.sh lays it down, and what others made of it
/// (Tests/Goldens/real).
enum RealModel {
  static let packageRoot = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  static let goldens = packageRoot + "/Tests/Goldens/real"

  /// `GEMMABENCH_REAL_MODEL`, else the folder of the cache; as the script has it.
  static let folder: String = {
    if let named = environment("GEMMABENCH_REAL_MODEL") { return named }
    let cache = environment("XDG_CACHE_HOME") ?? (environment("HOME") ?? "") + "/.cache"
    return cache + "/gemmabench-tests/gemma-3-270m"
  }()
  static let gguf = folder + "/gemma-3-270m-q4_k_m.gguf"
  static let float32 = folder + "/float32"
  static let bfloat16 = folder + "/bfloat16"

  /// Whether the model is there; says aloud that tests are skipped if it is not.
  static let isThere: Bool = {
    let missing = [gguf, float32 + "/model.safetensors", bfloat16 + "/model.safetensors"].filter {
      !FileSystem.isFile($0)
    }
    guard let first = missing.first else { return true }
    print("SKIPPED: tests with the real Gemma 3 270M, for \(first) is absent; run tools/models/fetch_real_model.sh")
    return false
  }()

  /// Data that the project does not ship: `GEMMABENCH_DATA`, else `../shared/data`.
  static let data = environment("GEMMABENCH_DATA") ?? packageRoot + "/../shared/data"

  /// Whether a folder of the data is there; says aloud that tests are skipped if it is not.
  static func hasData(_ name: String) -> Bool {
    let path = "\(data)/\(name)"
    if FileSystem.isFolder(path) { return true }
    print("SKIPPED: \(name) with the real Gemma 3 270M, for \(path) is absent; set GEMMABENCH_DATA")
    return false
  }

  /// The float32 folder, loaded once for all tests.
  static func model() throws -> LocalProvider { try loaded.get() }
  private static let loaded = Result { try LocalProvider.load(ModelSpecification(float32, threads: 2)) { _, _ in } }

  static func golden(_ name: String) throws -> JSONObject {
    let path = "\(goldens)/\(name)"
    return try #require(try JSONReader.parse(try FileSystem.read(path), name: path).objectValue)
  }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

@preconcurrency import Glibc
import Support

/// Where the Hub is, where its cache is, and with which token: what the environment variables of `huggingface_hub` say.
///
/// The variables and their order of precedence are those of huggingface_hub's `constants.py`.
package struct HubSettings: Sendable {
  /// The Hub's address without a slash at the end.
  package var endpoint: String
  /// The folder that holds `models--OWNER--NAME` folders.
  package var cacheFolder: String
  /// The file that `hf auth login` stores the token in.
  package var tokenPath: String
  /// Where the token came from, for messages; nil if there is none.
  package var tokenSource: String?
  /// Whether the network must not be used.
  package var isOffline: Bool
  /// Seconds without a byte after which a connection counts as broken.
  package var stallSeconds: Int
  /// Seconds before the first of the repeated attempts; each further one waits twice as long.
  package var firstRetrySeconds: Double
  /// A file of certificates to trust instead of the system's.
  package var certificateFile: String?
  let token: String?

  static let officialEndpoint = "https://huggingface.co"

  /// Settings as the process's environment gives them now; `cacheFolder` overrides the cache's place.
  ///
  /// Errors: a token that cannot be one (never with the token itself).
  package static func current(cacheFolder: String? = nil) throws(BenchmarkError) -> HubSettings {
    try HubSettings(environment: { name in getenv(name).map { String(cString: $0) } }, cacheFolder: cacheFolder)
  }

  /// Settings of an environment given as a function from names to values.
  package init(environment: (String) -> String?, cacheFolder: String? = nil) throws(BenchmarkError) {
    func value(_ names: String...) -> String? {
      names.compactMap { environment($0) }.first { !$0.isEmpty }
    }
    func isTrue(_ text: String?) -> Bool { ["1", "ON", "YES", "TRUE"].contains((text ?? "").uppercased()) }
    let userHome = value("HOME") ?? "/"
    func expanded(_ path: String) -> String {
      path == "~" ? userHome : path.hasPrefix("~/") ? userHome + path.dropFirst(1) : path
    }
    var address = value("HF_ENDPOINT") ?? Self.officialEndpoint
    while address.hasSuffix("/") { address.removeLast() }
    guard address.hasPrefix("https://") || address.hasPrefix("http://") else {
      throw BenchmarkError(
        .invalidArgument, "HF_ENDPOINT \(address): must be an address such as \(Self.officialEndpoint)")
    }
    endpoint = address
    let home = expanded(value("HF_HOME") ?? (value("XDG_CACHE_HOME") ?? "\(userHome)/.cache") + "/huggingface")
    let cache = cacheFolder ?? value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? "\(home)/hub"
    self.cacheFolder = expanded(cache)
    tokenPath = expanded(value("HF_TOKEN_PATH") ?? "\(home)/token")
    isOffline = isTrue(value("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    stallSeconds = max(1, value("HF_HUB_DOWNLOAD_TIMEOUT").flatMap { Int($0) } ?? 30)
    firstRetrySeconds = 1
    certificateFile = value("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")

    var found: (source: String, text: String)?
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] where found == nil {
      if let text = environment(name), !Self.cleaned(text).isEmpty { found = (name, text) }
    }
    if found == nil, !isTrue(value("HF_HUB_DISABLE_IMPLICIT_TOKEN")), FileSystem.isFile(tokenPath) {
      let text = String(decoding: try FileSystem.read(tokenPath), as: UTF8.self)
      if !Self.cleaned(text).isEmpty { found = (tokenPath, text) }
    }
    tokenSource = found?.source
    token = try found.map { source, text throws(BenchmarkError) in
      let token = Self.cleaned(text)
      // It becomes a header line: a line break inside would be another header.
      guard token.utf8.count <= 4096, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw BenchmarkError(
          .accessDenied,
          "\(source): not a token (it has spaces or other characters that no token has);"
            + " make one at https://huggingface.co/settings/tokens")
      }
      return token
    }
  }

  private static func cleaned(_ text: String) -> String {
    let isBlank: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
    let front = text.drop(while: isBlank)
    return String(front.reversed().drop(while: isBlank).reversed())
  }
}

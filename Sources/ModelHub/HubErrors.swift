import CCurl
@preconcurrency import Glibc
import Support

/// What the Hub's refusals and the network's failures mean, each with the next step.
struct HubErrors {
  let settings: HubSettings
  /// `OWNER/NAME`, or nil for a request that is about no repository.
  let repository: String?
  let revision: String?
  var kind = HubRepositoryKind.model

  private var subject: String { repository ?? settings.endpoint }
  private var page: String { repository.map { "\(settings.endpoint)/\(kind.addressPrefix)\($0)" } ?? settings.endpoint }
  private var settingsPage: String { "\(settings.endpoint)/settings/tokens" }

  /// Whether a status may be another one a moment later.
  static func isTransient(_ status: Int) -> Bool { [408, 429, 500, 502, 503, 504].contains(status) }

  /// Whether a broken connection may hold the next time.
  static func isTransient(_ code: CURLcode) -> Bool {
    [
      CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR,
      CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
    ].contains(code)
  }

  /// A response that is no success, as an error.
  func refusal(_ head: HTTPHead, file: String? = nil) -> BenchmarkError {
    let code = head["x-error-code"] ?? ""
    let message = Self.printable(head["x-error-message"] ?? "")
    if message.hasPrefix("Invalid credentials") || (repository == nil && head.status == 401) { return badToken }
    switch code {
    case "GatedRepo": return gated
    case "RevisionNotFound":
      return BenchmarkError(
        .notFound, "\(subject): no branch, tag or commit \"\(revision ?? "main")\"; \(page)/commits/main lists them")
    case "EntryNotFound":
      return BenchmarkError(
        .notFound, "\(subject): no file \(file ?? "of that name") in revision \(revision ?? "main")")
    default: break
    }
    switch head.status {
    case 401: return repositoryNotFound
    case 404 where repository != nil: return repositoryNotFound
    case 403:
      return BenchmarkError(
        .accessDenied,
        "\(subject): the Hub forbids access\(message.isEmpty ? "" : " (\(message))"); does the token of"
          + " \(settings.tokenSource ?? "HF_TOKEN") have the permission to read it? See \(settingsPage)")
    case 429:
      return BenchmarkError(
        .network,
        "\(subject): the Hub returned HTTP 429, too many requests; wait"
          + "\(head["retry-after"].map { " \(Self.printable($0)) s" } ?? " some minutes"), then try again;"
          + " a token (HF_TOKEN) raises the limit")
    case 500...599:
      return BenchmarkError(
        .network,
        "\(subject): the Hub returned HTTP \(head.status); retry later, partial downloads are kept;"
          + " https://status.huggingface.co")
    default:
      return BenchmarkError(
        .network,
        "\(subject): \(settings.endpoint) returned HTTP \(head.status)"
          + "\(message.isEmpty ? "" : " (\(message))")\(file.map { " for \($0)" } ?? ""); is HF_ENDPOINT right?")
    }
  }

  private var gated: BenchmarkError {
    guard let source = settings.tokenSource else {
      return BenchmarkError(
        .accessDenied,
        "\(subject): a gated \(kind.word), and there is no token; accept its licence at \(page), make a token"
          + " at \(settingsPage), and set HF_TOKEN to it (or run: hf auth login)")
    }
    return BenchmarkError(
      .accessDenied,
      "\(subject): a gated \(kind.word) that the token of \(source) has no access to; accept its licence at"
        + " \(page) with the token's account (gemmabench auth shows the account), and let the token read gated"
        + " repositories (\(settingsPage))")
  }

  private var badToken: BenchmarkError {
    BenchmarkError(
      .accessDenied,
      "\(settings.tokenSource ?? "HF_TOKEN"): \(settings.endpoint) does not accept this token; it may be"
        + " expired or revoked; make one at \(settingsPage) and set HF_TOKEN (or run: hf auth login)")
  }

  private var repositoryNotFound: BenchmarkError {
    var hint = "; check the spelling"
    if kind == .model, let repository, repository.lowercased().hasPrefix("google/") {
      let names = GemmaNames.names.map { "google/\($0)" }
      if let nearest = NearestName.find(repository, among: names), nearest != repository {
        hint = "; did you mean \"\(nearest)\"?"
      }
    }
    let access =
      settings.tokenSource.map { "a private one needs a token that may read it (now: \($0))" }
      ?? "a private one needs a token in HF_TOKEN"
    return BenchmarkError(
      .notFound,
      "\(subject): no such \(kind.word) on \(settings.endpoint)"
        + "\(kind == .model ? ", nor a folder of that name" : "")\(hint); \(access)")
  }

  /// A transfer that broke, as an error.
  func broken(_ failure: HTTPFailure, url: String) -> BenchmarkError {
    let host = WebAddress.host(url) ?? url
    let detail = Self.printable(failure.detail)
    // libcurl counts a name server that is silent as a silence like any other.
    let isUnresolved = failure.code == CURLE_OPERATION_TIMEDOUT && detail.contains("Resolving")
    switch isUnresolved ? CURLE_COULDNT_RESOLVE_HOST : failure.code {
    case CURLE_COULDNT_RESOLVE_HOST:
      return BenchmarkError(
        .network,
        "\(subject): \(host) cannot be resolved; check the network. Offline, set HF_HUB_OFFLINE=1 and use a cached \(kind.word)"
          + " (\(kind == .model ? "gemmabench models" : "gemmabench data") lists them)")
    case CURLE_COULDNT_RESOLVE_PROXY:
      return BenchmarkError(
        .network, "\(subject): the proxy's name cannot be resolved (\(detail)); check https_proxy and http_proxy")
    case CURLE_COULDNT_CONNECT:
      return BenchmarkError(
        .network, "\(subject): no connection to \(host) (\(detail)); check the network, a firewall, https_proxy")
    case CURLE_OPERATION_TIMEDOUT where failure.isLate:
      return BenchmarkError(
        .network,
        "\(subject): \(host) responds too slowly (\(detail)); try again later; the limit is twice"
          + " HF_HUB_DOWNLOAD_TIMEOUT")
    case CURLE_OPERATION_TIMEDOUT:
      return BenchmarkError(
        .network,
        "\(subject): \(host) sent nothing for \(settings.stallSeconds) s (\(detail)); run the same command"
          + " again to resume; HF_HUB_DOWNLOAD_TIMEOUT sets the limit")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER:
      return BenchmarkError(
        .network,
        "\(subject): no secure connection to \(host) (\(detail)); check this machine's clock and its"
          + " certificates (package ca-certificates), or set SSL_CERT_FILE to those of your proxy")
    default:
      return BenchmarkError(
        .network, "\(subject): lost the connection to \(host) (\(detail)); run the same command again to resume")
    }
  }

  /// A file that cannot be written, as an error; a full disk says so.
  static func cannotWrite(_ path: String, _ code: Int32, folder: String) -> BenchmarkError {
    let reason = String(cString: strerror(code))
    switch code {
    case ENOSPC, EDQUOT:
      return BenchmarkError(
        .inputOutput,
        "cannot write \(path): \(reason); make room in \(folder) and run the same command again to"
          + " resume, or give another folder (--cache-dir, HF_HUB_CACHE)")
    case EFBIG:
      return BenchmarkError(
        .inputOutput,
        "cannot write \(path): \(reason); the process or the file system limits the size of files"
          + " (ulimit -f); run it again with a higher limit, or give another folder (--cache-dir, HF_HUB_CACHE)")
    case EACCES, EROFS, EPERM:
      return BenchmarkError(
        .inputOutput, "cannot write \(path): \(reason); give a writable folder (--cache-dir, HF_HUB_CACHE)")
    default: return BenchmarkError(.inputOutput, "cannot write \(path): \(reason)")
    }
  }

  /// A text of the other side, fit for a line of a message: without what a terminal obeys, and not long.
  static func printable(_ text: String) -> String {
    let kept = VisibleText.line(text)
    return kept.count > 200 ? "\(kept.prefix(200))…" : kept
  }
}

import CCurl
@preconcurrency import Glibc
import Support

/// The Hub's questions and answers: what a revision is, which files it has, whose a token is.
final class HubClient {
  /// A file of a revision.
  struct File: Sendable, Equatable {
    let path: String
    let size: Int
    /// What its blob is called: SHA-256 of the bytes if it is large, else git's SHA-1.
    let etag: String
    let isLarge: Bool
  }

  let settings: HubSettings
  let http: HTTPClient
  /// Called while the network is waited for; cancels by throwing.
  let tick: () throws(BenchmarkError) -> Void

  static let attemptLimit = 5
  private static let answerLimit = 64 << 20
  private static let pageLimit = 1000
  /// Beyond these, a list of files is not the Hub's; below, their sizes add up without overflow.
  private static let (fileLimit, sizeLimit) = (1 << 17, 1 << 44)

  init(_ settings: HubSettings, tick: @escaping () throws(BenchmarkError) -> Void) throws(BenchmarkError) {
    if settings.isOffline {
      throw BenchmarkError(.network, "HF_HUB_OFFLINE is set, which forbids the network; unset it to reach the Hub")
    }
    self.settings = settings
    self.tick = tick
    http = try HTTPClient(settings)
  }

  /// The commit that a revision is now.
  func commit(_ reference: HubReference) throws(BenchmarkError) -> String {
    let revision = WebAddress.escaped(reference.revisionName, keepingSlashes: false)
    let url = "\(settings.endpoint)/api/\(reference.kind.pluralName)/\(reference.repository)/revision/\(revision)"
    let (document, _) = try answer(url, errors(reference))
    guard let commit = document.objectValue?["sha"]?.stringValue, HubReference.isCommit(commit) else {
      throw notTheHub(url, "no commit in its response")
    }
    return commit
  }

  /// The files of a commit, of all folders.
  func files(_ reference: HubReference, commit: String) throws(BenchmarkError) -> [File] {
    var files: [File] = []
    var pages: Set<String> = []
    let deadline = Clock.seconds() + Double(settings.stallSeconds) * 10
    var next: String? =
      "\(settings.endpoint)/api/\(reference.kind.pluralName)/\(reference.repository)/tree/\(commit)?recursive=true"
    while let url = next {
      if !pages.insert(url).inserted || pages.count > Self.pageLimit || Clock.seconds() > deadline {
        throw notTheHub(url, "its list of files does not end")
      }
      let (document, head) = try answer(url, errors(reference))
      guard let entries = document.arrayValue else { throw notTheHub(url, "no list of files in its response") }
      for entry in entries {
        guard let entry = entry.objectValue, entry["type"]?.stringValue == "file" else { continue }
        files.append(try file(entry, url))
      }
      if files.count > Self.fileLimit { throw notTheHub(url, "its list of files does not end") }
      next = try nextPage(head).map { link throws(BenchmarkError) in
        try follow(url, link, "the next page of its list is at")
      }
    }
    try checkPaths(files)
    return files
  }

  /// Whose the token is: the Hub's answer to whoami.
  func identity() throws(BenchmarkError) -> JSONObject {
    guard settings.token != nil else {
      throw BenchmarkError(
        .accessDenied,
        "no token: HF_TOKEN is not set and \(settings.tokenPath) does not exist; make one at"
          + " \(settings.endpoint)/settings/tokens and set HF_TOKEN to it (or run: hf auth login)")
    }
    let url = "\(settings.endpoint)/api/whoami-v2"
    let (document, _) = try answer(url, HubErrors(settings: settings, repository: nil, revision: nil))
    guard let object = document.objectValue, object["name"]?.stringValue != nil else {
      throw notTheHub(url, "no name in its response")
    }
    return object
  }

  /// Throws what the Hub would say to a download of the files: no token, a bad one, or a licence that was not accepted.
  func checkAccess(_ reference: HubReference) throws(BenchmarkError) {
    _ = try reply(
      "\(settings.endpoint)/api/\(reference.kind.pluralName)/\(reference.repository)/auth-check", errors(reference))
  }

  func errors(_ reference: HubReference) -> HubErrors {
    HubErrors(
      settings: settings, repository: reference.repository, revision: reference.revision, kind: reference.kind)
  }

  /// The request that a redirect asks for.
  ///
  /// - Throws: a redirect that leads nowhere, or out of HTTPS.
  func redirected(_ request: HTTPRequest, _ head: HTTPHead) throws(BenchmarkError) -> HTTPRequest {
    var next = request
    next.url = try follow(request.url, head["location"] ?? "", "it redirects to")
    return next
  }

  /// The address that a response leads to. `HTTPClient` sees to it that no token goes to another origin.
  private func follow(_ url: String, _ link: String, _ what: String) throws(BenchmarkError) -> String {
    guard let target = WebAddress.join(url, link), let origin = WebAddress.origin(target), origin.hasPrefix("http")
    else {
      throw notTheHub(url, "\(what) \(HubErrors.printable(link)), which is not a web address")
    }
    if WebAddress.origin(url)?.hasPrefix("https:") == true, origin.hasPrefix("http:") {
      throw notTheHub(url, "\(what) \(origin), which is not secure")
    }
    return target
  }

  /// Seconds to wait before an attempt after `attempts` failed ones: what the Hub asks for, else twice as long each
  /// time. Nil if the Hub asks for more than five minutes.
  func retryDelay(attempts: Int, _ head: HTTPHead?) -> Double? {
    let own = settings.firstRetrySeconds * Double(1 << min(max(attempts - 1, 0), 6))
    guard let asked = head.flatMap(Self.askedDelay) else { return own }
    return asked > 300 ? nil : max(own, asked)
  }

  /// Waits, so that a cancel is seen meanwhile.
  func wait(_ seconds: Double) throws(BenchmarkError) {
    let end = Clock.seconds() + seconds
    while Clock.seconds() < end {
      try tick()
      usleep(UInt32(min(0.1, max(0.001, end - Clock.seconds())) * 1e6))
    }
  }

  /// `Retry-After` in seconds (of a date, none is read), or the `t=` of a `RateLimit` header.
  static func askedDelay(_ head: HTTPHead) -> Double? {
    if let text = head["retry-after"], let seconds = Double(text), seconds >= 0 { return seconds }
    guard head.status == 429, let text = head["ratelimit"] else { return nil }
    for field in text.split(separator: ";") {
      let field = field.drop(while: \.isWhitespace)
      if field.hasPrefix("t="), let seconds = Double(field.dropFirst(2)), seconds >= 0 { return seconds }
    }
    return nil
  }

  /// The JSON that an address answers, after redirects and repeated attempts.
  private func answer(_ url: String, _ errors: HubErrors) throws(BenchmarkError) -> (JSONValue, HTTPHead) {
    let (body, head) = try reply(url, errors)
    do {
      return (try JSONReader.parse(body, name: url), head)
    } catch {
      throw notTheHub(url, "its response is not JSON; check for a proxy or a login page")
    }
  }

  /// The bytes that an address answers, after redirects and repeated attempts.
  private func reply(_ url: String, _ errors: HubErrors) throws(BenchmarkError) -> ([UInt8], HTTPHead) {
    let answerSeconds = Double(settings.stallSeconds) * 2
    var request = HTTPRequest(url: url, answerSeconds: answerSeconds)
    var secondsLeft = answerSeconds * 2  // without the waits that the Hub asks for
    var redirects = 0
    var attempts = 0
    while true {
      let start = Clock.seconds()
      request.answerSeconds = max(0.1, min(answerSeconds, secondsLeft))
      let (head, body, failure) = try fetch(request)
      secondsLeft -= Clock.seconds() - start
      if let failure {
        if body.count > Self.answerLimit {
          throw notTheHub(request.url, "its response is longer than \(Self.answerLimit >> 20) MiB")
        }
        attempts += 1
        // No network is known at once; a connection that broke is worth another attempt.
        let isHopeless = failure.code == CURLE_COULDNT_RESOLVE_HOST || failure.code == CURLE_COULDNT_CONNECT
        if isHopeless || !HubErrors.isTransient(failure.code) || attempts >= 3 || secondsLeft <= 0 {
          throw errors.broken(failure, url: request.url)
        }
        try wait(retryDelay(attempts: attempts, nil) ?? 0)
      } else if head.isRedirect {
        redirects += 1
        if redirects > 10 { throw notTheHub(url, "it redirects too often") }
        request = try redirected(request, head)
      } else if HubErrors.isTransient(head.status) {
        attempts += 1
        guard attempts < Self.attemptLimit, let delay = retryDelay(attempts: attempts, head) else {
          throw errors.refusal(head)
        }
        try wait(delay)
      } else if head.status == 200 {
        return (body, head)
      } else {
        throw errors.refusal(head)
      }
    }
  }

  private func fetch(_ request: HTTPRequest) throws(BenchmarkError) -> (HTTPHead, [UInt8], HTTPFailure?) {
    final class Body { var bytes: [UInt8] = [] }
    let body = Body()
    let transfer = try http.start(request) { _, part in
      body.bytes.append(contentsOf: part)
      return body.bytes.count <= Self.answerLimit
    }
    while true {
      for ended in http.poll(milliseconds: 100) where ended.transfer === transfer {
        return (transfer.head, body.bytes, ended.failure)
      }
      do {
        try tick()
      } catch {
        http.cancel(transfer)
        throw error
      }
    }
  }

  private func file(_ entry: JSONObject, _ url: String) throws(BenchmarkError) -> File {
    let large = entry["lfs"]?.objectValue
    let size = (large?["size"] ?? entry["size"])?.integerValue
    guard let path = entry["path"]?.stringValue, HubReference.isRelativePath(path), let size, size >= 0,
      size <= Self.sizeLimit,
      let etag = (large?["oid"] ?? entry["oid"])?.stringValue, Self.isDigest(etag, large == nil ? 40 : 64)
    else {
      throw notTheHub(
        url,
        "a file in its list has no usable path, size and digest: "
          + HubErrors.printable(entry["path"]?.text() ?? "?"))
    }
    return File(path: path, size: size, etag: etag, isLarge: large != nil)
  }

  /// Throws if two files of a list cannot be beside each other in a folder: the same path, or one below another.
  private func checkPaths(_ files: [File]) throws(BenchmarkError) {
    var paths: Set<String> = []
    for file in files where !paths.insert(file.path).inserted {
      throw notTheHub(settings.endpoint, "its list has \(HubErrors.printable(file.path)) twice")
    }
    for file in files {
      var parent = file.path[...]
      while let slash = parent.lastIndex(of: "/") {
        parent = parent[..<slash]
        if paths.contains(String(parent)) {
          throw notTheHub(
            settings.endpoint, "its list has \(HubErrors.printable(String(parent))) as a file and as a folder")
        }
      }
    }
  }

  private static func isDigest(_ text: String, _ count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }
  }

  /// The address in `Link: <...>; rel="next"`.
  private func nextPage(_ head: HTTPHead) -> String? {
    for link in (head["link"] ?? "").split(separator: ",") where link.contains("rel=\"next\"") {
      guard let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"), open < close else { continue }
      return String(link[link.index(after: open)..<close])
    }
    return nil
  }

  private func notTheHub(_ url: String, _ reason: String) -> BenchmarkError {
    BenchmarkError(.network, "\(HubErrors.printable(url)): \(reason); is HF_ENDPOINT right?")
  }
}

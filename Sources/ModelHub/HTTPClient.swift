import CCurl
@preconcurrency import Glibc
import Support

/// A GET request.
struct HTTPRequest: Sendable {
  var url: String
  /// The first byte wanted, of a body that was received in part before.
  var firstByte = 0
  /// Seconds until the response must have come, head and body; nil where its body may take long: then its head alone must.
  var answerSeconds: Double?
}

/// A token and the one origin that it is for.
struct HTTPCredential: Sendable {
  let token: String
  /// `scheme://host:port`.
  let origin: String

  /// The token of the settings, for the Hub that they name; nil if there is none.
  init?(_ settings: HubSettings) {
    guard let token = settings.token, let origin = WebAddress.origin(settings.endpoint) else { return nil }
    (self.token, self.origin) = (token, origin)
  }

  /// The header line of a request to an address; nil if the token is not for that origin.
  func field(for url: String) -> String? {
    WebAddress.origin(url) == origin ? "Authorization: Bearer \(token)" : nil
  }
}

/// Status and header fields of a response.
struct HTTPHead: Sendable {
  var status = 0
  /// Values by lower-case name; the last one of a name.
  var fields: [String: String] = [:]
  subscript(name: String) -> String? { fields[name] }
  var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) && fields["location"] != nil }
}

/// Why a transfer ended before its response did, in libcurl's terms.
struct HTTPFailure: Error {
  let code: CURLcode
  let detail: String
  /// Whether something came, but too slowly.
  var isLate = false
}

/// One request under way, and what has come of it.
final class HTTPTransfer {
  let request: HTTPRequest
  fileprivate(set) var head = HTTPHead()
  /// Receives the body in parts; false ends the transfer.
  fileprivate let receive: (HTTPHead, UnsafeRawBufferPointer) -> Bool
  fileprivate var handle: UnsafeMutableRawPointer?
  fileprivate var fieldList: UnsafeMutablePointer<curl_slist>?
  fileprivate let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// What the C callbacks hold: a place with a reference to this transfer.
  fileprivate var place: UnsafeMutablePointer<HTTPTransfer>?
  /// By when the response must have come, or its head, on `Clock`.
  fileprivate let deadline: Double
  private var headBytes = 0
  private static let headLimit = 256 << 10
  fileprivate var problem: String?
  fileprivate var hasBody = false

  fileprivate init(
    _ request: HTTPRequest, deadline: Double, _ receive: @escaping (HTTPHead, UnsafeRawBufferPointer) -> Bool
  ) {
    self.request = request
    self.deadline = deadline
    self.receive = receive
    message[0] = 0
  }

  deinit { message.deallocate() }

  fileprivate func isLate(_ now: Double) -> Bool {
    now > deadline && !(hasBody && request.answerSeconds == nil)
  }

  /// Takes one line of the head; false if the head is longer than any server's.
  fileprivate func receiveLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headBytes += bytes.count
    if headBytes > Self.headLimit {
      problem = "the headers of its response are longer than \(Self.headLimit >> 10) KiB"
      return false
    }
    read(String(decoding: bytes, as: UTF8.self))
    return true
  }

  private func read(_ line: String) {
    if line.hasPrefix("HTTP/") {  // a new response begins, after one of status 100 perhaps
      let words = line.split(separator: " ", maxSplits: 2)
      head = HTTPHead(status: words.count > 1 ? Int(words[1].filter(\.isNumber)) ?? 0 : 0)
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let name = line[..<colon].lowercased()
    let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
    head.fields[name] = String(value.reversed().drop(while: \.isWhitespace).reversed())
  }
}

/// Several HTTP transfers at once on the thread of the caller, with libcurl: start them, then poll until they end.
///
/// Redirects are not followed. The token is added here and nowhere else, to requests to the origin that it is for: whatever
/// address a redirect, a page of a list or a resumed download leads to. Proxies come from the environment.
final class HTTPClient {
  private let multi: UnsafeMutableRawPointer
  private var transfers: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
  private let stallSeconds: Int
  private let credential: HTTPCredential?
  private let certificateFile: String?

  /// A body that comes more slowly than this, in bytes a second over `stallSeconds`, counts as a silence.
  static let slowestRate = 1024

  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  /// Where distributions keep the certificates they trust; libcurl knows only the one of the machine it was built on.
  private static let certificatePlaces = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
  ]

  init(_ settings: HubSettings) throws(BenchmarkError) {
    guard Self.isReady, let multi = curl_multi_init() else {
      throw BenchmarkError(.internalError, "libcurl cannot be set up")
    }
    self.multi = multi
    stallSeconds = settings.stallSeconds
    credential = HTTPCredential(settings)
    let builtIn = gbh_built_in_certificates().map { String(cString: $0) }
    let isBuiltInThere = builtIn.map { FileSystem.isFile($0) } ?? true
    certificateFile =
      settings.certificateFile
      ?? (isBuiltInThere ? nil : Self.certificatePlaces.first { FileSystem.isFile($0) })
  }

  deinit {
    for transfer in transfers.values { release(transfer) }
    curl_multi_cleanup(multi)
  }

  /// Begins a request; its body goes to `receive` in parts, while `poll` runs.
  func start(_ request: HTTPRequest, receive: @escaping (HTTPHead, UnsafeRawBufferPointer) -> Bool)
    throws(BenchmarkError) -> HTTPTransfer
  {
    guard let handle = curl_easy_init() else { throw BenchmarkError(.outOfMemory, "no memory for a connection") }
    let seconds = request.answerSeconds ?? Double(stallSeconds) * 2
    let transfer = HTTPTransfer(request, deadline: Clock.seconds() + seconds, receive)
    transfer.handle = handle
    let place = UnsafeMutablePointer<HTTPTransfer>.allocate(capacity: 1)
    place.initialize(to: transfer)
    transfer.place = place
    var fields = ["Accept-Encoding: identity"]
    if let field = credential?.field(for: request.url) { fields.append(field) }
    if request.firstByte > 0 { fields.append("Range: bytes=\(request.firstByte)-") }
    for field in fields { transfer.fieldList = curl_slist_append(transfer.fieldList, field) }
    _ = gbh_set_text(handle, CURLOPT_URL, request.url)
    _ = gbh_set_text(handle, CURLOPT_USERAGENT, "gemmabench")
    _ = gbh_set_data(handle, CURLOPT_HTTPHEADER, transfer.fieldList)
    _ = gbh_set_data(handle, CURLOPT_ERRORBUFFER, transfer.message)
    _ = gbh_set_data(handle, CURLOPT_WRITEDATA, place)
    _ = gbh_set_data(handle, CURLOPT_HEADERDATA, place)
    _ = gbh_set_receiver(handle, CURLOPT_WRITEFUNCTION) { bytes, _, count, place in
      guard let bytes, let place else { return 0 }
      let transfer = place.assumingMemoryBound(to: HTTPTransfer.self).pointee
      transfer.hasBody = true
      let part = UnsafeRawBufferPointer(start: bytes, count: count)
      return transfer.receive(transfer.head, part) ? count : 0
    }
    _ = gbh_set_receiver(handle, CURLOPT_HEADERFUNCTION) { bytes, _, count, place in
      guard let bytes, let place else { return 0 }
      let transfer = place.assumingMemoryBound(to: HTTPTransfer.self).pointee
      return transfer.receiveLine(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }
    _ = gbh_set_number(handle, CURLOPT_NOSIGNAL, 1)
    _ = gbh_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = gbh_set_number(handle, CURLOPT_CONNECTTIMEOUT, 15)
    _ = gbh_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, Self.slowestRate)
    _ = gbh_set_number(handle, CURLOPT_LOW_SPEED_TIME, stallSeconds)
    _ = gbh_set_number(handle, CURLOPT_BUFFERSIZE, 512 << 10)
    // A connection for each file: over one of HTTP/2 they would share one window.
    _ = gbh_set_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    _ = gbh_allow_web_only(handle)
    if let certificateFile { _ = gbh_set_text(handle, CURLOPT_CAINFO, certificateFile) }
    transfers[handle] = transfer
    curl_multi_add_handle(multi, handle)
    return transfer
  }

  /// Lets the transfers advance, waiting up to `milliseconds` for something to happen; returns those that ended, nil
  /// where the response came whole.
  func poll(milliseconds: Int32) -> [(transfer: HTTPTransfer, failure: HTTPFailure?)] {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    if running > 0 {
      curl_multi_poll(multi, nil, 0, milliseconds, nil)
      curl_multi_perform(multi, &running)
    }
    var ended: [(transfer: HTTPTransfer, failure: HTTPFailure?)] = []
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let transfer = transfers[message.pointee.easy_handle] else { continue }
      let code = message.pointee.data.result
      let text = String(cString: transfer.message)
      let detail = transfer.problem ?? (text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
      ended.append((transfer, code == CURLE_OK ? nil : HTTPFailure(code: code, detail: detail)))
      release(transfer)
    }
    let now = Clock.seconds()
    for transfer in transfers.values where transfer.isLate(now) {
      let wanted = transfer.request.answerSeconds == nil ? "no response headers" : "incomplete response"
      let seconds = transfer.request.answerSeconds ?? Double(stallSeconds) * 2
      let detail = "\(wanted) after \(seconds.fixed(0)) s"
      ended.append((transfer, HTTPFailure(code: CURLE_OPERATION_TIMEDOUT, detail: detail, isLate: true)))
      release(transfer)
    }
    return ended
  }

  /// Ends a transfer that is under way.
  func cancel(_ transfer: HTTPTransfer) { release(transfer) }

  private func release(_ transfer: HTTPTransfer) {
    guard let handle = transfer.handle else { return }
    transfers[handle] = nil
    curl_multi_remove_handle(multi, handle)
    curl_easy_cleanup(handle)
    curl_slist_free_all(transfer.fieldList)
    transfer.handle = nil
    transfer.fieldList = nil
    if let place = transfer.place {
      place.deinitialize(count: 1)
      place.deallocate()
      transfer.place = nil
    }
  }
}

/// Addresses, by libcurl's reading of them.
enum WebAddress {
  /// `scheme://host:port` of an address; nil if it is none.
  static func origin(_ url: String) -> String? {
    guard let parsed = curl_url() else { return nil }
    defer { curl_url_cleanup(parsed) }
    guard curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK, let scheme = part(parsed, CURLUPART_SCHEME),
      let host = part(parsed, CURLUPART_HOST), let port = part(parsed, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
    else { return nil }
    return "\(scheme)://\(host.lowercased()):\(port)"
  }

  /// `host`, with the port if it is not the scheme's own, for messages.
  static func host(_ url: String) -> String? {
    guard let origin = origin(url), let start = origin.firstRange(of: "://")?.upperBound else { return nil }
    let isPlain = origin.hasPrefix("http://") && origin.hasSuffix(":80")
    let isSecure = origin.hasPrefix("https://") && origin.hasSuffix(":443")
    let name = origin[start...]
    return isPlain || isSecure ? name.lastIndex(of: ":").map { String(name[..<$0]) } : String(name)
  }

  /// The address that a link on a page means; nil if it is none.
  static func join(_ base: String, _ link: String) -> String? {
    guard let parsed = curl_url() else { return nil }
    defer { curl_url_cleanup(parsed) }
    guard curl_url_set(parsed, CURLUPART_URL, base, 0) == CURLUE_OK,
      curl_url_set(parsed, CURLUPART_URL, link, 0) == CURLUE_OK
    else { return nil }
    return part(parsed, CURLUPART_URL)
  }

  /// A text with everything but letters, digits and `-._~` (and slashes, if they are kept) as `%XX`.
  static func escaped(_ text: String, keepingSlashes: Bool) -> String {
    let digits = Array("0123456789ABCDEF")
    var output = ""
    for byte in text.utf8 {
      let character = Character(Unicode.Scalar(byte))
      if byte < 0x80,
        character.isLetter || character.isNumber || "-._~".contains(character)
          || (keepingSlashes && byte == UInt8(ascii: "/"))
      {
        output.append(character)
      } else {
        output += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return output
  }

  private static func part(_ parsed: OpaquePointer, _ kind: CURLUPart, _ flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parsed, kind, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}

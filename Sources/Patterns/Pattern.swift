import CPCRE2
import Support

/// A regular expression with the syntax and the meaning of Python's `re`, matched by PCRE2 under a limit of steps.
///
/// lm-evaluation-harness extracts answers with `re`; `PythonSyntax` writes its patterns as PCRE2 reads them. How long a match
/// takes depends on the pattern and may grow with a power of the text, so each search has a limit: the same count of steps
/// on every machine, so that a score does not depend on how busy one is.
package struct Pattern: Sendable {
  /// One match: the text of it, and of each group nil where it took no part.
  package struct Match: Equatable, Sendable {
    /// Offsets in the text's UTF-8.
    package let range: Range<Int>
    /// Group 0 is the whole match.
    package let groups: [String?]
  }

  /// The expression as it was given.
  package let source: String
  package let groupCount: Int
  /// Names of groups with their numbers.
  package let groupNames: [String: Int]
  private let code: Code

  /// Steps of one search: about a second.
  package static let stepLimit = 20_000_000

  /// Compiled once and only read after: PCRE2 lets threads share it.
  private final class Code: @unchecked Sendable {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { pcre2_code_free_8(pointer) }
  }

  /// Errors: what Python's `re` would refuse, with its reason and the position; what PCRE2 cannot do.
  package init(_ source: String) throws(BenchmarkError) {
    let syntax = try PythonSyntax(source)
    guard let context = pcre2_compile_context_create_8(nil) else {
      throw BenchmarkError(.outOfMemory, "no memory for a regular expression")
    }
    defer { pcre2_compile_context_free_8(context) }
    pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
    let options =
      PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_ALT_CIRCUMFLEX | PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C
    let bytes = Array(syntax.pattern.utf8)
    var code: Int32 = 0
    var offset = 0
    guard let pointer = pcre2_compile_8(bytes, bytes.count, UInt32(options), &code, &offset, context) else {
      throw BenchmarkError(.invalidArgument, "invalid regular expression \"\(source)\": \(Self.message(code))")
    }
    self.source = source
    groupCount = syntax.groupCount
    groupNames = syntax.groupNames
    self.code = Code(pointer)
  }

  /// All matches that do not overlap, from left to right, as Python's `finditer` gives them: empty ones too.
  ///
  /// Errors: the limit of steps, with the pattern.
  package func matches(in text: String) throws(BenchmarkError) -> [Match] { try search(text, isFirstAlone: false) }

  /// The first match, as Python's `search` gives it.
  package func firstMatch(in text: String) throws(BenchmarkError) -> Match? {
    try search(text, isFirstAlone: true).first
  }

  /// Steps of a search, counted by the callouts that PCRE2 makes before each item of the pattern.
  private struct Budget {
    var left: Int
    var position = 0
  }

  private func search(_ text: String, isFirstAlone: Bool) throws(BenchmarkError) -> [Match] {
    guard let data = pcre2_match_data_create_from_pattern_8(code.pointer, nil),
      let context = pcre2_match_context_create_8(nil)
    else { throw BenchmarkError(.outOfMemory, "no memory for a regular expression") }
    defer {
      pcre2_match_data_free_8(data)
      pcre2_match_context_free_8(context)
    }
    let budget = UnsafeMutablePointer<Budget>.allocate(capacity: 1)
    budget.initialize(to: Budget(left: Self.stepLimit))
    defer { budget.deallocate() }
    pcre2_set_heap_limit_8(context, 64 << 10)  // KiB
    pcre2_set_match_limit_8(context, UInt32.max)  // PCRE2 begins to count anew at each place of the text
    pcre2_set_depth_limit_8(context, UInt32.max)
    pcre2_set_callout_8(
      context,
      { block, place in
        guard let block, let place else { return 0 }
        let budget = place.assumingMemoryBound(to: Budget.self)
        // What a run such as `.*` passes over in one go counts, too.
        let position = block.pointee.current_position
        budget.pointee.left -= 1 + abs(position - budget.pointee.position) / 16
        budget.pointee.position = position
        return budget.pointee.left > 0 ? 0 : PCRE2_ERROR_MATCHLIMIT
      }, budget)
    let bytes = Array(text.utf8)
    var matches: [Match] = []
    var start = 0
    var options = UInt32(PCRE2_NO_UTF_CHECK)
    while start <= bytes.count {
      let count = pcre2_match_8(code.pointer, bytes, bytes.count, start, options, data, context)
      if count == PCRE2_ERROR_NOMATCH { break }
      if count < 0 { throw failure(count, bytes.count) }
      let offsets = pcre2_get_ovector_pointer_8(data)!
      let match = Match(
        range: offsets[0]..<offsets[1],
        groups: (0...groupCount).map { group in
          guard group < Int(count), offsets[2 * group] >= 0 else { return nil }
          return String(decoding: bytes[offsets[2 * group]..<offsets[2 * group + 1]], as: UTF8.self)
        })
      matches.append(match)
      if isFirstAlone { break }
      // After an empty match the next one may begin at the same place, but is not empty there (Python 3.7 and later).
      start = match.range.upperBound
      options = UInt32(PCRE2_NO_UTF_CHECK) | (match.range.isEmpty ? UInt32(PCRE2_NOTEMPTY_ATSTART) : 0)
    }
    return matches
  }

  private func failure(_ code: Int32, _ byteCount: Int) -> BenchmarkError {
    switch code {
    case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_DEPTHLIMIT:
      BenchmarkError(
        .invalidArgument,
        "the regular expression \"\(source)\" takes too long on a text of \(byteCount) bytes"
          + " (more than \(Self.stepLimit) steps); write it without repetitions inside repetitions, such as (a+)+")
    default:
      BenchmarkError(.invalidArgument, "the regular expression \"\(source)\" cannot be matched: \(Self.message(code))")
    }
  }

  private static func message(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "error \(code)"
  }
}

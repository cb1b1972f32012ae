import CPCRE2
import Support

/// The regular expression of a pre-tokenizer, with the syntax and the meaning of Oniguruma, which Hugging Face's
/// `tokenizers` matches it with; matched here by PCRE2.
///
/// `SplitSyntax` writes it as PCRE2 reads it and refuses what the two libraries take differently. It also refuses groups
/// that repeat: without those, a search takes no more steps than a power of the text's length, so none needs a limit.
package struct SplitPattern: Sendable {
  /// The expression as it was given.
  package let source: String
  private let code: Code

  /// Compiled once and only read after: PCRE2 lets threads share it.
  private final class Code: @unchecked Sendable {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { pcre2_code_free_8(pointer) }
  }

  /// Errors: what is no expression, or one of a syntax that is not read: `unsupported`.
  package init(_ source: String) throws(BenchmarkError) {
    let pattern = try SplitSyntax.translated(source)
    let bytes = Array(pattern.utf8)
    var code: Int32 = 0
    var offset = 0
    let options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C
    guard let pointer = pcre2_compile_8(bytes, bytes.count, UInt32(options), &code, &offset, nil) else {
      throw BenchmarkError(.invalidArgument, "invalid regular expression \"\(source)\": \(Self.message(code))")
    }
    var matchesEmpty: UInt32 = 0
    pcre2_pattern_info_8(pointer, UInt32(PCRE2_INFO_MATCHEMPTY), &matchesEmpty)
    self.source = source
    self.code = Code(pointer)
    if matchesEmpty != 0 {
      throw BenchmarkError(.unsupported, "the regular expression \"\(source)\": an empty match is not supported")
    }
    // Machine code where the system lets it be made; without it the same matches are found more slowly.
    _ = pcre2_jit_compile_8(pointer, UInt32(PCRE2_JIT_COMPLETE))
  }

  /// Cuts a text, which must be valid UTF-8, into matches and what lies between them, from left to right; none is empty.
  package func split(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    guard let base = text.baseAddress, !text.isEmpty else { return }
    guard let data = pcre2_match_data_create_8(1, nil), let context = pcre2_match_context_create_8(nil),
      let offsets = pcre2_get_ovector_pointer_8(data)
    else { preconditionFailure("no memory for a regular expression") }
    defer {
      pcre2_match_data_free_8(data)
      pcre2_match_context_free_8(context)
    }
    pcre2_set_match_limit_8(context, UInt32.max)
    pcre2_set_depth_limit_8(context, UInt32.max)
    pcre2_set_heap_limit_8(context, UInt32.max)
    var start = 0
    var end = 0  // of the last piece
    while start < text.count {
      var count = pcre2_match_8(
        code.pointer, base, text.count, start, UInt32(PCRE2_NO_UTF_CHECK), data, context)
      if count == PCRE2_ERROR_JIT_STACKLIMIT {
        let options = UInt32(PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT)
        count = pcre2_match_8(code.pointer, base, text.count, start, options, data, context)
      }
      if count == PCRE2_ERROR_NOMATCH { break }
      precondition(count > 0, "a regular expression that cannot be matched: \(Self.message(count))")
      if offsets[0] > end { body(end..<offsets[0]) }
      body(offsets[0]..<offsets[1])
      end = offsets[1]
      start = end
    }
    if end < text.count { body(end..<text.count) }
  }

  private static func message(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "error \(code)"
  }
}

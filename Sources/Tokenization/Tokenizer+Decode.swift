extension Tokenizer {
  /// The bytes of a token that begins a text; see `bytes(of:after:)`.
  package func bytes(of token: Int32) -> [UInt8] { bytes(of: token, after: EmptyCollection<Int32>()) }

  /// The bytes a token adds to the text of those before it: "▁" as a space, the byte of a byte token, nothing for special
  /// tokens and numbers that are no token.
  ///
  /// For streams: the bytes of many tokens, put together, are the UTF-8 of `decode` wherever they are valid UTF-8.
  package func bytes(of token: Int32, after tokens: some Collection<Int32>) -> [UInt8] {
    let bytes = plainBytes(of: token)
    let decoding = definition.decoding
    if decoding.separator.isEmpty, decoding.strippedSpaces == 0 || bytes.first != TokenizerDefinition.space {
      return bytes
    }
    if isLeftOut(token) { return [] }
    if !decoding.separator.isEmpty { return tokens.allSatisfy(isLeftOut) ? bytes : decoding.separator + bytes }
    var left = decoding.strippedSpaces
    for earlier in tokens where left > 0 {
      let shown = plainBytes(of: earlier)
      if shown.contains(where: { $0 != TokenizerDefinition.space }) { return bytes }
      left -= shown.count
    }
    let spaces = bytes.prefix { $0 == TokenizerDefinition.space }.count
    return Array(bytes.dropFirst(min(max(left, 0), spaces)))
  }

  private func isLeftOut(_ token: Int32) -> Bool { isSpecial(token) || !definition.vocabulary.contains(token) }

  /// The bytes of a token wherever it stands.
  private func plainBytes(of token: Int32) -> [UInt8] {
    if isSpecial(token) { return [] }
    if definition.byteLevel != nil { return ByteLevel.bytes(of: definition.vocabulary.bytes(of: token)) }
    if let byte = definition.byteOfToken[token] { return [byte] }
    let bytes = Array(definition.vocabulary.bytes(of: token))
    if definition.decoding.showsMarks { return bytes }
    let mark = TokenizerDefinition.Replacement(
      pattern: TokenizerDefinition.spaceMark, content: [TokenizerDefinition.space])
    return mark.applied(to: bytes)
  }

  /// The text of tokens, without the special ones.
  ///
  /// Byte tokens that do not make valid UTF-8 become U+FFFD, as the file's own library does it: with a tokenizer.json one
  /// for each token of the whole run of byte tokens, with a tokenizer.model one for each invalid byte.
  package func decode(_ tokens: [Int32]) -> String {
    var output: [UInt8] = []
    var run: [UInt8] = []
    for (index, token) in tokens.enumerated() {
      if isLeftOut(token) { continue }
      if let byte = definition.byteOfToken[token] {
        run.append(byte)
        continue
      }
      append(run, to: &output)
      run.removeAll(keepingCapacity: true)
      output += bytes(of: token, after: tokens[..<index])
    }
    append(run, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends a run of byte tokens, with replacement characters where it is not valid UTF-8.
  private func append(_ run: [UInt8], to output: inout [UInt8]) {
    if run.isEmpty { return }
    let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]
    if String(validating: run, as: UTF8.self) != nil {
      output += run
      return
    }
    if definition.byteRunRule == .wholeRun {
      for _ in run { output += replacement }
      return
    }
    var rest = run[...]
    while let lead = rest.first {
      let count = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      let candidate = rest.prefix(count)
      if candidate.count == count, String(validating: candidate, as: UTF8.self) != nil {
        output += candidate
        rest = rest.dropFirst(count)
      } else {
        output += replacement
        rest = rest.dropFirst()
      }
    }
  }
}

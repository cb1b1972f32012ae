import Support

/// Tells the form of a data file whose name or content says it.
enum FormatGuess {
  /// So much of a file is looked at.
  private static let startBytes = 1 << 20

  /// A parquet file is one whatever it is called, and files called `.json` often hold JSON Lines; otherwise the name counts, and
  /// where it says nothing (the Hub's cache names files by digests) the content.
  static func format(of file: DataFileBytes) throws(BenchmarkError) -> DataFormat {
    let bytes = try file.read(at: 0, min(file.count, startBytes)).withBytes { Array($0) }
    if ParquetFile.begins(bytes) { return .parquet }
    let named = DataFormat.named(file.path)
    if let named, named != .json { return named }
    let text = bytes.dropFirst(ByteOrderMark.length(bytes)).drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    switch text.first {
    case UInt8(ascii: "["): return .json
    case UInt8(ascii: "{"): return isLines(text) ? .jsonLines : .json
    default:
      if let named { return named }
      throw BenchmarkError(
        .invalidArgument,
        "\(file.path): neither the name nor the content says what form the data have; give one of "
          + DataFormat.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  /// Whether the first line is a whole object, and something other than white space follows.
  private static func isLines(_ text: ArraySlice<UInt8>) -> Bool {
    guard let end = text.firstIndex(of: 0x0A) else { return false }
    let rest = text[end...].drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    if rest.first != UInt8(ascii: "{") { return false }
    return (try? JSONReader.parse(Array(text[..<end]), name: ""))?.objectValue != nil
  }
}

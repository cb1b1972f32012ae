import DataSets
import Support

/// Documents that are files of text: the data "text", of which each file is a row with the field `text`.
///
/// `datasets` reads the lines of such a file as rows unless `sample_by` is "document".
enum TextFiles {
  /// `dataset_path`.
  static let kind = "text"

  /// The rows of the files: of one that is named, or of those that end in .txt in the first folder that has any, by their names.
  ///
  /// Errors: no such files; a file that is empty, or no UTF-8.
  /// - Parameter places: files and folders, the first first; of a folder also its folder "text".
  static func split(in places: [String], of reference: DescribedData) throws(BenchmarkError) -> DataSplit {
    guard reference.arguments["sample_by"] == "document" else {
      throw reference.place.error(
        "the data \"text\" are read with \"sample_by: document\" alone: each file is a row", .unsupported)
    }
    for place in places.flatMap({ [$0 + "/" + kind, $0] }) {
      let paths =
        FileSystem.isFile(place)
        ? [place] : ((try? FileSystem.list(place)) ?? []).filter { $0.hasSuffix(".txt") }.map { place + "/" + $0 }
      if paths.isEmpty { continue }
      var rows: [JSONObject] = []
      var files: [DataFile] = []
      for path in paths {
        let text = try FileSystem.readText(path)
        if text.isEmpty { throw BenchmarkError(.invalidFile, "\(path): the file is empty: nothing to predict") }
        rows.append(["text": .string(text)])
        files.append(DataFile(path: path, sha256: SHA256.hexadecimal(text)))
      }
      return DataSplit(rows: rows, files: files)
    }
    throw BenchmarkError(
      .notFound,
      "no text; give \"data\": a file of text, or a folder with files that end in .txt"
        + (places.isEmpty ? "" : " (looked in \(places.joined(separator: ", ")))"))
  }
}

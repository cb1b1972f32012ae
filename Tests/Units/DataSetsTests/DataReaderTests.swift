import Foundation
import Support
import Testing

@testable import DataSets

/// One reader for files of every form.
struct DataReaderTests {
  private static let rows = "[{\"a\":1,\"b\":\"x\"},{\"a\":null,\"b\":\"y\"}]"
  private static let expected: [JSONObject] = [["a": 1, "b": "x"], ["a": .null, "b": "y"]]

  @Test(
    "A JSON document has its rows in an array, in a member, or as columns",
    arguments: [
      rows, "{\"version\": 1, \"data\": \(rows)}", "{\"rows\":\(rows),\"other\":[1]}",
      "{\"a\":[1,null],\"b\":[\"x\",\"y\"]}", " \u{FEFF}".dropFirst() + rows,
    ])
  func documents(text: String) throws {
    let path = try TestFiles.file("x.json", text)
    var reader = try DataReader(path)
    #expect(reader.format == .json)
    #expect(reader.rowCount == 2)
    #expect(try reader.rows().map(\.fields) == Self.expected)
  }

  @Test("The member with the rows can be named")
  func field() throws {
    let path = try TestFiles.file("x.json", "{\"train\":\(Self.rows),\"test\":[{\"a\":3}],\"columns\":{\"a\":[5]}}")
    #expect(try TestFiles.rows(path, DataOptions(field: "test")).map(\.fields) == [["a": 3]])
    #expect(try TestFiles.rows(path, DataOptions(field: "columns")).map(\.fields) == [["a": 5]])
    #expect(
      TestFiles.message { _ = try TestFiles.rows(path) }.hasSuffix(
        "x.json: no array of objects alone: \"train\", \"test\"; name the field"))
    #expect(
      TestFiles.message { _ = try TestFiles.rows(path, DataOptions(field: "tset")) }.hasSuffix(
        "no field \"tset\"; did you mean \"test\"?"))
  }

  @Test("JSON Lines, under whatever name, and blocks that end within a line")
  func lines() throws {
    let text = (0..<3000).map { "{\"a\":\($0),\"b\":\"\(String(repeating: "é", count: $0))\"}\r\n\n" }.joined()
    for name in ["x.jsonl", "x.ndjson", "x.json", "3f786850e387550fdab836ed7e6dc881de23001b"] {
      let rows = try TestFiles.rows(TestFiles.file(name, text))
      #expect(rows.count == 3000)
      for (index, row) in rows.enumerated() {
        #expect(row.fields["a"] == JSONValue(index))
        #expect(row.fields["b"]?.stringValue?.unicodeScalars.count == index)
        #expect(row.number == 2 * index + 1)
      }
    }
    let path = try TestFiles.file("x.jsonl", "{\"a\":1}\n{\"a\":2\n")
    #expect(TestFiles.message { _ = try TestFiles.rows(path) }.contains("x.jsonl:2:7: "))
  }

  @Test("CSV and TSV: quotes, line breaks in fields, a byte order mark, header or names, types that are asked for")
  func delimited() throws {
    let csv = try TestFiles.file("x.csv", "\u{FEFF}id,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n02,\n")
    #expect(
      try TestFiles.rows(csv).map(\.fields) == [["id": "1", "text": "a, \"b\"\r\nc"], ["id": "02", "text": ""]])
    #expect(try TestFiles.rows(csv, DataOptions(types: ["id": .integer])).map { $0.fields["id"] } == [1, 2])
    #expect(try TestFiles.rows(csv, DataOptions(columns: ["text"])).map(\.fields.keys) == [["text"], ["text"]])
    let tsv = try TestFiles.file("x.tsv", "1\tx,y\t0.5\tTrue\n\t\"\t\"\t\tfalse\n")
    let options = DataOptions(
      header: ["i", "t", "n", "b"], types: ["i": .integer, "n": .number, "b": .boolean])
    #expect(
      try TestFiles.rows(tsv, options).map(\.fields)
        == [["i": 1, "t": "x,y", "n": 0.5, "b": true], ["i": .null, "t": "\t", "n": .null, "b": false]])
    #expect(
      TestFiles.message { _ = try TestFiles.rows(csv, DataOptions(types: ["text": .number])) }.contains(
        "x.csv:2: \"a, \"b\" c\" in \"text\" is not a number"))
    #expect(
      TestFiles.message { _ = try TestFiles.rows(csv, DataOptions(columns: ["txt"])) }.hasSuffix(
        "no column \"txt\"; did you mean \"text\"?"))
  }

  @Test("A long table is read block by block")
  func longTable() throws {
    let lines = (0..<60_000).map { "\($0),\"text \($0)\nwith a line break, and \"\"quotes\"\"\"" }
    let path = try TestFiles.file("x.csv", "id,text\n" + lines.joined(separator: "\n"))
    let rows = try TestFiles.rows(path)
    #expect(rows.count == 60_000)
    for (index, row) in rows.enumerated()
    where row.fields["id"]?.stringValue != "\(index)" || row.number != 2 * index + 2 {
      Issue.record("row \(index): \(row)")
      break
    }
    #expect(rows.last?.fields["text"] == "text 59999\nwith a line break, and \"quotes\"")
  }

  @Test("Only the columns that are asked for are decoded")
  func columns() throws {
    let path = TestFiles.goldens + "/row-groups.parquet"
    let all = try TestFiles.rows(path)
    let some = try TestFiles.rows(path, DataOptions(columns: ["structs", "bool"]))
    #expect(some.map(\.fields.keys) == all.map { _ in ["structs", "bool"] })
    #expect(some.map { $0.fields["structs"] } == all.map { $0.fields["structs"] })
    // A column that is damaged is no matter where another one is asked for.
    var bytes = try FileSystem.read(path)
    for position in 4..<200 { bytes[position] = 0xFF }
    let damaged = try TestFiles.folder() + "/x.parquet"
    try FileSystem.write(bytes, to: damaged)
    #expect(try TestFiles.rows(damaged, DataOptions(columns: ["bool"])).count == all.count)
    #expect(
      TestFiles.message { _ = try TestFiles.rows(damaged, DataOptions(columns: ["int64"])) }.contains(
        "x.parquet: column \"int64\", row group 0, page at byte 4: "))
    #expect(
      TestFiles.message { _ = try TestFiles.rows(path, DataOptions(columns: ["bol"])) }.hasSuffix(
        "no column \"bol\"; did you mean \"bool\"?"))
  }

  @Test("A file that changes while it is read is an error")
  func change() throws {
    let path = try TestFiles.folder() + "/x.parquet"
    let bytes = try FileSystem.read(TestFiles.goldens + "/row-groups.parquet")
    try FileSystem.write(bytes, to: path)
    var reader = try DataReader(path)
    _ = try reader.next()
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 100)
    try handle.close()
    let message = TestFiles.message { _ = try reader.rows() }
    #expect(
      message.contains("x.parquet: changed while it was read") || message.contains("became shorter"), "\(message)")
  }

  @Test("What is no data file, or no such form, is an error that says so")
  func refusals() throws {
    #expect(TestFiles.message { _ = try TestFiles.rows("/nowhere/x.csv") }.hasPrefix("cannot open /nowhere/x.csv"))
    #expect(TestFiles.message { _ = try TestFiles.rows("/tmp") }.contains("not a regular file"))
    let text = try TestFiles.file("x", "hello")
    #expect(TestFiles.message { _ = try TestFiles.rows(text) }.contains("give one of parquet, jsonl, json, csv, tsv"))
    let scalar = try TestFiles.file("x.json", "[1]")
    #expect(TestFiles.message { _ = try TestFiles.rows(scalar) }.hasSuffix("x.json: row 1 is a number, not an object"))
    let empty = try TestFiles.file("x.parquet", "")
    #expect(TestFiles.message { _ = try TestFiles.rows(empty) }.hasSuffix("0 bytes are too few for a parquet file"))
    let pointer = try TestFiles.file("x.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    #expect(TestFiles.message { _ = try TestFiles.rows(pointer) }.contains("Git LFS pointer"))
    let encrypted = try TestFiles.file("x.parquet", "PARE....\u{4}\u{0}\u{0}\u{0}PARE")
    #expect(
      TestFiles.message { _ = try TestFiles.rows(encrypted) }.contains("encrypted parquet files are not supported"))
    let option = try TestFiles.file("x.jsonl", "{}")
    #expect(
      TestFiles.message { _ = try TestFiles.rows(option, DataOptions(header: ["a"])) }.contains(
        "names and types of columns are given for CSV and TSV files, and it is read as jsonl"))
  }
}

import CSQLite
import Support

/// A value as SQLite keeps it.
package enum StoredValue: Sendable, Equatable {
  case null
  case integer(Int)
  case real(Double)
  case text(String)
  case blob([UInt8])

  package init(_ value: Int?) { self = value.map { .integer($0) } ?? .null }
  package init(_ value: Double?) { self = value.map { .real($0) } ?? .null }
  package init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  package init(_ value: [UInt8]?) { self = value.map { .blob($0) } ?? .null }
}

/// One row of a statement's result.
package struct StoredRow: Sendable {
  package let values: [StoredValue]

  /// The values by column; nil where it is null or of another kind.
  package func integer(_ column: Int) -> Int? { if case .integer(let value) = values[column] { value } else { nil } }
  package func text(_ column: Int) -> String? { if case .text(let value) = values[column] { value } else { nil } }
  package func blob(_ column: Int) -> [UInt8]? { if case .blob(let value) = values[column] { value } else { nil } }
  package func real(_ column: Int) -> Double? {
    switch values[column] {
    case .real(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }
}

/// A compiled statement of one connection.
final class Statement {
  private let pointer: OpaquePointer
  /// The connection lives as long as its statements, which it keeps; a reference back would never be let go.
  private unowned let database: Database

  init(_ sql: String, _ database: Database) throws(BenchmarkError) {
    var compiled: OpaquePointer?
    let status = sqlite3_prepare_v3(
      database.connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard status == SQLITE_OK, let compiled else { throw database.failure() }
    pointer = compiled
    self.database = database
  }

  deinit { sqlite3_finalize(pointer) }

  func bind(_ values: [StoredValue]) throws(BenchmarkError) {
    precondition(values.count == Int(sqlite3_bind_parameter_count(pointer)), "as many values as question marks")
    for (position, value) in values.enumerated() {
      let index = Int32(position + 1)
      let status: Int32
      switch value {
      case .null: status = sqlite3_bind_null(pointer, index)
      case .integer(let number): status = sqlite3_bind_int64(pointer, index, Int64(number))
      case .real(let number): status = sqlite3_bind_double(pointer, index, number)
      case .text(var text):
        status = text.withUTF8 { bytes in
          bytes.withMemoryRebound(to: CChar.self) {
            gbs_bind_text(pointer, index, $0.baseAddress ?? UnsafePointer(bitPattern: 1), Int32($0.count))
          }
        }
      case .blob(let bytes):
        status = bytes.withUnsafeBytes { gbs_bind_blob(pointer, index, $0.baseAddress, Int32($0.count)) }
      }
      if status != SQLITE_OK { throw database.failure() }
    }
  }

  /// The next row; nil after the last.
  func next() throws(BenchmarkError) -> StoredRow? {
    switch sqlite3_step(pointer) {
    case SQLITE_ROW: return StoredRow(values: (0..<sqlite3_column_count(pointer)).map(value))
    case SQLITE_DONE: return nil
    default: throw database.failure()
    }
  }

  func reset() {
    sqlite3_reset(pointer)
    sqlite3_clear_bindings(pointer)
  }

  private func value(_ column: Int32) -> StoredValue {
    switch sqlite3_column_type(pointer, column) {
    case SQLITE_INTEGER: return .integer(Int(sqlite3_column_int64(pointer, column)))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(pointer, column))
    case SQLITE_TEXT:
      let text = sqlite3_column_text(pointer, column)
      let count = Int(sqlite3_column_bytes(pointer, column))
      return .text(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      let bytes = sqlite3_column_blob(pointer, column)
      let count = Int(sqlite3_column_bytes(pointer, column))
      return .blob(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return .null
    }
  }
}

import Support

/// A pattern of paths in a repository, as `fsspec` matches them: `*`, `?` and `[a-z]` within a name, `**` for folders of any
/// depth.
struct FilePattern: Sendable {
  private enum Part: Sendable {
    /// `**`: any folders.
    case folders
    /// A name with wildcards.
    case name([Piece])
  }

  fileprivate enum Piece: Sendable {
    case character(Unicode.Scalar)
    /// `?`.
    case one
    /// `*`.
    case any
    /// `[...]`, and whether it is all others that match.
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private let parts: [Part]

  /// Errors: `**` within a name, which `fsspec` refuses too.
  init(_ text: String) throws(BenchmarkError) {
    var parts: [Part] = []
    for name in text.split(separator: "/", omittingEmptySubsequences: true) where name != "." {
      if name == "**" {
        parts.append(.folders)
      } else if name.contains("**") {
        throw BenchmarkError(.invalidFile, "the pattern \"\(text)\": \"**\" must stand between slashes")
      } else {
        parts.append(.name(Self.pieces(Array(name.unicodeScalars))))
      }
    }
    self.parts = parts
  }

  static func hasWildcards(_ text: String) -> Bool {
    text.unicodeScalars.contains { "*?[".unicodeScalars.contains($0) }
  }

  func matches(_ path: String) -> Bool {
    let names = path.split(separator: "/").map { Array($0.unicodeScalars) }
    // Which numbers of names the parts so far can match.
    var reached = [Bool](repeating: false, count: names.count + 1)
    reached[0] = true
    for (index, part) in parts.enumerated() {
      var next = [Bool](repeating: false, count: names.count + 1)
      for count in reached.indices where reached[count] {
        switch part {
        case .folders:
          // Behind all others it stands for the rest, which must have a name.
          for end in count...names.count where index < parts.count - 1 || end > count { next[end] = true }
        case .name(let pieces):
          if count < names.count, Self.matches(pieces, names[count]) { next[count + 1] = true }
        }
      }
      reached = next
    }
    return reached[names.count]
  }

  private static func matches(_ pieces: [Piece], _ name: [Unicode.Scalar]) -> Bool {
    var reached = [Bool](repeating: false, count: name.count + 1)
    reached[0] = true
    for piece in pieces {
      var next = [Bool](repeating: false, count: name.count + 1)
      for count in reached.indices where reached[count] {
        if case .any = piece {
          for end in count...name.count { next[end] = true }
          break
        }
        if count < name.count, piece.matches(name[count]) { next[count + 1] = true }
      }
      reached = next
    }
    return reached[name.count]
  }

  private static func pieces(_ name: [Unicode.Scalar]) -> [Piece] {
    var pieces: [Piece] = []
    var position = 0
    while position < name.count {
      let scalar = name[position]
      position += 1
      switch scalar {
      case "*": pieces.append(.any)
      case "?": pieces.append(.one)
      case "[":
        if let (piece, end) = set(name, from: position) {
          pieces.append(piece)
          position = end
        } else {
          pieces.append(.character(scalar))
        }
      default: pieces.append(.character(scalar))
      }
    }
    return pieces
  }

  /// The set behind a bracket and the position behind it; nil where it is not closed. A bracket in front is part of it.
  private static func set(_ name: [Unicode.Scalar], from start: Int) -> (Piece, Int)? {
    let isNegated = start < name.count && name[start] == "!"
    let first = isNegated ? start + 1 : start
    guard first < name.count, let end = name[(first + 1)...].firstIndex(of: "]") else { return nil }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var position = first
    while position < end {
      if position + 2 < end, name[position + 1] == "-" {
        if name[position] <= name[position + 2] { ranges.append(name[position]...name[position + 2]) }
        position += 3
      } else {
        ranges.append(name[position]...name[position])
        position += 1
      }
    }
    return (.set(ranges, isNegated: isNegated), end + 1)
  }
}

extension FilePattern.Piece {
  fileprivate func matches(_ scalar: Unicode.Scalar) -> Bool {
    switch self {
    case .character(let other): scalar == other
    case .one, .any: true
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
    }
  }
}

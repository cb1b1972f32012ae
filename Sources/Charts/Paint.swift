/// What a mark is painted with: a part it plays, whose colour the theme decides, or one colour everywhere.
package enum Paint: Sendable, Equatable {
  /// Titles, values, names.
  case ink
  /// What is there to be looked up: ticks, notes.
  case muted
  /// Lines of the grid and frames.
  case rule
  /// Every second row.
  case band
  /// The page.
  case surface
  /// A series by its number; after seven they begin again, with another marker.
  case series(Int)
  /// A colour that stands for a number.
  case fixed(Color)

  /// The eight colours that M. Okabe and K. Ito ("Color Universal Design", 2008) chose to be told apart by everybody, less
  /// yellow, which white drowns, and black, which is the ink's.
  private static let seriesColors: [UInt32] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x7A7A7A]

  static let seriesCount = seriesColors.count

  /// The colour on a light page.
  package var color: Color {
    switch self {
    case .ink: Color(0x1F2328)
    case .muted: Color(0x59636E)
    case .rule: Color(0xD5DAE0)
    case .band: Color(0xF4F6F8)
    case .surface: Color(0xFFFFFF)
    case .series(let number): Color(Self.seriesColors[number % Self.seriesCount])
    case .fixed(let color): color
    }
  }

  /// The colour on a dark page.
  var darkColor: Color {
    switch self {
    case .ink: Color(0xE6EDF3)
    case .muted: Color(0xA0AAB4)
    case .rule: Color(0x3A424C)
    case .band: Color(0x1A2029)
    case .surface: Color(0x0F141B)
    case .series(let number):
      Color(
        [0x4DA3DB, 0xF0884A, 0x2FC79A, 0xE39CC4, 0xF0B63C, 0x8CCBF0, 0xA9B1BA][number % Self.seriesCount])
    case .fixed(let color): color
    }
  }

  /// The name of the custom property that a page may set; nil for a colour that stands for a number.
  var variable: String? {
    switch self {
    case .ink: "--gb-ink"
    case .muted: "--gb-muted"
    case .rule: "--gb-rule"
    case .band: "--gb-band"
    case .surface: "--gb-surface"
    case .series(let number): "--gb-series-\(number % Self.seriesCount + 1)"
    case .fixed: nil
    }
  }

  /// Declarations of every variable for a page that is dark: `--gb-ink: #e6edf3; ...`.
  package static var darkDeclarations: String {
    let paints = [Paint.ink, .muted, .rule, .band, .surface] + (0..<seriesCount).map { Paint.series($0) }
    return paints.map { "\($0.variable ?? ""): \($0.darkColor.hexadecimal);" }.joined(separator: " ")
  }
}

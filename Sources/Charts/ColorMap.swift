/// Colours for numbers from 0 to 1, straight lines between anchors.
///
/// The anchors are C. Brewer's and M. Harrower's (ColorBrewer 2.0, The Cartographic Journal 40, 2003; Apache 2.0): "Blues"
/// grows darker step by step, so it reads in grey, and by people who see two of the three primary colours; "PuOr"
/// has its two ends in orange and purple, which they tell apart too.
package enum ColorMap: Sendable {
  /// From nearly white to dark blue.
  case sequential
  /// From dark orange over white, at 0.5, to dark purple.
  case diverging

  var anchors: [Color] {
    switch self {
    case .sequential:
      [0xF7FBFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B].map(Color.init)
    case .diverging:
      [
        0x7F3B08, 0xB35806, 0xE08214, 0xFDB863, 0xFEE0B6, 0xF7F7F7, 0xD8DAEB, 0xB2ABD2, 0x8073AC, 0x542788, 0x2D004B,
      ].map(Color.init)
    }
  }

  /// The colour of a number; what lies outside 0 to 1 has the end's.
  package func color(_ value: Double) -> Color {
    let anchors = anchors
    guard value.isFinite else { return anchors[0] }
    let place = min(1, max(0, value)) * Double(anchors.count - 1)
    let index = min(anchors.count - 2, Int(place))
    return anchors[index].mixed(with: anchors[index + 1], place - Double(index))
  }
}

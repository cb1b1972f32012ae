import Glibc

/// A colour of the screen: red, green and blue of sRGB, 0 to 255 each.
package struct Color: Sendable, Equatable {
  package let red: Double
  package let green: Double
  package let blue: Double

  init(_ red: Double, _ green: Double, _ blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// The colour written as 0xRRGGBB.
  init(_ hexadecimal: UInt32) {
    self.init(
      Double(hexadecimal >> 16 & 255), Double(hexadecimal >> 8 & 255), Double(hexadecimal & 255))
  }

  /// The colour as "#rrggbb".
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef")
    return "#"
      + [red, green, blue].map { value -> String in
        let byte = Int(min(255, max(0, value)).rounded())
        return String([digits[byte / 16], digits[byte % 16]])
      }.joined()
  }

  /// The relative luminance, 0 (black) to 1 (white). Source: Web Content Accessibility Guidelines 2.1, "relative luminance".
  var luminance: Double {
    func linear(_ value: Double) -> Double {
      let share = value / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// The contrast with another colour, 1 (none) to 21 (black on white); text wants 4.5. Source: as `luminance`.
  func contrast(with other: Color) -> Double {
    let (first, second) = (luminance, other.luminance)
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  /// Black or white, whichever reads better on this colour: never below a contrast of 4.58, which is that of both on one grey.
  var textColor: Color {
    let (dark, light) = (Color(0x000000), Color(0xFFFFFF))
    return contrast(with: dark) >= contrast(with: light) ? dark : light
  }

  /// The colour a share of the way to another one.
  func mixed(with other: Color, _ share: Double) -> Color {
    Color(
      red + share * (other.red - red), green + share * (other.green - green), blue + share * (other.blue - blue))
  }
}

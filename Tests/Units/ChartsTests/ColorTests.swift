import Support
import Testing

@testable import Charts

/// Colours: those of the peer, and readable by everybody.
@Suite struct ColorTests {
  private static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Goldens/charts/"

  @Test(
    "The maps are matplotlib's Blues and PuOr",
    arguments: [(ColorMap.sequential, "sequential"), (.diverging, "diverging")])
  func maps(_ map: ColorMap, _ name: String) throws {
    let goldens = try JSONReader.parse(FileSystem.readText(Self.folder + "colors.json"), name: "colors.json")
    let rows = try #require(goldens.objectValue?[name]?.arrayValue)
    #expect(rows.count == 52)
    for row in rows.compactMap({ $0.arrayValue?.compactMap(\.doubleValue) }) {
      let color = map.color(row[0])
      for (part, expected) in zip([color.red, color.green, color.blue], row[1...]) {
        #expect(abs(part - expected) <= 1.01)  // the anchors are whole numbers here and rounded shares there
      }
    }
  }

  @Test("The sequential map grows darker at every step, so it reads in grey")
  func grey() {
    let luminances = (0...100).map { ColorMap.sequential.color(Double($0) / 100).luminance }
    #expect(zip(luminances, luminances.dropFirst()).allSatisfy { $0 > $1 })
    #expect(luminances[0] - luminances[100] > 0.85)
  }

  @Test("Text on any colour of the maps has the contrast of 4.5 that the guidelines ask for")
  func contrast() {
    for map in [ColorMap.sequential, .diverging] {
      for step in 0...200 {
        let color = map.color(Double(step) / 200)
        #expect(color.contrast(with: color.textColor) >= 4.5)
      }
    }
    for paint in [Paint.ink, .muted] {
      #expect(paint.color.contrast(with: Paint.surface.color) >= 4.5)
      #expect(paint.darkColor.contrast(with: Paint.surface.darkColor) >= 4.5)
      #expect(paint.color.contrast(with: Paint.band.color) >= 4.5)
    }
  }

  @Test("Values outside the map have its ends; hexadecimal is read and written")
  func ends() {
    #expect(ColorMap.sequential.color(-1) == ColorMap.sequential.color(0))
    #expect(
      ColorMap.sequential.color(2).hexadecimal == "#08306b" && ColorMap.sequential.color(.nan).hexadecimal == "#f7fbff")
  }
}

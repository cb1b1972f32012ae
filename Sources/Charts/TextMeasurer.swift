import CFontconfig
import CPangoCairo
import Support

/// Measures lines of text in the fonts they will be drawn with, by Pango: any script that the machine has a font for.
///
/// Not to be shared between threads. Hinting is off, so that a text takes the same room at every size of the page.
final class TextMeasurer {
  /// The letters come from the first family that there is; others fill in the scripts it lacks.
  static let families = "DejaVu Sans, Verdana, Sans"

  private let fontMap: OpaquePointer
  let context: OpaquePointer
  private let layout: OpaquePointer
  private var known: [Key: TextExtent] = [:]
  /// Whether a text that was measured has letters that no font here draws: they show as boxes.
  private(set) var lacksLetters = false

  private struct Key: Hashable {
    let text: String
    let style: TextStyle
  }

  /// Errors: a machine without any font, where Pango would end the process.
  init() throws(BenchmarkError) {
    let fonts = FcInit() != 0 ? FcConfigGetFonts(nil, FcSetSystem)?.pointee.nfont ?? 0 : 0
    guard fonts > 0, let fontMap = pango_cairo_font_map_new().map({ OpaquePointer($0) }) else {
      throw BenchmarkError(
        .unsupported, "charts: this machine has no font; install one, such as the package fonts-dejavu-core")
    }
    self.fontMap = fontMap
    context = pango_font_map_create_context(.init(fontMap))
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    pango_cairo_context_set_font_options(context, options)
    cairo_font_options_destroy(options)
    pango_context_set_round_glyph_positions(context, 0)
    layout = pango_layout_new(context)
    pango_layout_set_single_paragraph_mode(layout, 1)
  }

  deinit {
    g_object_unref(UnsafeMutableRawPointer(layout))
    g_object_unref(UnsafeMutableRawPointer(context))
    g_object_unref(UnsafeMutableRawPointer(fontMap))
  }

  /// The room that a line of text takes.
  func extent(_ text: String, _ style: TextStyle) -> TextExtent {
    let key = Key(text: text, style: style)
    if let extent = known[key] { return extent }
    let layout = shaped(text, style)
    if pango_layout_get_unknown_glyphs_count(layout) > 0 { lacksLetters = true }
    var logical = PangoRectangle()
    pango_layout_get_extents(layout, nil, &logical)
    let baseline = Double(pango_layout_get_baseline(layout)) / Double(PANGO_SCALE)
    let extent = TextExtent(
      width: Double(logical.width) / Double(PANGO_SCALE), ascent: baseline,
      descent: Double(logical.height) / Double(PANGO_SCALE) - baseline)
    known[key] = extent
    return extent
  }

  func width(_ text: String, _ style: TextStyle) -> Double { extent(text, style).width }

  /// The layout with a text in it, good until the next call.
  func shaped(_ text: String, _ style: TextStyle) -> OpaquePointer {
    let description = pango_font_description_from_string(Self.families)
    pango_font_description_set_absolute_size(description, style.size * Double(PANGO_SCALE))
    if style.isBold { pango_font_description_set_weight(description, PANGO_WEIGHT_BOLD) }
    pango_layout_set_font_description(layout, description)
    pango_font_description_free(description)
    pango_layout_set_text(layout, text, Int32(clamping: text.utf8.count))
    return layout
  }
}

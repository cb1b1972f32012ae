import CPangoCairo
import Support

/// Paints a drawing with Cairo, for PNG and PDF.
struct CairoPage {
  private let drawing: Drawing
  private let measurer: TextMeasurer
  /// Cairo's images end here.
  private static let largestSide = 32_000.0

  init(_ drawing: Drawing) throws(BenchmarkError) {
    self.drawing = drawing
    measurer = try TextMeasurer()
  }

  /// The drawing as a PNG image, two pixels a unit, or fewer where that would be more than Cairo can hold.
  func png() throws(BenchmarkError) -> [UInt8] {
    let side = max(drawing.width, drawing.height)
    let scale = min(2, Self.largestSide / side, (120_000_000 / (drawing.width * drawing.height)).squareRoot())
    let surface = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(drawing.width * scale), Int32(drawing.height * scale))
    defer { cairo_surface_destroy(surface) }
    try check(cairo_surface_status(surface))
    try paint(surface, scale: scale)
    var bytes: [UInt8] = []
    let status = withUnsafeMutablePointer(to: &bytes) {
      cairo_surface_write_to_png_stream(surface, Self.append, $0)
    }
    try check(status)
    return bytes
  }

  /// The drawing as a PDF page, its texts as texts.
  func pdf() throws(BenchmarkError) -> [UInt8] {
    var bytes: [UInt8] = []
    let failure = withUnsafeMutablePointer(to: &bytes) { stream -> BenchmarkError? in
      let points = 72.0 / 96
      let surface = cairo_pdf_surface_create_for_stream(
        Self.append, stream, drawing.width * points, drawing.height * points)
      defer { cairo_surface_destroy(surface) }
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, drawing.title)
      do throws(BenchmarkError) {
        try check(cairo_surface_status(surface))
        try paint(surface, scale: points)
        cairo_surface_finish(surface)
        try check(cairo_surface_status(surface))
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
    return bytes
  }

  private static let append: cairo_write_func_t = { stream, data, length in
    guard let stream, let data else { return CAIRO_STATUS_WRITE_ERROR }
    stream.assumingMemoryBound(to: [UInt8].self).pointee += UnsafeBufferPointer(start: data, count: Int(length))
    return CAIRO_STATUS_SUCCESS
  }

  private func check(_ status: cairo_status_t) throws(BenchmarkError) {
    if status != CAIRO_STATUS_SUCCESS {
      throw BenchmarkError(
        status == CAIRO_STATUS_NO_MEMORY ? .outOfMemory : .internalError,
        "chart \"\(drawing.title)\": \(String(cString: cairo_status_to_string(status)))")
    }
  }

  private func paint(_ surface: OpaquePointer?, scale: Double) throws(BenchmarkError) {
    let cairo = cairo_create(surface)
    defer { cairo_destroy(cairo) }
    cairo_scale(cairo, scale, scale)
    pango_cairo_update_context(cairo, measurer.context)
    set(Paint.surface, cairo)
    cairo_paint(cairo)
    for mark in drawing.marks { draw(mark, cairo) }
    try check(cairo_status(cairo))
  }

  private func set(_ paint: Paint, _ cairo: OpaquePointer?) {
    let color = paint.color
    cairo_set_source_rgb(cairo, color.red / 255, color.green / 255, color.blue / 255)
  }

  private func draw(_ mark: Mark, _ cairo: OpaquePointer?) {
    switch mark.shape {
    case .rectangle(let box): cairo_rectangle(cairo, box.x, box.y, box.width, box.height)
    case .line(let from, let to): trace([from, to], cairo)
    case .path(let points): trace(points, cairo)
    case .polygon(let points):
      trace(points, cairo)
      cairo_close_path(cairo)
    case .circle(let center, let radius):
      cairo_new_sub_path(cairo)
      cairo_arc(cairo, center.x, center.y, radius, 0, 2 * Double.pi)
    case .text(let text):
      set(mark.fill ?? .ink, cairo)
      cairo_save(cairo)
      cairo_translate(cairo, text.origin.x, text.origin.y)
      if text.isUpright { cairo_rotate(cairo, -Double.pi / 2) }
      cairo_move_to(cairo, 0, -text.extent.ascent)
      pango_cairo_show_layout(cairo, measurer.shaped(text.text, text.style))
      cairo_restore(cairo)
      cairo_new_path(cairo)
      return
    }
    if let fill = mark.fill {
      set(fill, cairo)
      if mark.stroke == nil { cairo_fill(cairo) } else { cairo_fill_preserve(cairo) }
    }
    if let stroke = mark.stroke {
      set(stroke, cairo)
      cairo_set_line_width(cairo, mark.strokeWidth)
      cairo_set_dash(cairo, [4.0, 3.0], mark.isDashed ? 2 : 0, 0)
      cairo_stroke(cairo)
    }
    cairo_new_path(cairo)
  }

  private func trace(_ points: [Point], _ cairo: OpaquePointer?) {
    for (index, point) in points.enumerated() {
      if index == 0 { cairo_move_to(cairo, point.x, point.y) } else { cairo_line_to(cairo, point.x, point.y) }
    }
  }
}

import CGemmaBench

/// The version of the library, which the header states.
enum LibraryVersion {
  static let text = "\(GB_VERSION_MAJOR).\(GB_VERSION_MINOR).\(GB_VERSION_PATCH)"
}

/// The commit of the repository that the library was built from.
package enum BuildCommit {
  /// Its full name in hexadecimal, with "-modified" behind it where files differed from it; nil where the sources were no
  /// clone (an archive), or git was not there.
  package static var name: String? { notedCommit.isEmpty ? nil : notedCommit }
}

import Support

/// The chat templates that Google has published for its models, by their digests: the texts themselves are not shipped.
///
/// Files made from a checkpoint keep the template of their day, while the publisher corrects it.
package enum PublishedTemplates {
  /// A published text.
  package struct Revision: Sendable, Equatable {
    /// "Gemma 3", "Gemma 4".
    package let family: String
    /// Whether a later one has taken its place.
    package let isOutdated: Bool
    /// What the later ones do otherwise; empty for the newest.
    package let difference: String
  }

  /// By SHA-256 of the text without white space at its end, which writers of files drop or keep.
  private static let revisions: [String: Revision] = [
    // google/gemma-3-4b-it, in the metadata of ggml-org/gemma-3-1b-it-GGUF and ggml-org/gemma-3-12b-it-GGUF.
    "8d9e3a3c114fb2053ec500184677af4f7e5f8ec2582443cd535834e68b3ade29":
      Revision(family: "Gemma 3", isOutdated: false, difference: ""),
    // The first of Gemma 4, in llama.cpp's ggml-vocab-gemma-4.gguf.
    "58c66fdee4afa29786fa0925a4c3659c8ebc28a2db93da6ae479d7d5886ce48f":
      Revision(
        family: "Gemma 4", isOutdated: true,
        difference: "a line break follows <|think|>, and answers of the assistant in a row are one turn"),
    // The second of Gemma 4 (May 2026), google-chat_template.jinja of github.com/forcepusher/gemma4_jinja.
    "94899c0f917d93f6fe81c95744d1e8ddab2d21d39228d2e4aec1fb2a25bff413":
      Revision(
        family: "Gemma 4", isOutdated: true, difference: "answers of the assistant in a row are one turn"),
  ]

  /// The published text that a template is; nil where it is none that is known.
  package static func revision(of template: String) -> Revision? {
    revisions[SHA256.hexadecimal(PythonText.strippedAtEnd(template))]
  }

  /// What to tell of a template that the publisher has corrected since; nil of others.
  package static func warning(of template: String, source: String) -> String? {
    guard let revision = revision(of: template), revision.isOutdated else { return nil }
    return "\(source): an earlier chat template of \(revision.family), which its publisher has corrected since"
      + " (\(revision.difference)); use the chat_template.jinja of the published checkpoint to measure today's"
  }
}

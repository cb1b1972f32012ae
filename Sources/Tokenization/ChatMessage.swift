import Support

/// One message of a conversation, as `transformers` takes it: a role, and a text or a list of text parts.
package struct ChatMessage: Sendable, Equatable {
  /// What a message says.
  package enum Content: Sendable, Equatable {
    case text(String)
    /// `[{"type": "text", "text": "..."}, ...]`: templates treat each part on its own.
    case parts([String])

    /// The text, or the parts.
    var texts: [String] {
      switch self {
      case .text(let text): [text]
      case .parts(let parts): parts
      }
    }
  }

  /// "user", "assistant" or "system"; templates write other roles as they are.
  package let role: String
  package let content: Content

  package init(role: String, content: Content) {
    self.role = role
    self.content = content
  }

  package init(role: String, _ text: String) { self.init(role: role, content: .text(text)) }

  /// The message as a template sees it.
  var json: JSONValue {
    switch content {
    case .text(let text): ["role": .string(role), "content": .string(text)]
    case .parts(let parts):
      ["role": .string(role), "content": .array(parts.map { ["type": "text", "text": .string($0)] })]
    }
  }

  /// The message with another text in place of one of its texts.
  func replacing(_ text: String, with other: String) -> ChatMessage {
    switch content {
    case .text: ChatMessage(role: role, other)
    case .parts(let parts):
      ChatMessage(role: role, content: .parts(parts.map { PythonText.areSame($0, text) ? other : $0 }))
    }
  }

  /// The message with another text in place of the last of its texts.
  func replacingLast(with other: String) -> ChatMessage {
    switch content {
    case .text: ChatMessage(role: role, other)
    case .parts(let parts): ChatMessage(role: role, content: .parts(parts.dropLast() + [other]))
    }
  }

  /// Reads a conversation: a JSON array of `{"role": ..., "content": ...}`.
  ///
  /// Errors: what is not such an array, an empty one, a part that is not text, a key that asks for what no text model
  /// does (tools, images), an unknown key.
  package static func list(json value: JSONValue) throws(BenchmarkError) -> [ChatMessage] {
    guard let elements = value.arrayValue else {
      throw BenchmarkError(.invalidArgument, "messages: a list of messages was expected, not \(value.typeName)")
    }
    if elements.isEmpty { throw BenchmarkError(.invalidArgument, "messages: the conversation is empty") }
    var messages: [ChatMessage] = []
    for (index, element) in elements.enumerated() {
      messages.append(try message(element, "messages[\(index)]"))
    }
    return messages
  }

  private static func message(_ value: JSONValue, _ place: String) throws(BenchmarkError) -> ChatMessage {
    guard let object = value.objectValue else {
      throw BenchmarkError(
        .invalidArgument, "\(place): an object with \"role\" and \"content\" was expected, not \(value.typeName)")
    }
    for key in ["tool_calls", "tool_responses", "tool_call_id", "reasoning", "reasoning_content"]
    where object[key] != nil {
      throw BenchmarkError(.unsupported, "\(place): \"\(key)\" is not supported; a message is a role and a text")
    }
    try NearestName.checkKeys(of: object, known: ["role", "content"], in: place)
    guard let role = object["role"]?.stringValue, !role.isEmpty else {
      throw BenchmarkError(.invalidArgument, "\(place): \"role\" must be a text such as \"user\"")
    }
    switch object["content"] {
    case .string(let text): return ChatMessage(role: role, text)
    case .array(let elements):
      var parts: [String] = []
      for (index, element) in elements.enumerated() { parts.append(try part(element, "\(place).content[\(index)]")) }
      return ChatMessage(role: role, content: .parts(parts))
    case let other:
      throw BenchmarkError(
        .invalidArgument,
        "\(place): \"content\" must be a text or a list of parts, not \(other?.typeName ?? "absent")")
    }
  }

  private static func part(_ value: JSONValue, _ place: String) throws(BenchmarkError) -> String {
    guard let object = value.objectValue, let type = object["type"]?.stringValue else {
      throw BenchmarkError(
        .invalidArgument, "\(place): a part such as {\"type\": \"text\", \"text\": ...} was expected")
    }
    if type != "text" {
      throw BenchmarkError(.unsupported, "\(place): a part of type \"\(type)\" is not supported; only text is")
    }
    try NearestName.checkKeys(of: object, known: ["type", "text"], in: place)
    guard let text = object["text"]?.stringValue else {
      throw BenchmarkError(.invalidArgument, "\(place): \"text\" must be a text")
    }
    return text
  }
}

/// Templates for checkpoints that bring none, by their family: written here, and held to the published ones by the goldens
/// in Tests/Goldens/chat.
enum StandardTemplates {
  /// Gemma 1 and 2: no system message.
  static let gemma = """
    {{ bos_token }}
    {%- if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}
    {%- for message in messages %}
        {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
            {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
        {%- endif %}
        {{- '<start_of_turn>' ~ ('model' if message['role'] == 'assistant' else message['role']) ~ '\\n' }}
        {{- message['content'] | trim ~ '<end_of_turn>\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
    """

  /// Gemma 3 and 3n: the system message stands in front of the first turn's text.
  static let gemma3 = """
    {{ bos_token }}
    {%- set prefix = '' %}
    {%- set turns = messages %}
    {%- if messages[0]['role'] == 'system' %}
        {%- set content = messages[0]['content'] %}
        {%- set prefix = (content if content is string else content[0]['text']) ~ '\\n\\n' %}
        {%- set turns = messages[1:] %}
    {%- endif %}
    {%- for message in turns %}
        {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
            {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
        {%- endif %}
        {{- '<start_of_turn>' ~ ('model' if message['role'] == 'assistant' else message['role']) ~ '\\n' }}
        {{- prefix if loop.first else '' }}
        {%- if message['content'] is string %}
            {{- message['content'] | trim }}
        {%- else %}
            {%- for part in message['content'] %}{{ part['text'] | trim }}{% endfor %}
        {%- endif %}
        {{- '<end_of_turn>\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
    """

  /// Gemma 4: turns of assistants that follow one another are one turn, earlier thoughts are left out, and without thinking
  /// the larger models close an empty thought.
  static let gemma4 = """
    {%- macro plain(text) %}{% for part in text.split('<channel|>') %}{{ part.split('<|channel>')[0] }}{% endfor %}{% endmacro %}
    {{- bos_token }}
    {%- set turns = messages %}
    {%- set has_system = messages[0]['role'] in ['system', 'developer'] %}
    {%- if enable_thinking or has_system %}
        {{- '<|turn>system\\n' ~ ('<|think|>\\n' if enable_thinking else '') }}
        {%- if has_system %}
            {%- set turns = messages[1:] %}
            {%- if messages[0]['content'] is string %}
                {{- messages[0]['content'] | trim }}
            {%- else %}
                {%- for part in messages[0]['content'] %}{{ part['text'] | trim ~ ' ' }}{% endfor %}
            {%- endif %}
        {%- endif %}
        {{- '<turn|>\\n' }}
    {%- endif %}
    {%- for message in turns %}
        {%- if message['role'] == 'tool' %}{{ raise_exception('tool messages need the template of the checkpoint') }}{% endif %}
        {%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
        {%- if not (role == 'model' and loop.previtem is defined and loop.previtem['role'] == 'assistant') %}
            {{- '<|turn>' ~ role ~ '\\n' }}
        {%- endif %}
        {%- for part in ([{'text': message['content']}] if message['content'] is string else message['content']) %}
            {{- (plain(part['text']) if role == 'model' else part['text']) | trim }}
        {%- endfor %}
        {%- if role == 'model' and loop.nextitem is defined and loop.nextitem['role'] == 'assistant' %}
            {{- '\\n' }}
        {%- else %}
            {{- '<turn|>\\n' }}
        {%- endif %}
    {%- endfor %}
    {%- if add_generation_prompt %}
        {{- '<|turn>model\\n' }}
        {%- if not enable_thinking %}{{ '<|channel>thought\\n<channel|>' }}{% endif %}
    {%- endif %}
    """

  /// Gemma 4's E-series: no thought is closed.
  static let gemma4ESeries = ByteText.split(
    gemma4, by: "{%- if not enable_thinking %}{{ '<|channel>thought\\n<channel|>' }}{% endif %}"
  ).joined()

  /// The template of a model type, its name, and the markers of its turns; nil for no Gemma's.
  static func known(modelType: String, isESeries: Bool) -> (name: String, text: String, markers: [String])? {
    switch modelType {
    case "gemma", "gemma2": return ("gemma", gemma, ["<start_of_turn>", "<end_of_turn>"])
    case let type where type.hasPrefix("gemma3"): return ("gemma3", gemma3, ["<start_of_turn>", "<end_of_turn>"])
    case let type where type.hasPrefix("gemma4"):
      return ("gemma4", isESeries ? gemma4ESeries : gemma4, ["<|turn>", "<turn|>"])
    default: return nil
    }
  }
}

"""Makes the tokenizer of the chat-tuned model: the others' with Gemma 4's markers of turns and thoughts behind it.

    python scripts/pocket/build_chat_tokenizer.py

Writes tokenizer.model, tokenizer.json, tokenizer_config.json and chat_template.jinja into `tokenizer-it`, and checks
that the two forms agree.
"""

import json
import sys
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer

import build_tokenizer
from generate import read_problems

FOLDER = Path(__file__).resolve().parent / "tokenizer-it"
# In Gemma 4 too, a decoder leaves out the markers of turns, and shows those of thoughts.
HIDDEN_MARKERS, SHOWN_MARKERS = ["<|think|>", "<|turn>", "<turn|>"], ["<|channel>", "<channel|>"]
MARKERS = HIDDEN_MARKERS + SHOWN_MARKERS
VOCABULARY_SIZE = build_tokenizer.VOCABULARY_SIZE + len(MARKERS)
THINKING = "<|channel>thought\n{}\n<channel|>"

CHAT_TEMPLATE = """\
{%- macro plain(text) %}{% for part in text.split('<channel|>') %}{{ part.split('<|channel>')[0] }}{% endfor %}{% endmacro %}
{{- bos_token }}
{%- set has_system = messages[0]['role'] == 'system' %}
{%- if enable_thinking or has_system %}
    {{- '<|turn>system\\n' ~ ('<|think|>\\n' if enable_thinking else '') }}
    {{- (messages[0]['content'] | trim if has_system else '') ~ '<turn|>\\n' }}
{%- endif %}
{%- set turns = messages[1:] if has_system else messages %}
{%- for message in turns %}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] %}
    {{- '<|turn>' ~ role ~ '\\n' }}
    {{- (plain(message['content']) if role == 'model' else message['content']) | trim ~ '<turn|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|turn>model\\n' ~ ('' if enable_thinking else '<|channel>thought\\n<channel|>') }}
{%- endif %}
"""


def write_sentencepiece():
    """Writes tokenizer.model: the markers are pieces of their own at the end."""
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((build_tokenizer.FOLDER / "tokenizer.model").read_bytes())
    for marker in MARKERS:
        model.pieces.add(piece=marker, score=0.0, type=model.SentencePiece.USER_DEFINED)
    model.trainer_spec.vocab_size = VOCABULARY_SIZE
    model.trainer_spec.user_defined_symbols.extend(MARKERS)
    (FOLDER / "tokenizer.model").write_bytes(model.SerializeToString(deterministic=True))


def write_fast_tokenizer():
    """Writes tokenizer.json, tokenizer_config.json and chat_template.jinja."""
    tokenizer = Tokenizer.from_file(str(build_tokenizer.FOLDER / "tokenizer.json"))
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in HIDDEN_MARKERS])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in SHOWN_MARKERS])
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    configuration = json.loads((build_tokenizer.FOLDER / "tokenizer_config.json").read_text(encoding="utf-8"))
    del configuration["chat_template"]
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(configuration, indent=2) + "\n", encoding="utf-8")
    (FOLDER / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


def check():
    """The texts on which the two forms differ, of every test problem as a conversation."""
    slow = sentencepiece.SentencePieceProcessor(str(FOLDER / "tokenizer.model"))
    fast = AutoTokenizer.from_pretrained(FOLDER)
    texts = [fast.apply_chat_template([{"role": "user", "content": problem.question}], tokenize=False,
                                      add_generation_prompt=True, enable_thinking=thinks).removeprefix("<bos>")
             for problem in read_problems("test") for thinks in (False, True)]
    return [text for text in texts
            if slow.encode(text) != fast(text, add_special_tokens=False).input_ids
            or fast.decode(slow.encode(text)) != text]


def main():
    """Writes and checks."""
    FOLDER.mkdir(exist_ok=True)
    write_sentencepiece()
    write_fast_tokenizer()
    different = check()
    if different:
        sys.exit(f"tokenizer.model and tokenizer.json differ on {len(different)} texts, first {different[0]!r}")


if __name__ == "__main__":
    main()

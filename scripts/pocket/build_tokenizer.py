"""Trains the tokenizer: SentencePiece BPE in Gemma's manner, written as tokenizer.model and as tokenizer.json.

    python scripts/pocket/build_tokenizer.py

Like Gemma's: no dummy prefix, spaces become "▁" and are all kept, digits are split, unknown characters fall back to
bytes, line breaks are pieces of their own, and <pad>, <eos>, <bos>, <unk> are 0 to 3.
"""

import json
import random
import sys
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors
from transformers import AutoTokenizer

from generate import read_items, read_problems
from multiple_choice import SUBJECTS, draw_item
from prompts import choice_header, choice_prompt, problem_prompt, problem_prompts
from word_problems import draw_problem

FOLDER = Path(__file__).resolve().parent / "tokenizer"
VOCABULARY_SIZE = 1280
CONTROLS = ["<pad>", "<eos>", "<bos>", "<unk>"]
TURN_MARKERS = ["<start_of_turn>", "<end_of_turn>"]
LINE_BREAKS = ["\n", "\n\n", "\n\n\n"]
SEED = 7


def sentences():
    """Text for the tokenizer, a paragraph an entry: fresh items and problems, none taken from a split."""
    generator = random.Random(SEED)
    for _ in range(400):
        for subject in SUBJECTS:
            item = draw_item(subject, generator)
            yield choice_prompt(item, [item])[len(choice_header(subject)):]
            if generator.random() < 0.1:
                yield choice_header(subject)
        for _ in range(4):
            problem = draw_problem(generator, largest=None)
            yield problem_prompt(problem, [problem])
    for marker_text in ("user", "model"):
        yield from [marker_text] * 20


def train_sentencepiece():
    """Trains and writes tokenizer.model."""
    lines = [line for text in sentences() for line in text.split("\n") if line]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(FOLDER / "tokenizer"), model_type="bpe",
        vocab_size=VOCABULARY_SIZE, hard_vocab_limit=True, byte_fallback=True, split_digits=True,
        add_dummy_prefix=False, remove_extra_whitespaces=False, normalization_rule_name="identity",
        character_coverage=1.0, num_threads=1, input_sentence_size=0, minloglevel=1,
        pad_id=0, eos_id=1, bos_id=2, unk_id=3,
        pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>", unk_piece="<unk>",
        user_defined_symbols=TURN_MARKERS + LINE_BREAKS)
    (FOLDER / "tokenizer.vocab").unlink()


def read_pieces():
    """The pieces of tokenizer.model in the order of their ids."""
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((FOLDER / "tokenizer.model").read_bytes())
    return list(model.pieces)


def merges(pieces):
    """The merge list that makes ranked BPE agree with the scores: every split of a piece, best piece first."""
    normal = {piece.piece: piece.score for piece in pieces if piece.type == piece.NORMAL}
    ids = {piece.piece: index for index, piece in enumerate(pieces)}
    result = []
    for piece in sorted(normal, key=lambda name: -normal[name]):
        splits = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        splits = [pair for pair in splits if pair[0] in normal and pair[1] in normal]
        result += sorted(splits, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    return result


def write_fast_tokenizer():
    """Writes tokenizer.json and tokenizer_config.json from tokenizer.model."""
    pieces = read_pieces()
    vocabulary = {piece.piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges(pieces), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in CONTROLS + TURN_MARKERS])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in LINE_BREAKS])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", vocabulary["<bos>"])])
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "add_eos_token": False,
        "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>",
        "extra_special_tokens": {}, "clean_up_tokenization_spaces": False, "model_max_length": 1024,
        "chat_template": "{{ bos_token }}{% for message in messages %}{{ '<start_of_turn>' + ('model' if "
                         "message['role'] == 'assistant' else message['role']) + '\\n' + message['content'] | trim + "
                         "'<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}"
                         "{{ '<start_of_turn>model\\n' }}{% endif %}",
    }
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(configuration, indent=2) + "\n", encoding="utf-8")


def check():
    """Compares both forms on every test prompt and some odd text; returns the texts on which they differ."""
    slow = sentencepiece.SentencePieceProcessor(str(FOLDER / "tokenizer.model"))
    fast = AutoTokenizer.from_pretrained(FOLDER)
    texts = [choice_prompt(item, read_items(subject, "dev")) for subject in SUBJECTS
             for item in read_items(subject, "test")]
    texts += problem_prompts(read_problems("test"), read_problems("train"))
    texts += ["  two leading spaces", "tab\tand \n\n\n\n breaks", "wörld 漢字 007", "<start_of_turn>user\nHi<end_of_turn>"]
    return [text for text in texts
            if [slow.bos_id(), *slow.encode(text)] != fast(text).input_ids
            or fast.decode(fast(text, add_special_tokens=False).input_ids) != text]


def main():
    """Trains and converts, then checks that both forms agree."""
    FOLDER.mkdir(exist_ok=True)
    train_sentencepiece()
    write_fast_tokenizer()
    different = check()
    if different:
        sys.exit(f"tokenizer.model and tokenizer.json differ on {len(different)} texts, first {different[0]!r}")


if __name__ == "__main__":
    main()

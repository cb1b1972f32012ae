#!/usr/bin/env python3
"""Makes Tests/Goldens/tokenizers: a tiny tokenizer in both formats, and what other libraries make of seeded strings.

    pip install tokenizers sentencepiece
    python tools/goldens/make_tokenizer_goldens.py [--gemma PATH/tokenizer.json]

The tiny tokenizer is trained on text that this script makes. Expected tokens come from sentencepiece for
tokenizer.model and from tokenizers for tokenizer.json. With --gemma, tokens of the real Gemma 4 tokenizer.json are
written too. Everything is seeded: with the versions named in the README the files come out the same.
"""
import argparse
import json
import os
import pathlib
import random
import re
import tempfile

import sentencepiece
import tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "Tests" / "Goldens" / "tokenizers"
MARK = "\u2581"
CONTROLS = ["<pad>", "<eos>", "<bos>", "<unk>"]
USER_DEFINED = (
    ["<mask>", "<unused0>", "<unused1>", "<start_of_turn>", "<end_of_turn>", "<table>", "</table>"]
    + ["\n" * count for count in range(2, 6)]
    + [MARK * count for count in range(2, 6)]
    + ["\t\t"]
)
TURN_MARKERS = ["<start_of_turn>", "<end_of_turn>"]

WORDS = (
    "the of and a to in is it you that he was for on are with as his they be at one have this from or had by hot but "
    "some what there we can out other were all your when up use word how said an each she which do their time if will "
    "way about many then them would write like so these her long make thing see him two has look more day could go "
    "come did my sound no most number who over know water than call first people may down side been now find any new "
    "work part take get place made live where after back little only round man year came show every good me give our "
    "under name very through just form much great think say help low line before turn cause same mean differ move "
    "right boy old too does tell sentence set three want air well also play small end put home read hand port large "
    "spell add even land here must big high such follow act why ask men change went light kind off need house "
    "tokens model benchmark score accuracy Straße café naïve déjà œuvre Привет мир как дела спасибо "
    "Καλημέρα κόσμε שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดี 你好 世界 語言 模型 日本語 かな カナ 안녕 세계"
).split()
EMOJI = ["😀", "👩‍👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "❤️", "🇩🇪", "🧑🏿‍🚀", "1️⃣"]


def training_text(generator):
    lines = []
    for _ in range(3000):
        words = [generator.choice(WORDS) for _ in range(generator.randint(3, 12))]
        if generator.random() < 0.3:
            words.append(str(generator.randint(0, 99999)))
        if generator.random() < 0.1:
            words.insert(0, generator.choice(EMOJI))
        lines.append(" ".join(words).capitalize() + generator.choice([".", "!", "?", ",", ";"]))
    return lines


def train(folder):
    generator = random.Random(20240621)
    with tempfile.TemporaryDirectory() as scratch:
        # The model records the names it was given: relative ones, so that it comes out the same each time.
        home = os.getcwd()
        os.chdir(scratch)
        pathlib.Path("text.txt").write_text("\n".join(training_text(generator)), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input="text.txt", model_prefix="tokenizer", model_type="bpe", vocab_size=900,
            character_coverage=0.99, byte_fallback=True, split_digits=True, add_dummy_prefix=False,
            remove_extra_whitespaces=False, normalization_rule_name="identity", allow_whitespace_only_pieces=True,
            user_defined_symbols=USER_DEFINED, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>",
            eos_piece="<eos>", bos_piece="<bos>", unk_piece="<unk>", num_threads=1, minloglevel=2)
        data = pathlib.Path("tokenizer.model").read_bytes()
        os.chdir(home)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(data)
    return sentencepiece.SentencePieceProcessor(model_proto=data)


def converted(processor):
    """The tokenizer.json of a SentencePiece model, in the shape of Gemma's."""
    vocabulary = {processor.id_to_piece(index): index for index in range(processor.get_piece_size())}
    merges = []
    for piece, index in vocabulary.items():
        if processor.is_control(index) or processor.is_unknown(index) or processor.is_byte(index):
            continue
        splits = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        splits = [pair for pair in splits if pair[0] in vocabulary and pair[1] in vocabulary]
        splits.sort(key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
        merges += [(processor.get_score(index), pair) for pair in splits]
    merges.sort(key=lambda merge: -merge[0])
    added = [
        {"id": vocabulary[content], "content": content, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": content in CONTROLS or content in TURN_MARKERS}
        for content in sorted(CONTROLS + USER_DEFINED, key=vocabulary.get)
    ]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": MARK},
        "pre_tokenizer": {
            "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": vocabulary, "merges": [list(pair) for _, pair in merges]},
    }


def any_character(generator):
    while True:
        plane = generator.choice([0, 0, 0, 1, 2, 3, 14, 15, 16])
        code = plane << 16 | generator.randrange(0x10000)
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def pieces_of(generator, specials):
    """One random stretch of text of one kind."""
    kind = generator.randrange(12)
    count = generator.randint(1, 8)
    if kind <= 2:
        return " ".join(generator.choice(WORDS) for _ in range(count))
    if kind == 3:
        return "".join(any_character(generator) for _ in range(count))
    if kind == 4:
        return "".join(generator.choice("aeiouxn") + chr(generator.randrange(0x300, 0x370)) for _ in range(count))
    if kind == 5:
        return "".join(chr(generator.choice([*range(0x20), 0x7F, *range(0x80, 0xA0)])) for _ in range(count))
    if kind == 6:
        return generator.choice([" ", "\n", "\t", "\r\n", "\u00a0", "\u3000", MARK]) * generator.randint(1, 9)
    if kind == 7:
        return "".join(generator.choice(EMOJI) for _ in range(count))
    if kind == 8:
        return "".join(generator.choice("0123456789.,-+%") for _ in range(count))
    if kind == 9:
        text = generator.choice(specials)
        return text if generator.random() < 0.8 else text[:generator.randint(1, len(text))]
    if kind == 10:
        return "".join(chr(generator.randrange(0x4E00, 0x9FFF)) for _ in range(count))
    return "".join(generator.choice("<>|/_=[]{}()#$&*~^\\\"'`@") for _ in range(count))


def seeded_strings(seed, count, specials):
    generator = random.Random(seed)
    strings = ["", " ", "  ", "a", "\0", "\ufeff", "\ufffd", "e\u0301", "\u00e9", MARK, "a" + MARK + "b", "<0x41>",
               "<bos>", "<bos><bos>hi", " <bos> ", "<unk>", "a" * 300, " " * 70, "\n" * 70, "ab" * 150, "😀" * 40]
    while len(strings) < count:
        strings.append("".join(pieces_of(generator, specials) for _ in range(generator.randint(1, 6))))
    strings.append(" ".join(generator.choice(WORDS) for _ in range(900)))
    return strings


def sentencepiece_tokens(processor, text):
    """sentencepiece's tokens, with control pieces in the text recognised as transformers does."""
    tokens = []
    for part in re.split("(" + "|".join(map(re.escape, CONTROLS)) + ")", text):
        if part in CONTROLS:
            tokens.append(processor.piece_to_id(part))
        elif part:
            tokens += processor.encode(part)
    return tokens


def sentencepiece_text(processor, tokens):
    hidden = {processor.piece_to_id(text) for text in CONTROLS + TURN_MARKERS}
    return processor.decode([token for token in tokens if token not in hidden])


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines), encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(lines)} lines, {path.stat().st_size} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gemma", help="the real Gemma 4 tokenizer.json")
    arguments = parser.parse_args()
    print("sentencepiece", sentencepiece.__version__, "tokenizers", tokenizers.__version__)

    tiny = GOLDENS / "tiny"
    processor = train(tiny)
    (tiny / "tokenizer.json").write_text(
        json.dumps(converted(processor), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    fast = tokenizers.Tokenizer.from_file(str(tiny / "tokenizer.json"))
    cases = []
    for text in seeded_strings(1, 500, CONTROLS + USER_DEFINED):
        model = sentencepiece_tokens(processor, text)
        fast_tokens = fast.encode(text, add_special_tokens=False).ids
        case = {"text": text, "model": model, "json": fast_tokens if fast_tokens != model else None,
                "model_text": sentencepiece_text(processor, model), "json_text": fast.decode(fast_tokens)}
        for key in ["model_text", "json_text"]:
            if case[key] == text:
                case[key] = None
        cases.append({key: value for key, value in case.items() if value is not None})
    write_lines(tiny / "cases.jsonl", cases)

    generator = random.Random(2)
    decodings = []
    for _ in range(200):
        tokens = [generator.randrange(processor.get_piece_size()) for _ in range(generator.randint(1, 8))]
        if generator.random() < 0.5:  # runs of byte tokens, most of them no UTF-8
            tokens += [processor.piece_to_id(f"<0x{generator.randrange(256):02X}>")
                       for _ in range(generator.randint(1, 6))] + [tokens[0]]
        decodings.append({"tokens": tokens, "model": sentencepiece_text(processor, tokens), "json": fast.decode(tokens)})
    write_lines(tiny / "decodings.jsonl", decodings)

    if arguments.gemma:
        real = tokenizers.Tokenizer.from_file(arguments.gemma)
        specials = [token.content for token in real.get_added_tokens_decoder().values()]
        cases = []
        for text in seeded_strings(3, 400, specials):
            tokens = real.encode(text, add_special_tokens=False).ids
            shown = real.decode(tokens)
            cases.append({"text": text, "json": tokens} | ({} if shown == text else {"json_text": shown}))
        write_lines(GOLDENS / "gemma4" / "cases.jsonl", cases)


if __name__ == "__main__":
    main()

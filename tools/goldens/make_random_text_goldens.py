#!/usr/bin/env python3
"""Makes Tests/Goldens/tokenizers/random.json: what other libraries make of 10,000 random texts, as a hash a hundred.

    pip install tokenizers sentencepiece
    python tools/goldens/make_random_text_goldens.py [--gemma PATH/tokenizer.json]

random_texts.py makes the texts. A hash is the first 16 hexadecimal digits of the SHA-256 of the texts of a block, each
followed by a byte 0xFF; of its tokens as 32-bit little-endian numbers, each text's followed by -1; or of what decoding
them shows, like the texts.
"""
import argparse
import hashlib
import json

import sentencepiece
import tokenizers

import random_texts
from make_tokenizer_goldens import GOLDENS, ROOT, TURN_MARKERS, CONTROLS, sentencepiece_text, sentencepiece_tokens

POCKET = ROOT / "scripts" / "pocket" / "tokenizer"


def digest(parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def blocks(items):
    return [items[start:start + random_texts.BLOCK] for start in range(0, len(items), random_texts.BLOCK)]


def text_hashes(texts):
    return [digest([text.encode() + b"\xff" for text in block]) for block in blocks(texts)]


def token_hashes(tokens):
    return [digest([b"".join(token.to_bytes(4, "little", signed=True) for token in [*line, -1]) for line in block])
            for block in blocks(tokens)]


def hashes(tokens, shown):
    return {"tokens": token_hashes(tokens), "decoded": text_hashes(shown)}


def of_model(path, texts):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    tokens = [sentencepiece_tokens(processor, text) for text in texts]
    return hashes(tokens, [sentencepiece_text(processor, line) for line in tokens])


def of_json(path, texts):
    fast = tokenizers.Tokenizer.from_file(str(path))
    tokens = [fast.encode(text, add_special_tokens=False).ids for text in texts]
    return hashes(tokens, [fast.decode(line) for line in tokens])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gemma", help="the real Gemma 4 tokenizer.json")
    arguments = parser.parse_args()
    texts = [random_texts.text(index) for index in range(random_texts.COUNT)]
    output = GOLDENS / "random.json"
    golden = {
        "texts": text_hashes(texts),
        "tiny.model": of_model(GOLDENS / "tiny" / "tokenizer.model", texts),
        "tiny.json": of_json(GOLDENS / "tiny" / "tokenizer.json", texts),
        "pocket.model": of_model(POCKET / "tokenizer.model", texts),
        "pocket.json": of_json(POCKET / "tokenizer.json", texts),
    }
    if arguments.gemma:
        golden["gemma4.json"] = of_json(arguments.gemma, texts)
    output.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{output.relative_to(ROOT)}: {len(texts)} texts, {output.stat().st_size} bytes;"
          f" sentencepiece {sentencepiece.__version__}, tokenizers {tokenizers.__version__}")


if __name__ == "__main__":
    main()

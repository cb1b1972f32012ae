#!/usr/bin/env python3
"""Makes Tests/Goldens/tokenizers/tiny/*.gguf, the tiny vocabulary in both kinds of GGUF, and llama.cpp's tokens of random texts.

    pip install gguf llama-cpp-python sentencepiece
    python tools/goldens/make_gguf_vocabulary_goldens.py [--gemma PATH/ggml-vocab-gemma-4.gguf]

The files are written as llama.cpp's convert_hf_to_gguf.py writes them: in the SentencePiece kind special tokens are
control tokens and the spaces of user-defined ones are spaces. Hashes go into random-gguf.json, made as those of
random.json; of the tiny files, whose texts mostly fall back to bytes, none is made where llama.cpp and sentencepiece
differ: the script prints how often they do.
"""
import argparse
import ctypes
import json

import gguf
import llama_cpp
import sentencepiece

import random_texts
from make_random_text_goldens import token_hashes
from make_tokenizer_goldens import CONTROLS, GOLDENS, MARK, TURN_MARKERS, USER_DEFINED, sentencepiece_tokens

TINY = GOLDENS / "tiny"


def writer(path, model):
    made = gguf.GGUFWriter(str(path), "gemma")
    made.add_tokenizer_model(model)
    made.add_bos_token_id(2)
    made.add_eos_token_id(1)
    made.add_pad_token_id(0)
    made.add_unk_token_id(3)
    made.add_add_space_prefix(False)
    made.add_add_bos_token(True)
    return made


def finish(made):
    made.write_header_to_file()
    made.write_kv_data_to_file()
    made.close()


def token_type(processor, index):
    piece = processor.id_to_piece(index)
    if piece in CONTROLS + TURN_MARKERS:
        return gguf.TokenType.CONTROL
    if processor.is_byte(index):
        return gguf.TokenType.BYTE
    return gguf.TokenType.USER_DEFINED if piece in USER_DEFINED else gguf.TokenType.NORMAL


def write_sentencepiece_kind(processor):
    made = writer(TINY / "sentencepiece.gguf", "llama")
    types = [token_type(processor, index) for index in range(len(processor))]
    tokens = [processor.id_to_piece(index) for index in range(len(processor))]
    tokens = [token.replace(MARK, " ") if kind == gguf.TokenType.USER_DEFINED else token
              for token, kind in zip(tokens, types)]
    # Converters fill up to the embedding's size.
    padding = [f"[PAD{index}]" for index in range(len(tokens), len(tokens) + 4)]
    made.add_token_list(tokens + padding)
    made.add_token_scores([processor.get_score(index) for index in range(len(processor))] + [-1000.0] * len(padding))
    made.add_token_types(types + [gguf.TokenType.UNUSED] * len(padding))
    finish(made)


def write_merges_kind():
    document = json.loads((TINY / "tokenizer.json").read_text())
    vocabulary = document["model"]["vocab"]
    special = {token["content"]: token["special"] for token in document["added_tokens"]}
    tokens = sorted(vocabulary, key=vocabulary.get)
    made = writer(TINY / "merges.gguf", "gemma4")
    made.add_token_list(tokens)
    made.add_token_scores([-1000.0] * len(tokens))
    made.add_token_types([
        gguf.TokenType.BYTE if len(token) == 6 and token.startswith("<0x") else gguf.TokenType.NORMAL
        if token not in special else gguf.TokenType.CONTROL if special[token] else gguf.TokenType.USER_DEFINED
        for token in tokens])
    made.add_token_merges([" ".join(merge) for merge in document["model"]["merges"]])
    made.add_chat_template("{{ messages }}")
    finish(made)


class Llama:
    """llama.cpp's tokenizer of a file."""

    def __init__(self, path):
        self.log = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self.log, ctypes.c_void_p())
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)

    def encode(self, text):
        data = text.encode()
        tokens = (llama_cpp.llama_token * (len(data) + 16))()
        count = llama_cpp.llama_tokenize(self.vocabulary, data, len(data), tokens, len(tokens), False, True)
        return list(tokens[:count])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gemma", help="the real vocabulary of Gemma 4")
    arguments = parser.parse_args()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(TINY / "tokenizer.model"))
    write_sentencepiece_kind(processor)
    write_merges_kind()
    texts = [random_texts.text(index) for index in range(random_texts.COUNT)]

    llama = Llama(TINY / "sentencepiece.gguf")
    for name, chosen in [("all", texts), ("without the mark of spaces", [text for text in texts if MARK not in text])]:
        other = [text for text in chosen if llama.encode(text) != sentencepiece_tokens(processor, text)]
        print(f"sentencepiece.gguf, {name}: llama.cpp and sentencepiece differ in {len(other)} of {len(chosen)}")
        if name != "all":
            for text in other[:5]:
                print(" ", ascii(text)[:200])
    golden = {}
    if arguments.gemma:
        llama = Llama(arguments.gemma)
        golden["gemma4.gguf"] = token_hashes([llama.encode(text) for text in texts])
    (GOLDENS / "random-gguf.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print("gguf", gguf.__version__ if hasattr(gguf, "__version__") else "", "llama_cpp", llama_cpp.__version__)


if __name__ == "__main__":
    main()

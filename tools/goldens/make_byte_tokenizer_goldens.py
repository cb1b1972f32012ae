#!/usr/bin/env python3
"""Makes Tests/Goldens/tokenizers/bytes: small vocabularies of bytes in the manner of Llama 3 and Qwen, and what tokenizers
makes of 10,000 random texts with them.

    pip install tokenizers
    python tools/goldens/make_byte_tokenizer_goldens.py [--real NAME=PATH/tokenizer.json ...] [--gguf NAME=PATH.gguf ...]

Stages and special tokens are those of the families' own files; the merges are learnt from this project's documents. Hashes are
those of make_random_text_goldens.py. Real files, which are not shipped, get hashes of their own under their names. GGUF files
are such as `gemmabench quantize` makes of a model with one of the vocabularies: of them llama.cpp's tokens are compared, by
xllamacpp, and the script says how many differ.
"""
import argparse
import json
import unicodedata

import tokenizers
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, processors, trainers

import random_texts
from make_random_text_goldens import GOLDENS, ROOT, hashes, text_hashes

FOLDER = GOLDENS / "bytes"
SIZE = 700
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
           r"|\s+(?!\S)|\s+")
FAMILIES = {
    "llama3": dict(
        pattern=PATTERN.replace("DIGITS", r"\p{N}{1,3}"), composes=False, ignores_merges=True,
        special=["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
        other=[], config={"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}),
    "qwen2": dict(
        pattern=PATTERN.replace("DIGITS", r"\p{N}"), composes=True, ignores_merges=False,
        special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"], other=["<think>", "</think>"],
        config={"add_bos_token": False, "bos_token": None, "eos_token": "<|im_end|>"}),
}


def make(name, family):
    made = tokenizers.Tokenizer(models.BPE(ignore_merges=family["ignores_merges"]))
    if family["composes"]:
        made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(family["pattern"]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.decoder = decoders.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
                                  show_progress=False)
    texts = [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))]
    made.train_from_iterator(texts + [" ".join(random_texts.WORDS)] * 20, trainer)
    document = json.loads(made.to_str())
    if family["ignores_merges"]:
        # Tokens that no merge makes, of which the real vocabulary has some hundred.
        for text in ["Ġbenchmarks", "Question", "12", "Ġ,Ċ"]:
            document["model"]["vocab"].setdefault(text, len(document["model"]["vocab"]))
    first = len(document["model"]["vocab"])
    document["added_tokens"] = [
        dict(id=first + index, content=text, single_word=False, lstrip=False, rstrip=False, normalized=False,
             special=text in family["special"]) for index, text in enumerate(family["special"] + family["other"])]
    template = [{"Sequence": {"id": "A", "type_id": 0}}]
    bos = family["config"]["bos_token"]
    if bos:
        template.insert(0, {"SpecialToken": {"id": bos, "type_id": 0}})
        document["post_processor"] = {"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True},
            {"type": "TemplateProcessing", "single": template, "pair": template,
             "special_tokens": {bos: {"id": bos, "ids": [first], "tokens": [bos]}}}]}
    else:
        document["post_processor"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False,
                                      "use_regex": False}
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(family["config"]) + "\n")
    return folder / "tokenizer.json"


def of_json(path, texts):
    made = tokenizers.Tokenizer.from_file(str(path))
    tokens = [made.encode(text, add_special_tokens=False).ids for text in texts]
    return {**hashes(tokens, [made.decode(line) for line in tokens]),
            "begins": made.encode("Hello").ids}


def compare(name, path, texts):
    """llama.cpp's tokens with those of tokenizers; it does not compose characters, so texts that are not composed are left out."""
    import llama_library
    made = tokenizers.Tokenizer.from_file(str(FOLDER / name / "tokenizer.json"))
    model = llama_library.Model(path)
    if FAMILIES[name]["composes"]:
        texts = [text for text in texts if unicodedata.is_normalized("NFC", text)]
    other = sum(model.encode(text) != made.encode(text, add_special_tokens=False).ids for text in texts)
    print(f"{name}: llama.cpp and tokenizers differ in {other} of {len(texts)} texts")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", nargs="*", default=[], help="NAME=PATH of real files")
    parser.add_argument("--gguf", nargs="*", default=[], help="NAME=PATH of files to compare only; writes nothing")
    arguments = parser.parse_args()
    texts = [random_texts.text(index) for index in range(random_texts.COUNT)]
    for entry in arguments.gguf:
        compare(*entry.split("=", 1), texts)
    if arguments.gguf:
        return
    golden = {"texts": text_hashes(texts)}
    for name, family in FAMILIES.items():
        golden[name] = of_json(make(name, family), texts)
    for entry in arguments.real:
        name, path = entry.split("=", 1)
        golden[name] = of_json(path, texts)
    (FOLDER / "random.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"tokenizers {tokenizers.__version__}, {sum(f.stat().st_size for f in FOLDER.rglob('*.*'))} bytes")


if __name__ == "__main__":
    main()

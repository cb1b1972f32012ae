#!/usr/bin/env python3
"""Times the tokenizer against pip tokenizers and sentencepiece: the same texts, in turn in one run, one thread each.

    pip install numpy safetensors tokenizers sentencepiece
    PYTHONPATH=bindings/python GEMMABENCH_LIBRARY=.build-dist/release/libgemmabench.so \
        python tools/bench/bench_tokenizer.py PATH/tokenizer.json --text PATH/gsm8k/train.jsonl

Every side gives a Python list of ids. A SentencePiece model of 32,000 pieces in Gemma's manner is trained on the text first,
since Google's are not public. Figures are the least of the rounds; the machine may be at work with other things, so the
ratios are what counts. Without --quick each text is also checked: the ids must be equal.
"""
import argparse
import json
import os
import pathlib
import shutil
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import numpy
import safetensors.numpy
import sentencepiece
import tokenizers

import gemmabench

MARK = "\u2581"


def write_checkpoint(folder, vocabulary_size):
    """A model of one tiny layer, since the library loads a tokenizer with its model."""
    hidden = 16
    config = {
        "model_type": "gemma3_text", "architectures": ["Gemma3ForCausalLM"], "vocab_size": vocabulary_size,
        "hidden_size": hidden, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1,
        "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 64, "rms_norm_eps": 1e-6,
        "query_pre_attn_scalar": 16, "rope_theta": 1e6, "rope_local_base_freq": 1e4, "sliding_window": 32,
        "sliding_window_pattern": 6, "hidden_activation": "gelu_pytorch_tanh", "bos_token_id": 2, "eos_token_id": 1,
        "attention_bias": False, "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(config))
    square = numpy.zeros((16, 16), numpy.float16)
    tensors = {"model.embed_tokens.weight": numpy.zeros((vocabulary_size, hidden), numpy.float16),
               "model.norm.weight": numpy.zeros(hidden, numpy.float16)}
    layer = "model.layers.0."
    for name in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj",
                 "mlp.up_proj", "mlp.down_proj"]:
        tensors[f"{layer}{name}.weight"] = square
    for name in ["self_attn.q_norm", "self_attn.k_norm", "input_layernorm", "post_attention_layernorm",
                 "pre_feedforward_layernorm", "post_feedforward_layernorm"]:
        tensors[f"{layer}{name}.weight"] = numpy.zeros(hidden, numpy.float16)
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")


def train(folder, text):
    lines = [line for line in text.split("\n") if line]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(folder / "tokenizer"), model_type="bpe", vocab_size=32000,
        hard_vocab_limit=False, byte_fallback=True, split_digits=True, add_dummy_prefix=False,
        remove_extra_whitespaces=False, normalization_rule_name="identity", allow_whitespace_only_pieces=True,
        user_defined_symbols=["<start_of_turn>", "<end_of_turn>"] + ["\n" * n for n in range(1, 16)]
        + [MARK * n for n in range(2, 16)], pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>",
        eos_piece="<eos>", bos_piece="<bos>", unk_piece="<unk>", num_threads=1, minloglevel=2)


def best(rounds, sides, run):
    """The least seconds of each side, the sides in turn."""
    least = [float("inf")] * len(sides)
    for _ in range(rounds):
        for index, side in enumerate(sides):
            start = time.perf_counter()
            run(side)
            least[index] = min(least[index], time.perf_counter() - start)
    return least


def compare(name, text, ours, theirs, arguments, separately=False):
    """Times texts on two sides and prints a line."""
    texts = [line for line in text.split("\n") if line] if separately else [text]
    mine, peer = best(arguments.rounds, [ours, theirs], lambda side: [side(part) for part in texts])
    if not arguments.quick:
        for part in texts:
            assert ours(part) == theirs(part), f"{name}: other tokens in {part[:60]!r}"
    size = sum(len(part.encode()) for part in texts) / 1e6
    print(f"| {name} | {size:.2f} | {size / mine:.1f} | {size / peer:.1f} | {peer / mine:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", help="the real tokenizer.json")
    parser.add_argument("--text", required=True, help="a large text file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="do not compare the ids")
    arguments = parser.parse_args()
    text = pathlib.Path(arguments.text).read_text()
    samples = [("the text, whole", text, False), ("the text, line by line", text, True),
               ("one letter", "a" * 1_000_000, False), ("spaces", " " * 1_000_000, False),
               ("line breaks", "\n" * 1_000_000, False), ("no spaces", text[:1_000_000].replace(" ", ""), False),
               ("Chinese", "今天天气很好我们去公园散步吧" * 10_000, False), ("emoji", "👩‍👩‍👧‍👦😀" * 10_000, False)]
    with tempfile.TemporaryDirectory() as scratch:
        folders = [pathlib.Path(scratch) / name for name in ["json", "model"]]
        for folder in folders:
            folder.mkdir()
        shutil.copy(arguments.tokenizer, folders[0] / "tokenizer.json")
        write_checkpoint(folders[0], 262_144)
        train(folders[1], text)
        processor = sentencepiece.SentencePieceProcessor(model_file=str(folders[1] / "tokenizer.model"))
        write_checkpoint(folders[1], processor.get_piece_size())

        loads = best(arguments.rounds, [0, 1], lambda side: (
            gemmabench.load_model(folders[0]).close() if side == 0 else tokenizers.Tokenizer.from_file(arguments.tokenizer)))
        print(f"loading the tokenizer.json: {loads[0]:.2f} s (with its tiny model), tokenizers {loads[1]:.2f} s\n")
        heading = "| text | MB | gemmabench, MB/s | {}, MB/s | ratio |\n|---|---:|---:|---:|---:|"

        fast = tokenizers.Tokenizer.from_file(arguments.tokenizer)
        with gemmabench.load_model(folders[0]) as model:
            print(heading.format(f"tokenizers {tokenizers.__version__}"))
            for name, sample, separately in samples:
                compare(name, sample, model.tokenize, lambda part: fast.encode(part, add_special_tokens=False).ids,
                        arguments, separately)
        print()
        with gemmabench.load_model(folders[1]) as model:
            print(heading.format(f"sentencepiece {sentencepiece.__version__}"))
            for name, sample, separately in samples:
                compare(name, sample, model.tokenize, processor.encode, arguments, separately)


if __name__ == "__main__":
    main()

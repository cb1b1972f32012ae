#!/usr/bin/env python3
"""Reads files of llama.cpp's own converter: the log-probabilities must be those of the folder they were made from.

    python3 -m pip install numpy torch transformers gguf==0.19.0 safetensors sentencepiece llama-cpp-python==0.3.36
    GEMMABENCH_LIBRARY=... PYTHONPATH=bindings/python python3 tools/check/check_converted_files.py \\
        LLAMA_CPP/convert_hf_to_gguf.py PREFIX/bin/gemmabench

For each generation a small random model is written as a folder and converted to F32, BF16 and Q8_0. F32 files must give the
same bits as the folder, and hold the tensors that `gemmabench quantize --type f32` writes; of the others the greatest
difference is shown.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gemmabench
import numpy
from gguf import GGUFReader

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import make_gguf_goldens as goldens  # noqa: E402

CLASSES = {"gemma": "GemmaForCausalLM", "gemma2": "Gemma2ForCausalLM", "gemma3_text": "Gemma3ForCausalLM",
           "gemma3n_text": "Gemma3nForCausalLM", "gemma4_text": "Gemma4ForCausalLM"}
# The converter states no period of Gemma 3's layers: it is six.
CHANGES = {"gemma3": {"num_hidden_layers": 6, "layer_types": ["sliding_attention"] * 5 + ["full_attention"]}}


def configuration(name):
    config = {**goldens.configuration(name), **CHANGES.get(name, {})}
    # llama.cpp wants a row of the embedding for each token, no more.
    size = config["vocab_size"] - 3
    config.update({key: size for key in ("vocab_size", "vocab_size_per_layer_input") if key in config})
    return {**config, "architectures": [CLASSES[config["model_type"]]]}


def scores(path):
    with gemmabench.load_model(str(path)) as model:
        return numpy.array(model.score(goldens.TOKENS[:2], goldens.TOKENS[2:]))


def tensors(path):
    return {tensor.name: tensor.data for tensor in GGUFReader(path).tensors}


def main():
    converter, command = sys.argv[1:3]
    for name in sys.argv[3:] or goldens.MODELS:
        config = configuration(name)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / name
            folder.mkdir()
            goldens.write_checkpoint(folder, config, goldens.shapes({**config}))
            (folder / "config.json").write_text(json.dumps(config))
            expected = scores(folder)
            shown = []
            for kind in ("f32", "bf16", "q8_0"):
                path = Path(scratch) / f"{kind}.gguf"
                subprocess.run([sys.executable, converter, folder, "--outtype", kind, "--outfile", path], check=True,
                               capture_output=True)
                distance = float(numpy.abs(scores(path) - expected).max())
                assert kind != "f32" or distance == 0, (name, distance)
                shown.append(f"{kind} {distance:.2g}")
            ours = Path(scratch) / "ours.gguf"
            subprocess.run([command, "quantize", folder, ours, "--type", "f32", "--quiet"], check=True, capture_output=True)
            theirs, ours = tensors(Path(scratch) / "f32.gguf"), tensors(ours)
            assert theirs.keys() == ours.keys(), (name, theirs.keys() ^ ours.keys())
            assert all(numpy.array_equal(theirs[key], ours[key]) for key in theirs), name
            print(f"{name}: {', '.join(shown)}; {len(theirs)} tensors are the same")


if __name__ == "__main__":
    main()

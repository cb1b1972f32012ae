#!/usr/bin/env python3
"""Makes Tests/Goldens/gguf: logits of llama.cpp on files that `gemmabench quantize` writes of small random models.

    python3 -m pip install numpy torch transformers gguf==0.19.0 llama-cpp-python==0.3.36
    make build && python3 tools/goldens/make_gguf_goldens.py .build/debug/gemmabench-cli [NAME...]

Without llama-cpp-python, which has no wheel for some systems, xllamacpp will do (llama_library.py).

The weights come from a generator that the tests repeat; kept are configurations, shapes, the files' hashes and logits.
"""

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from transformers import AutoConfig, AutoModelForCausalLM

try:
    import llama_cpp
except ImportError:
    llama_cpp = None
    import llama_library

TESTS = Path(__file__).resolve().parents[2] / "Tests"
OUT = TESTS / "Goldens" / "gguf"
TOKENIZER = TESTS / "Goldens" / "tokenizers" / "tiny"
BYTES = TESTS / "Goldens" / "tokenizers" / "bytes"
TYPES = ["f32", "q8_0", "q4_0", "q4_k"]
TOKENS = [2, 40, 7, 90, 61, 33, 104, 5, 77, 12, 88, 21, 56, 19, 101, 64]

COMMON = {"vocab_size": 0, "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 2, "rms_norm_eps": 1e-6,
          "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 64, "max_position_embeddings": 512,
          "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "tie_word_embeddings": True,
          "hidden_activation": "gelu_pytorch_tanh"}
GEMMA4 = {"model_type": "gemma4_text", "num_hidden_layers": 3, "sliding_window": 8, "global_head_dim": 128,
          "layer_types": ["sliding_attention", "sliding_attention", "full_attention"], "num_kv_shared_layers": 0,
          "hidden_size_per_layer_input": 0, "final_logit_softcapping": 30.0,
          "rope_parameters": {"full_attention": {"rope_type": "proportional", "rope_theta": 1000000.0,
                                                 "partial_rotary_factor": 0.25},
                              "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}}
PLAIN = {"hidden_act": "silu", "num_attention_heads": 4, "num_key_value_heads": 2, "rope_theta": 500000.0}
# Those whose vocabulary is one of bytes.
BYTE_MODELS = {"llama3", "qwen2", "qwen3"}
MODELS = {
    "gemma": {"model_type": "gemma"},
    "gemma2": {"model_type": "gemma2", "sliding_window": 8, "query_pre_attn_scalar": 64,
               "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
               "layer_types": ["sliding_attention", "full_attention"]},
    "gemma3": {"model_type": "gemma3_text", "sliding_window": 8, "query_pre_attn_scalar": 64, "num_hidden_layers": 3,
               "layer_types": ["sliding_attention", "sliding_attention", "full_attention"], "rope_theta": 1000000.0,
               "rope_local_base_freq": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}},
    # llama.cpp fixes the size of layers' inputs, the ranks, the sparsity and the layers that share.
    "gemma3n": {"model_type": "gemma3n_text", "sliding_window": 8, "num_hidden_layers": 3, "hidden_size": 64,
                "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
                "hidden_size_per_layer_input": 256, "altup_num_inputs": 4, "altup_active_idx": 0, "laurel_rank": 64,
                "altup_correct_scale": True, "num_kv_shared_layers": 0, "activation_sparsity_pattern": [0.95] * 3,
                "final_logit_softcapping": 30.0, "intermediate_size": 128, "rope_theta": 1000000.0,
                "rope_local_base_freq": 10000.0},
    "gemma4-dense": {**GEMMA4, "attention_k_eq_v": True, "num_global_key_value_heads": 1},
    "gemma4-elastic": {**GEMMA4, "num_hidden_layers": 4, "hidden_size_per_layer_input": 32, "num_kv_shared_layers": 2,
                       "use_double_wide_mlp": True, "layer_types": ["sliding_attention", "full_attention"] * 2},
    "gemma4-experts": {**GEMMA4, "enable_moe_block": True, "num_experts": 4, "top_k_experts": 2,
                       "moe_intermediate_size": 64},
    "llama3": {**PLAIN, "model_type": "llama", "tie_word_embeddings": False,
               "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                "original_max_position_embeddings": 64}},
    "qwen2": {**PLAIN, "model_type": "qwen2"},
    "qwen3": {**PLAIN, "model_type": "qwen3", "tie_word_embeddings": False, "head_dim": 96},
}


def tokenizer_folder(name):
    return BYTES / ("llama3" if name == "llama3" else "qwen2") if name in BYTE_MODELS else TOKENIZER


def configuration(name):
    vocabulary = json.loads((tokenizer_folder(name) / "tokenizer.json").read_text())
    size = 1 + max([token["id"] for token in vocabulary["added_tokens"]] + list(vocabulary["model"]["vocab"].values()))
    config = {**COMMON, "vocab_size": size + 3, **MODELS[name]}
    if "hidden_size_per_layer_input" in config:
        config["vocab_size_per_layer_input"] = config["vocab_size"]
    return config


def shapes(config):
    """Names and shapes of the checkpoint's tensors, as transformers has them."""
    config = {**config}
    made = AutoConfig.for_model(config.pop("model_type"), **config)
    with torch.device("meta"):
        state = AutoModelForCausalLM.from_config(made).state_dict()
    return {name: list(tensor.shape) for name, tensor in state.items()
            if (name != "lm_head.weight" or not made.tie_word_embeddings)
            and not name.endswith("rotary_emb.inv_freq") and "embed_scale" not in name}


def numbers(seed, count):
    """Numbers from -1 to below 1, exact in float32: Knuth's linear congruential generator, 24 bits of each state."""
    values = numpy.empty(count, dtype=numpy.float32)
    state = seed
    for index in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        values[index] = ((state >> 40) - 8388608) / 8388608
    return values


def tensor(name, shape, index, config):
    values = numbers(index + 1, int(numpy.prod(shape)))
    stores_gain = config["model_type"].startswith(("gemma3n", "gemma4", "llama", "qwen"))
    if name.endswith(("norm.weight", "norm_1.weight", "norm_2.weight", "scale", "layer_scalar", "altup.router_norm.weight")):
        return values / 8 + (1 if stores_gain else 0)
    return values / 8


def write_checkpoint(folder, config, names, tokenizer):
    header, data = {}, b""
    for index, (name, shape) in enumerate(names.items()):
        content = tensor(name, shape, index, config).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    (folder / "config.json").write_text(json.dumps(config))
    for file in ("tokenizer.json", "tokenizer.model", "tokenizer_config.json"):
        if (tokenizer / file).exists():
            shutil.copy(tokenizer / file, folder / file)


def logits(path):
    """Logits of the last two positions, keys and values in float32."""
    if llama_cpp is None:
        model = llama_library.Model(path)
        rows = model.logits(TOKENS)
        model.close()
        return [[float(f"{x:.6g}") for x in row] for row in rows]
    model = llama_cpp.Llama(str(path), n_ctx=64, n_batch=64, n_threads=2, logits_all=True, verbose=False, type_k=0,
                            type_v=0, flash_attn=False)
    model.eval(TOKENS)
    return [[float(f"{x:.6g}") for x in row] for row in model.scores[len(TOKENS) - 2:len(TOKENS)]]


def reference(config, names):
    """The same logits by transformers in float32."""
    config_of = {**config}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(config_of.pop("model_type"), **config_of)).float()
    state = {name: torch.tensor(tensor(name, shape, index, config).reshape(shape))
             for index, (name, shape) in enumerate(names.items())}
    missing = model.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys and all("lm_head" in key for key in missing.missing_keys), missing
    model.tie_weights()
    with torch.no_grad():
        rows = model.eval()(torch.tensor([TOKENS])).logits[0, -2:]
    return [[float(f"{x:.7g}") for x in row] for row in rows]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        config = configuration(name)
        names = shapes(config)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "model"  # its name stands in the file
            folder.mkdir()
            write_checkpoint(folder, config, names, tokenizer_folder(name))
            result = {"config": config, "tokens": TOKENS, "tensors": [[key, shape] for key, shape in names.items()],
                      "transformers": reference(config, names), "files": {}}
            for kind in TYPES:
                path = Path(scratch) / f"{kind}.gguf"
                subprocess.run([sys.argv[1], "quantize", str(folder), str(path), "--type", kind, "--quiet"], check=True,
                               env={**os.environ, "GEMMABENCH_MEMORY_CHECK": "off"})
                result["files"][kind] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "logits": logits(path)}
        (OUT / f"{name}.json").write_text(json.dumps(result) + "\n")
        print(name, (OUT / f"{name}.json").stat().st_size)


if __name__ == "__main__":
    main()

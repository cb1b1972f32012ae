#!/usr/bin/env python3
"""Writes a checkpoint of a released model's shape with random weights: for speed, memory and plumbing, not for sense.

    python tools/models/make_random_checkpoint.py gemma-3-1b /tmp/gemma-3-1b --tokenizer tokenizer.json
"""

import argparse
import json
import pathlib
import shutil

import numpy

GEMMA3 = dict(
    architectures=["Gemma3ForCausalLM"], model_type="gemma3_text", vocab_size=262144, head_dim=256,
    hidden_activation="gelu_pytorch_tanh", max_position_embeddings=32768, rms_norm_eps=1e-6, attention_bias=False,
    query_pre_attn_scalar=256, rope_theta=1000000, rope_local_base_freq=10000, sliding_window=512,
    sliding_window_pattern=6, attn_logit_softcapping=None, final_logit_softcapping=None, bos_token_id=2,
    eos_token_id=[1, 106], pad_token_id=0, torch_dtype="bfloat16")
GEMMA2 = dict(
    architectures=["Gemma2ForCausalLM"], model_type="gemma2", vocab_size=256000, head_dim=256,
    hidden_activation="gelu_pytorch_tanh", max_position_embeddings=8192, rms_norm_eps=1e-6, attention_bias=False,
    query_pre_attn_scalar=256, rope_theta=10000.0, sliding_window=4096, attn_logit_softcapping=50.0,
    final_logit_softcapping=30.0, bos_token_id=2, eos_token_id=[1, 107], pad_token_id=0, torch_dtype="bfloat16")
GEMMA1 = dict(
    architectures=["GemmaForCausalLM"], model_type="gemma", vocab_size=256000, head_dim=256,
    hidden_act="gelu_pytorch_tanh", max_position_embeddings=8192, rms_norm_eps=1e-6, attention_bias=False,
    rope_theta=10000.0, bos_token_id=2, eos_token_id=1, pad_token_id=0, torch_dtype="bfloat16")


def shape(base, hidden, inner, layers, heads, groups, **others):
    return dict(base, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
                num_attention_heads=heads, num_key_value_heads=groups, **others)


SHAPES = {
    "gemma-3-270m": shape(GEMMA3, 640, 2048, 18, 4, 1),
    "gemma-3-1b": shape(GEMMA3, 1152, 6912, 26, 4, 1),
    "gemma-3-4b": shape(GEMMA3, 2560, 10240, 34, 8, 4, sliding_window=1024, max_position_embeddings=131072,
                        rope_scaling={"rope_type": "linear", "factor": 8.0}),
    "gemma-2-2b": shape(GEMMA2, 2304, 9216, 26, 8, 4),
    "gemma-2b": shape(GEMMA1, 2048, 16384, 18, 8, 1),
}


def tensors(config):
    """Names, shapes and the spread of random values, in the order of the file."""
    hidden, inner, size = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * size, config["num_key_value_heads"] * size
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden), 0.03
    for index in range(config["num_hidden_layers"]):
        name = f"model.layers.{index}."
        yield name + "input_layernorm.weight", (hidden,), 0.1
        yield name + "mlp.down_proj.weight", (hidden, inner), inner**-0.5
        yield name + "mlp.gate_proj.weight", (inner, hidden), hidden**-0.5
        yield name + "mlp.up_proj.weight", (inner, hidden), hidden**-0.5
        yield name + "post_attention_layernorm.weight", (hidden,), 0.1
        if config["model_type"] != "gemma":
            yield name + "post_feedforward_layernorm.weight", (hidden,), 0.1
            yield name + "pre_feedforward_layernorm.weight", (hidden,), 0.1
        if config["model_type"] == "gemma3_text":
            yield name + "self_attn.k_norm.weight", (size,), 0.1
            yield name + "self_attn.q_norm.weight", (size,), 0.1
        yield name + "self_attn.k_proj.weight", (keys, hidden), hidden**-0.5
        yield name + "self_attn.o_proj.weight", (hidden, queries), queries**-0.5
        yield name + "self_attn.q_proj.weight", (queries, hidden), hidden**-0.5
        yield name + "self_attn.v_proj.weight", (keys, hidden), hidden**-0.5
    yield "model.norm.weight", (hidden,), 0.1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, help="a tokenizer.json to copy")
    parser.add_argument("--layers", type=int, help="fewer layers than the model has")
    parser.add_argument("--vocabulary", type=int, help="another number of tokens, where the tokenizer has more")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    config = dict(SHAPES[arguments.shape])
    if arguments.layers:
        config["num_hidden_layers"] = arguments.layers
    if arguments.vocabulary:
        config["vocab_size"] = arguments.vocabulary
    arguments.folder.mkdir(parents=True, exist_ok=True)
    (arguments.folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if arguments.tokenizer:
        shutil.copyfile(arguments.tokenizer, arguments.folder / "tokenizer.json")

    header, position = {"__metadata__": {"format": "pt"}}, 0
    for name, extents, _ in tensors(config):
        end = position + 2 * int(numpy.prod(extents))
        header[name] = dict(dtype="BF16", shape=list(extents), data_offsets=[position, end])
        position = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = numpy.random.default_rng(arguments.seed)
    with open(arguments.folder / "model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, extents, spread in tensors(config):
            count, step = int(numpy.prod(extents)), 1 << 22
            for start in range(0, count, step):
                values = generator.standard_normal(min(step, count - start), dtype=numpy.float32) * numpy.float32(spread)
                file.write((values.view(numpy.uint32) >> 16).astype("<u2").tobytes())
    print(f"{arguments.folder}: {position / 1e9:.2f} GB of weights")


if __name__ == "__main__":
    main()

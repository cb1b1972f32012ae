#!/usr/bin/env python3
"""Writes Tests/Goldens/models/published.json: the shape of every released Gemma and of some others, and how many parameters it has.

    pip install -r tools/goldens/requirements.txt && python tools/models/make_published_configurations.py

The fields are those of the released config.json files that bear on the text model, as the public sources named in
Tests/Goldens/models/README.md quote them. The counts are those of transformers' models on its `meta` device, which holds
shapes and no numbers: the parameters of the text model, a tied output matrix once, and Gemma 4's factors of layers.
"""

import json
import pathlib

import torch
import transformers

GEMMA1 = dict(model_type="gemma", vocab_size=256000, head_dim=256, hidden_act="gelu", max_position_embeddings=8192,
              rms_norm_eps=1e-6, rope_theta=10000.0, bos_token_id=2, eos_token_id=1)
GEMMA2 = dict(model_type="gemma2", vocab_size=256000, head_dim=256, hidden_activation="gelu_pytorch_tanh",
              max_position_embeddings=8192, rms_norm_eps=1e-6, rope_theta=10000.0, sliding_window=4096,
              attn_logit_softcapping=50.0, final_logit_softcapping=30.0, bos_token_id=2, eos_token_id=1)
GEMMA3_TEXT = dict(model_type="gemma3_text", vocab_size=262144, head_dim=256, hidden_activation="gelu_pytorch_tanh",
                   max_position_embeddings=32768, rms_norm_eps=1e-6, query_pre_attn_scalar=256, rope_theta=1000000,
                   rope_local_base_freq=10000, sliding_window=512, attn_logit_softcapping=None,
                   final_logit_softcapping=None, bos_token_id=2, eos_token_id=[1, 106])
GEMMA3N = dict(model_type="gemma3n_text", vocab_size=262400, hidden_size=2048, num_attention_heads=8,
               num_key_value_heads=2, head_dim=256, hidden_activation="gelu_pytorch_tanh",
               max_position_embeddings=32768, rms_norm_eps=1e-6, sliding_window=512, final_logit_softcapping=30.0,
               rope_theta=1000000.0, rope_local_base_freq=10000.0, vocab_size_per_layer_input=262144,
               hidden_size_per_layer_input=256, altup_active_idx=0, altup_coef_clip=120.0, altup_correct_scale=True,
               altup_num_inputs=4, laurel_rank=64)
GEMMA4 = dict(model_type="gemma4_text", vocab_size=262144, vocab_size_per_layer_input=262144, head_dim=256,
              global_head_dim=512, hidden_activation="gelu_pytorch_tanh", rms_norm_eps=1e-6,
              final_logit_softcapping=30.0, tie_word_embeddings=True, bos_token_id=2,
              rope_parameters={
                  "full_attention": {"partial_rotary_factor": 0.25, "rope_theta": 1000000.0,
                                     "rope_type": "proportional"},
                  "sliding_attention": {"rope_theta": 10000.0, "rope_type": "default"}})
E_SERIES = dict(GEMMA4, hidden_size_per_layer_input=256, attention_k_eq_v=False, enable_moe_block=False,
                sliding_window=512, max_position_embeddings=131072)
LARGE = dict(GEMMA4, hidden_size_per_layer_input=0, attention_k_eq_v=True, num_kv_shared_layers=0,
             use_double_wide_mlp=False, sliding_window=1024, max_position_embeddings=262144)


def text(base, hidden, inner, layers, heads, groups, **others):
    return dict(base, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
                num_attention_heads=heads, num_key_value_heads=groups, **others)


def periods(layers, period):
    return [("full" if (index + 1) % period == 0 else "sliding") + "_attention" for index in range(layers)]


def outer(model_type, config):
    return dict(model_type=model_type, eos_token_id=[1, 106], text_config=config)


def gemma3(hidden, inner, layers, heads, groups, **others):
    """The sparse text_config of the multimodal releases leans on the defaults of its class."""
    sparse = dict(model_type="gemma3_text", hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
                  rope_scaling={"factor": 8.0, "rope_type": "linear"}, sliding_window=1024)
    if (heads, groups) != (8, 4):
        sparse.update(num_attention_heads=heads, num_key_value_heads=groups)
    return outer("gemma3", dict(sparse, **others))


def gemma3n(inner, layers, shared):
    return outer("gemma3n", dict(
        GEMMA3N, intermediate_size=[inner] * layers, num_hidden_layers=layers, num_kv_shared_layers=shared,
        layer_types=periods(layers, 5), activation_sparsity_pattern=[0.95] * 10 + [0.0] * (layers - 10)))


LLAMA = dict(model_type="llama", vocab_size=128256, hidden_act="silu", max_position_embeddings=131072, rms_norm_eps=1e-5,
             num_attention_heads=32, num_key_value_heads=8, rope_theta=500000.0, bos_token_id=128000,
             eos_token_id=[128001, 128008, 128009])
QWEN = dict(hidden_act="silu", max_position_embeddings=32768, rms_norm_eps=1e-6, rope_theta=1000000.0,
            use_sliding_window=False, bos_token_id=151643, eos_token_id=151645)


def llama3(factor):
    return {"factor": factor, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192, "rope_type": "llama3"}


PUBLISHED = {
    "gemma-2b": text(GEMMA1, 2048, 16384, 18, 8, 1),
    "gemma-7b": text(GEMMA1, 3072, 24576, 28, 16, 16),
    "gemma-2-2b": text(GEMMA2, 2304, 9216, 26, 8, 4, query_pre_attn_scalar=256),
    "gemma-2-9b": text(GEMMA2, 3584, 14336, 42, 16, 8, query_pre_attn_scalar=256),
    "gemma-2-27b": text(dict(GEMMA2, head_dim=128), 4608, 36864, 46, 32, 16, query_pre_attn_scalar=144),
    "gemma-3-270m": text(GEMMA3_TEXT, 640, 2048, 18, 4, 1),
    "gemma-3-1b": text(GEMMA3_TEXT, 1152, 6912, 26, 4, 1, sliding_window_pattern=6),
    "gemma-3-4b": gemma3(2560, 10240, 34, 8, 4),
    "gemma-3-12b": gemma3(3840, 15360, 48, 16, 8),
    "gemma-3-27b": gemma3(5376, 21504, 62, 32, 16, head_dim=128, query_pre_attn_scalar=168),
    "gemma-3n-E2B": gemma3n(8192, 30, 10),
    "gemma-3n-E4B": gemma3n(16384, 35, 15),
    "gemma-4-E2B": outer("gemma4", text(E_SERIES, 1536, 6144, 35, 8, 1, num_kv_shared_layers=20,
                                        use_double_wide_mlp=True, layer_types=periods(35, 5))),
    "gemma-4-E4B": outer("gemma4", text(E_SERIES, 2560, 10240, 42, 8, 2, num_kv_shared_layers=18,
                                        use_double_wide_mlp=False, layer_types=periods(42, 6))),
    "gemma-4-12B": outer("gemma4_unified", dict(
        text(LARGE, 3840, 15360, 48, 16, 8, num_global_key_value_heads=1, layer_types=periods(48, 6)),
        model_type="gemma4_unified_text")),
    "gemma-4-26B-A4B": outer("gemma4", text(
        LARGE, 2816, 2112, 30, 16, 8, num_global_key_value_heads=2, enable_moe_block=True, num_experts=128,
        top_k_experts=8, moe_intermediate_size=704, layer_types=periods(30, 6))),
    "gemma-4-31B": outer("gemma4", text(LARGE, 5376, 21504, 60, 32, 16, num_global_key_value_heads=4,
                                        enable_moe_block=False, layer_types=periods(60, 6))),
    "llama-3.1-8B": dict(LLAMA, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, tie_word_embeddings=False,
                         rope_scaling=llama3(8.0)),
    "llama-3.2-1B": dict(LLAMA, hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, head_dim=64,
                         tie_word_embeddings=True, rope_scaling=llama3(32.0)),
    "qwen-2.5-0.5B": dict(QWEN, model_type="qwen2", vocab_size=151936, hidden_size=896, intermediate_size=4864,
                          num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2, tie_word_embeddings=True),
    "qwen-2.5-7B": dict(QWEN, model_type="qwen2", vocab_size=152064, hidden_size=3584, intermediate_size=18944,
                        num_hidden_layers=28, num_attention_heads=28, num_key_value_heads=4, tie_word_embeddings=False),
    "qwen-3-0.6B": dict(QWEN, model_type="qwen3", vocab_size=151936, hidden_size=1024, intermediate_size=3072,
                        num_hidden_layers=28, num_attention_heads=16, num_key_value_heads=8, head_dim=128,
                        tie_word_embeddings=True),
}


def parameters(config):
    """Numbers in the text model that transformers makes of a configuration."""
    fields = json.loads(json.dumps(config.get("text_config", config)))
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(**fields))
    model.tie_weights()
    tensors = {name: parameter for name, parameter in model.named_parameters()}  # a tied one stands once
    tensors.update({name: buffer for name, buffer in model.named_buffers() if name.endswith("layer_scalar")})
    return sum(tensor.numel() for tensor in tensors.values())


def main():
    path = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/models/published.json"
    published = {}
    for name, config in PUBLISHED.items():
        published[name] = dict(parameters=parameters(config), config=config)
        print(f"{name}: {published[name]['parameters']:,}")
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in published.items())
    path.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()

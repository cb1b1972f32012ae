#!/usr/bin/env python3
"""Makes the tiny checkpoints and golden outputs in Tests/Goldens/models; see the README there.

    pip install -r tools/goldens/requirements.txt && python tools/goldens/make_model_goldens.py
"""

import argparse
import json
import pathlib
import shutil

import torch
import transformers
from safetensors.torch import save_file

SEQUENCE_LENGTH = 44  # more than five windows of eight
GREEDY_TOKENS = 64
LONG_LENGTH = 300  # more than the 256 rows that go through the layers together
LONG_ROWS = 4


GEMMA3_OLD = dict(
    model_type="gemma3_text", architectures=["Gemma3ForCausalLM"], vocab_size=331, hidden_size=56,
    intermediate_size=75, num_hidden_layers=7, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
    hidden_activation="gelu_pytorch_tanh", max_position_embeddings=512, rms_norm_eps=1e-6, attention_bias=False,
    query_pre_attn_scalar=20, sliding_window=8, final_logit_softcapping=None, attn_logit_softcapping=None,
    bos_token_id=2, eos_token_id=[1, 106], pad_token_id=0)

GEMMA3N = dict(
    model_type="gemma3n_text", architectures=["Gemma3nForCausalLM"], vocab_size=331, hidden_size=48,
    num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
    hidden_activation="gelu_pytorch_tanh", max_position_embeddings=512, rms_norm_eps=1e-6, attention_bias=False,
    sliding_window=8, hidden_size_per_layer_input=10, laurel_rank=7, altup_num_inputs=4, altup_active_idx=0,
    final_logit_softcapping=30.0, rope_theta=1_000_000.0, rope_local_base_freq=10_000.0, rope_scaling=None,
    bos_token_id=2, eos_token_id=[1, 106], pad_token_id=0)
GEMMA4 = dict(
    model_type="gemma4_text", architectures=["Gemma4ForCausalLM"], vocab_size=331, hidden_size=44,
    intermediate_size=61, num_hidden_layers=6, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
    hidden_activation="gelu_pytorch_tanh", max_position_embeddings=512, rms_norm_eps=1e-6, attention_bias=False,
    sliding_window=8, layer_types=["sliding_attention", "sliding_attention", "full_attention"] * 2,
    bos_token_id=2, eos_token_id=[1, 106], pad_token_id=0)

PLAIN = dict(
    vocab_size=211, hidden_size=40, intermediate_size=59, num_attention_heads=4, num_key_value_heads=2,
    hidden_act="silu", max_position_embeddings=512, rms_norm_eps=1e-5, attention_dropout=0.0)

FIXTURES = {
    # Multi-query attention, the keys of the first release ("gelu" means the tanh approximation), one float32 file.
    "gemma1-float32": dict(
        dtype=torch.float32, shards=1,
        config=dict(
            model_type="gemma", architectures=["GemmaForCausalLM"], vocab_size=257, hidden_size=36,
            intermediate_size=83, num_hidden_layers=3, num_attention_heads=3, num_key_value_heads=1, head_dim=16,
            hidden_act="gelu", hidden_activation=None, max_position_embeddings=512, rms_norm_eps=1e-6,
            rope_theta=10000.0, rope_scaling=None, attention_bias=False, attention_dropout=0.0, bos_token_id=2,
            eos_token_id=1, pad_token_id=0)),
    # Grouped queries, both soft caps, odd sizes, two shards.
    "gemma2-bfloat16-sharded": dict(
        dtype=torch.bfloat16, shards=3,
        config=dict(
            model_type="gemma2", architectures=["Gemma2ForCausalLM"], vocab_size=307, hidden_size=44,
            intermediate_size=91, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, head_dim=18,
            hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", max_position_embeddings=512,
            rms_norm_eps=1e-6, rope_theta=10000.0, attention_bias=False, query_pre_attn_scalar=24,
            sliding_window=8, attn_logit_softcapping=5.0, final_logit_softcapping=7.0, bos_token_id=2,
            eos_token_id=1, pad_token_id=0)),
    # The keys of the first Gemma 3 release.
    "gemma3-bfloat16-old-keys": dict(
        dtype=torch.bfloat16, shards=1,
        config=dict(GEMMA3_OLD, rope_theta=1_000_000.0, rope_local_base_freq=10_000.0, sliding_window_pattern=3,
                    rope_scaling=None)),
    # The keys of transformers 5, with linear scaling in the global layers and an irregular plan of layers.
    "gemma3-float16-new-keys": dict(
        dtype=torch.float16, shards=1,
        config=dict(
            GEMMA3_OLD, num_hidden_layers=4, head_dim=20, num_key_value_heads=1,
            layer_types=["sliding_attention", "full_attention", "full_attention", "sliding_attention"],
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1_000_000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 5_000.0}})),
    # A language model inside a multimodal one, with the names and the sparse text_config of the 4B release.
    "gemma3-multimodal": dict(
        dtype=torch.bfloat16, shards=1,
        multimodal=dict(
            model_type="gemma3", architecture="Gemma3ForConditionalGeneration", rename=("", "language_model."),
            others=["vision_tower.vision_model.post_layernorm.weight", "multi_modal_projector.mm_soft_emb_norm.weight"],
            omit=("architectures", "bos_token_id", "eos_token_id", "pad_token_id", "attention_bias",
                  "hidden_activation", "rms_norm_eps", "final_logit_softcapping", "attn_logit_softcapping")),
        config=dict(
            GEMMA3_OLD, num_hidden_layers=6, sliding_window=8, rope_scaling={"rope_type": "linear", "factor": 8.0})),
    # Every feature of Gemma 3n: sparse layers, widths of their own, shared keys, tokens beyond the per-layer table.
    "gemma3n-bfloat16": dict(
        dtype=torch.bfloat16, shards=1,
        config=dict(
            GEMMA3N, intermediate_size=[75, 64, 75, 51, 64, 75],
            activation_sparsity_pattern=[0.95, 0.5, 0.0, 0.25, 0.0, 0.0], vocab_size_per_layer_input=300,
            num_kv_shared_layers=3, layer_types=["sliding_attention", "sliding_attention", "full_attention"] * 2)),
    # The same inside a multimodal model, with the tensors that shared layers carry and never use; another active stream.
    "gemma3n-multimodal": dict(
        dtype=torch.bfloat16, shards=2, unused_keys=(4, 5),
        multimodal=dict(
            model_type="gemma3n", architecture="Gemma3nForConditionalGeneration",
            rename=("model.", "model.language_model."),
            others=["model.vision_tower.timm_model.conv_stem.bn.weight", "model.audio_tower.conformer.0.norm.weight",
                    "model.embed_vision.soft_embedding_norm.weight", "model.embed_audio.soft_embedding_norm.weight"],
            omit=("architectures", "bos_token_id", "eos_token_id", "pad_token_id", "attention_bias")),
        config=dict(
            GEMMA3N, intermediate_size=75, altup_active_idx=1, altup_correct_scale=False, altup_num_inputs=3,
            vocab_size_per_layer_input=331, num_kv_shared_layers=2, activation_sparsity_pattern=[0.75] + [0.0] * 5,
            layer_types=["sliding_attention", "full_attention"] * 3)),
    # Gemma 4 as the 12B and 31B: larger heads and fewer key-value heads in global layers, keys that serve as values,
    # and the output matrix stored beside the embedding that it is tied to.
    "gemma4-dense-float16": dict(
        dtype=torch.float16, shards=1, stores_tied_head=True,
        config=dict(
            GEMMA4, attention_k_eq_v=True, num_global_key_value_heads=1, global_head_dim=24,
            hidden_size_per_layer_input=0, num_kv_shared_layers=0, final_logit_softcapping=9.0,
            rope_parameters={
                "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1_000_000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0}})),
    # Gemma 4 as the E2B: per-layer inputs, shared keys, double width where keys are shared, in a multimodal model.
    "gemma4-elastic-multimodal": dict(
        dtype=torch.bfloat16, shards=1, unused_keys=(3, 4, 5),
        multimodal=dict(
            model_type="gemma4", architecture="Gemma4ForConditionalGeneration",
            rename=("model.", "model.language_model."),
            others=["model.vision_tower.patch_embedder.input_proj.weight", "model.audio_tower.layers.0.norm_out.weight",
                    "model.embed_vision.embedding_projection.weight", "model.embed_audio.embedding_projection.weight"],
            omit=("architectures", "pad_token_id", "attention_bias")),
        config=dict(
            GEMMA4, global_head_dim=32, hidden_size_per_layer_input=10, vocab_size_per_layer_input=331,
            num_kv_shared_layers=3, use_double_wide_mlp=True, final_logit_softcapping=30.0)),
    # Gemma 4 as the 26B-A4B: experts beside the dense network; sizes of heads in the words of transformers 5.
    "gemma4-experts-bfloat16": dict(
        dtype=torch.bfloat16, shards=1,
        config=dict(
            GEMMA4, num_hidden_layers=3, layer_types=["sliding_attention", "full_attention", "full_attention"],
            attention_k_eq_v=True, hidden_size_per_layer_input=0, enable_moe_block=True, num_experts=7,
            top_k_experts=3, moe_intermediate_size=20, num_kv_shared_layers=0,
            per_layer_config={"1": {"head_dim": 24, "num_key_value_heads": 1},
                              "2": {"head_dim": 24, "num_key_value_heads": 1}})),
    # Gemma 4 of more than ten layers as save_pretrained writes it: "05" and "11" in per_layer_config.
    "gemma4-saved-deep": dict(
        dtype=torch.bfloat16, shards=1, saved=True, read_back=True,
        config=dict(
            GEMMA4, vocab_size=257, hidden_size=32, intermediate_size=40, num_hidden_layers=12, layer_types=None,
            attention_k_eq_v=True, num_global_key_value_heads=1, global_head_dim=24, hidden_size_per_layer_input=0,
            num_kv_shared_layers=0, final_logit_softcapping=9.0)),
    # What frameworks for training leave: "model." twice, buffers of rotary embeddings, and an output matrix of its own
    # although config.json says that it is tied. transformers reads the folder.
    "gemma3-untied-output": dict(
        dtype=torch.bfloat16, shards=1, read_back=True, own_output=True, prefix="model.",
        constants=["model.layers.0.self_attn.rotary_emb.inv_freq", "model.rotary_emb.inv_freq"],
        config=dict(GEMMA3_OLD, vocab_size=257, hidden_size=44, intermediate_size=60, num_hidden_layers=3,
                    layer_types=["sliding_attention", "sliding_attention", "full_attention"], rope_theta=1_000_000.0,
                    rope_local_base_freq=10_000.0, rope_scaling=None)),
    # Llama 3.1: an output matrix of its own, a rotary embedding whose pairs are fast, slow and between.
    "llama3-bfloat16-scaled": dict(
        dtype=torch.bfloat16, shards=2,
        config=dict(
            PLAIN, model_type="llama", architectures=["LlamaForCausalLM"], num_hidden_layers=3, head_dim=16,
            tie_word_embeddings=False, attention_bias=False, mlp_bias=False, pretraining_tp=1, rope_theta=500_000.0,
            rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                          "original_max_position_embeddings": 64},
            bos_token_id=2, eos_token_id=[1, 106])),
    # The other things a Llama may have: tied matrices, as many key-value heads as heads, biases in attention.
    "llama-float16-biased": dict(
        dtype=torch.float16, shards=1,
        config=dict(
            PLAIN, model_type="llama", architectures=["LlamaForCausalLM"], num_hidden_layers=2,
            num_key_value_heads=None, tie_word_embeddings=True, attention_bias=True, bos_token_id=2, eos_token_id=1)),
    # Qwen 2.5: biases of queries, keys and values, tied matrices, the keys of the releases.
    "qwen2-bfloat16": dict(
        dtype=torch.bfloat16, shards=1,
        config=dict(
            PLAIN, model_type="qwen2", architectures=["Qwen2ForCausalLM"], num_hidden_layers=3, rms_norm_eps=1e-6,
            tie_word_embeddings=True, rope_theta=1_000_000.0, use_sliding_window=False, sliding_window=8,
            max_window_layers=1, bos_token_id=3, eos_token_id=1)),
    # Qwen 3: norms of queries and keys, heads of a size of their own, the keys of transformers 5.
    "qwen3-float16": dict(
        dtype=torch.float16, shards=1,
        config=dict(
            PLAIN, model_type="qwen3", architectures=["Qwen3ForCausalLM"], num_hidden_layers=3, head_dim=18,
            rms_norm_eps=1e-6, tie_word_embeddings=False, attention_bias=False, use_sliding_window=False,
            sliding_window=None, max_window_layers=3, layer_types=["full_attention"] * 3,
            rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0}, bos_token_id=3, eos_token_id=1)),
}
# Types of configuration whose defaults are kept in defaults.json.
DEFAULT_TYPES = ["gemma", "gemma2", "gemma3_text", "gemma3n_text", "gemma4_text", "gemma4_unified_text", "llama", "qwen2",
                 "qwen3"]


def randomize(model, generator, less_one, unscaled):
    """Weights with enough spread that logits are not flat, and norms that are not one."""
    one = 0 if less_one else 1
    for name, parameter in [*model.named_parameters(), *layer_scalars(model)]:
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if name.endswith("model.norm.weight"):
            parameter.data = noise * 0.3 + 3 + one
        elif name.endswith(".bias"):
            parameter.data = noise * 0.3
        elif unscaled and name.endswith(("q_norm.weight", "k_norm.weight")):
            # These generations do not divide scores by sqrt(head size); trained gains do. With gains near one, softmax
            # would be so sharp that float32 itself is off by 3e-4.
            parameter.data = (noise * 0.3 + 1) * parameter.shape[0] ** -0.25
        elif name.endswith("layer_scalar"):
            parameter.data = noise * 0.2 + 0.8
        elif parameter.ndim == 1:
            parameter.data = noise * 0.3 + one
        elif "embed_tokens_per_layer" in name:
            parameter.data = noise * 0.3
        elif "embed_tokens" in name:  # small, or a token would mostly predict itself
            parameter.data = noise * 0.07
        else:
            parameter.data = noise * (1.5 / parameter.shape[-1] ** 0.5)


def layer_scalars(model):
    """Gemma 4's factors of layers, which transformers keeps as buffers."""
    return [(name, buffer) for name, buffer in model.named_buffers() if name.endswith("layer_scalar")]


def make(name, fixture, root):
    """Takes the first seed whose greedy text is varied and free of near-ties."""
    seed = 0
    while not make_seeded(name, fixture, root, seed):
        seed += 1


def make_seeded(name, fixture, root, seed):
    folder = root / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(seed)
    config = fixture["config"]
    text = transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))
    text._attn_implementation = "eager"  # the only one that caps attention scores
    model = transformers.AutoModelForCausalLM.from_config(text, dtype=torch.float32)
    randomize(model, generator, less_one=config["model_type"] in ("gemma", "gemma2", "gemma3_text"),
              unscaled=config["model_type"].startswith(("gemma3n", "gemma4")))
    model.tie_weights()
    # What is stored is what is computed with: round to the stored type, compute in float32.
    tensors = {}
    for key, parameter in [*model.named_parameters(), *layer_scalars(model)]:
        stored = parameter.data.to(fixture["dtype"])
        parameter.data.copy_(stored.float())
        tensors[key] = stored.contiguous().clone()
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    model.eval()
    parameters = sum(tensor.numel() for tensor in tensors.values())
    if fixture.get("stores_tied_head"):
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    if fixture.get("own_output"):
        tensors["lm_head.weight"] = torch.randn(
            (config["vocab_size"], config["hidden_size"]), generator=generator) * 0.07
    for index in fixture.get("unused_keys", ()):
        for part in ("k_proj", "v_proj", "k_norm"):
            tensors[f"model.layers.{index}.self_attn.{part}.weight"] = torch.zeros(3, dtype=fixture["dtype"])

    written = dict(config, torch_dtype=str(fixture["dtype"]).removeprefix("torch."))
    outer = fixture.get("multimodal")
    if outer:
        old, new = outer["rename"]
        tensors = {key.replace(old, new, 1) if old else new + key: value for key, value in tensors.items()}
        for key in outer["others"]:
            tensors[key] = torch.zeros(5, dtype=fixture["dtype"])
        for key in outer["omit"]:
            written.pop(key)
        written = dict(model_type=outer["model_type"], architectures=[outer["architecture"]], eos_token_id=[1, 106],
                       text_config=written, vision_config={"model_type": "siglip_vision_model"})
    prefix = fixture.get("prefix", "")
    tensors = {prefix + key: value for key, value in tensors.items()}
    for key in fixture.get("constants", ()):
        tensors[prefix + key] = torch.full((config["head_dim"] // 2,), 0.5)
    (folder / "config.json").write_text(json.dumps(written, indent=2) + "\n")
    names = sorted(tensors)
    if fixture.get("saved"):
        model.to(fixture["dtype"]).save_pretrained(folder)
    elif fixture["shards"] == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        count, placement = fixture["shards"], {}
        for shard in range(count):
            file = f"model-{shard + 1:05}-of-{count:05}.safetensors"
            part = {key: tensors[key] for key in names[shard::count]}
            save_file(part, folder / file, metadata={"format": "pt"})
            placement.update({key: file for key in part})
        total = sum(tensor.nbytes for tensor in tensors.values())
        index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(placement.items()))}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")

    if fixture.get("read_back"):
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()
        parameters = sum(value.numel() for _, value in [*model.named_parameters(), *layer_scalars(model)])
    tokens = torch.randint(3, config["vocab_size"], (1, SEQUENCE_LENGTH), generator=generator)
    tokens[0, 0] = 2
    with torch.no_grad():
        logits = model(tokens).logits[0].float()
        assert logits.isfinite().all()
        # Greedy without a cache: every step is a forward pass over the whole text.
        sequence, greedy, gaps = tokens, [], []
        for _ in range(GREEDY_TOKENS):
            last = model(sequence).logits[0, -1].float()
            top = last.topk(2)
            greedy.append(int(top.indices[0]))
            gaps.append(float(top.values[0] - top.values[1]))
            sequence = torch.cat([sequence, top.indices[:1].reshape(1, 1)], dim=1)
    if len(set(greedy)) < 20 or min(gaps) < 5e-3:
        return False
    logits.numpy().astype("<f4").tofile(folder / "logits.f32")
    long = torch.randint(3, config["vocab_size"], (1, LONG_LENGTH), generator=generator)
    long[0, 0] = 2
    with torch.no_grad():
        model(long).logits[0, -LONG_ROWS:].float().numpy().astype("<f4").tofile(folder / "long.f32")
    expected = dict(
        tokens=tokens[0].tolist(), long_tokens=long[0].tolist(), logits_shape=list(logits.shape), greedy=greedy, greedy_gaps=gaps,
        parameters=parameters,
        seed=seed, made_with=dict(torch=torch.__version__, transformers=transformers.__version__))
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    print(f"{name}: seed {seed}, logits std {logits.std():.3f}, distinct greedy {len(set(greedy))}, least gap {min(gaps):.2g}, "
          f"{sum(f.stat().st_size for f in folder.iterdir()) / 1024:.0f} KiB")
    return True


def write_defaults(root):
    """What the configuration classes say when nothing is said."""
    defaults = {name: transformers.AutoConfig.for_model(name).to_dict() for name in DEFAULT_TYPES}
    lines = [f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in defaults.items()]
    (root / "defaults.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    root = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/models"
    parser.add_argument("--output", type=pathlib.Path, default=root)
    parser.add_argument("--only", choices=FIXTURES, nargs="*", help="these alone")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if not arguments.only:
        write_defaults(arguments.output)
    for name, fixture in FIXTURES.items():
        if not arguments.only or name in arguments.only:
            make(name, fixture, arguments.output)


if __name__ == "__main__":
    main()

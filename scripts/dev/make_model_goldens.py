#!/usr/bin/env python3
"""Makes the tiny checkpoints and golden outputs in Tests/Goldens/models; see the README there.

    pip install -r scripts/dev/requirements.txt && python scripts/dev/make_model_goldens.py
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


GEMMA3_OLD = dict(
    model_type="gemma3_text", architectures=["Gemma3ForCausalLM"], vocab_size=331, hidden_size=56,
    intermediate_size=75, num_hidden_layers=7, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
    hidden_activation="gelu_pytorch_tanh", max_position_embeddings=512, rms_norm_eps=1e-6, attention_bias=False,
    query_pre_attn_scalar=20, sliding_window=8, final_logit_softcapping=None, attn_logit_softcapping=None,
    bos_token_id=2, eos_token_id=[1, 106], pad_token_id=0)

FIXTURES = {
    # Multi-query attention, the keys of the first release ("gelu" means the tanh approximation), one float32 file.
    "gemma1-float32": dict(
        dtype=torch.float32, shards=1,
        config=dict(
            model_type="gemma", architectures=["GemmaForCausalLM"], vocab_size=257, hidden_size=36,
            intermediate_size=83, num_hidden_layers=3, num_attention_heads=3, num_key_value_heads=1, head_dim=16,
            hidden_act="gelu", hidden_activation=None, max_position_embeddings=256, rms_norm_eps=1e-6,
            rope_theta=10000.0, rope_scaling=None, attention_bias=False, attention_dropout=0.0, bos_token_id=2,
            eos_token_id=1, pad_token_id=0)),
    # Grouped queries, both soft caps, odd sizes, two shards.
    "gemma2-bfloat16-sharded": dict(
        dtype=torch.bfloat16, shards=3,
        config=dict(
            model_type="gemma2", architectures=["Gemma2ForCausalLM"], vocab_size=307, hidden_size=44,
            intermediate_size=91, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, head_dim=18,
            hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh", max_position_embeddings=256,
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
        dtype=torch.bfloat16, shards=1, multimodal=True,
        config=dict(
            GEMMA3_OLD, num_hidden_layers=6, sliding_window=8, rope_scaling={"rope_type": "linear", "factor": 8.0})),
}


def randomize(model, generator):
    """Weights with enough spread that logits are not flat, and norms that are not one."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if name.endswith("model.norm.weight"):
            parameter.data = noise * 0.3 + 3
        elif parameter.ndim == 1:
            parameter.data = noise * 0.3
        elif "embed_tokens" in name:  # small, or a token would mostly predict itself
            parameter.data = noise * 0.07
        else:
            parameter.data = noise * (1.5 / parameter.shape[1] ** 0.5)


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
    randomize(model, generator)
    model.tie_weights()
    # What is stored is what is computed with: round to the stored type, compute in float32.
    tensors = {}
    for key, parameter in model.named_parameters():
        stored = parameter.data.to(fixture["dtype"])
        parameter.data.copy_(stored.float())
        tensors[key] = stored.contiguous().clone()
    tensors.pop("lm_head.weight", None)
    model.eval()

    written = dict(config, torch_dtype=str(fixture["dtype"]).removeprefix("torch."))
    if fixture.get("multimodal"):
        tensors = {f"language_model.{key}": value for key, value in tensors.items()}
        tensors["vision_tower.vision_model.post_layernorm.weight"] = torch.zeros(5, dtype=fixture["dtype"])
        tensors["multi_modal_projector.mm_soft_emb_norm.weight"] = torch.zeros(5, dtype=fixture["dtype"])
        for key in ("architectures", "bos_token_id", "eos_token_id", "pad_token_id", "attention_bias",
                    "hidden_activation", "rms_norm_eps", "final_logit_softcapping", "attn_logit_softcapping"):
            written.pop(key)
        written = dict(model_type="gemma3", architectures=["Gemma3ForConditionalGeneration"], eos_token_id=[1, 106],
                       text_config=written, vision_config={"model_type": "siglip_vision_model"})
    (folder / "config.json").write_text(json.dumps(written, indent=2) + "\n")
    names = sorted(tensors)
    if fixture["shards"] == 1:
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
    expected = dict(
        tokens=tokens[0].tolist(), logits_shape=list(logits.shape), greedy=greedy, greedy_gaps=gaps,
        parameters=sum(t.numel() for k, t in tensors.items() if "vision" not in k and "projector" not in k),
        seed=seed, made_with=dict(torch=torch.__version__, transformers=transformers.__version__))
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    print(f"{name}: seed {seed}, logits std {logits.std():.3f}, distinct greedy {len(set(greedy))}, least gap {min(gaps):.2g}, "
          f"{sum(f.stat().st_size for f in folder.iterdir()) / 1024:.0f} KiB")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    root = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/models"
    parser.add_argument("--output", type=pathlib.Path, default=root)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for name, fixture in FIXTURES.items():
        make(name, fixture, arguments.output)


if __name__ == "__main__":
    main()

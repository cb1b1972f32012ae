"""Writes Tests/Goldens/tiny: a Gemma 3 of random weights beside the tokenizer that lies there.

It loads in a blink and answers at random: for tests of everything around inference, and for the demonstration of a
machine that has no other model. Run from the repository's root:

    pip install -r tools/goldens/requirements.txt
    python tools/models/make_tiny_model.py
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

FOLDER = pathlib.Path("Tests/Goldens/tiny")


def main() -> None:
    """Makes the configuration and the weights, from a fixed seed."""
    vocabulary = json.loads((FOLDER / "tokenizer.json").read_text())["model"]["vocab"]
    configuration = Gemma3TextConfig(
        vocab_size=max(vocabulary.values()) + 1,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=32,
        layer_types=["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"],
        max_position_embeddings=4096,
        bos_token_id=2,
        eos_token_id=1,
        pad_token_id=0,
        dtype="bfloat16",
    )
    torch.manual_seed(20)
    model = Gemma3ForCausalLM(configuration)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.25)
    tensors = {name: value.to(torch.bfloat16).contiguous() for name, value in model.state_dict().items()}
    tensors.pop("lm_head.weight", None)  # tied to the embedding
    save_file(tensors, FOLDER / "model.safetensors", metadata={"format": "pt"})
    configuration.architectures = ["Gemma3ForCausalLM"]
    (FOLDER / "config.json").write_text(json.dumps(configuration.to_dict(), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

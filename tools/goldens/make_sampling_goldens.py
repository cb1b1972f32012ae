#!/usr/bin/env python3
"""Makes Tests/Goldens/sampling/processors.jsonl, the probabilities that transformers samples the next token with, and
generations.jsonl, whole generations of the checkpoint in Tests/Goldens/tiny.

    pip install torch==2.15.0 transformers==5.24.0
    python tools/goldens/make_sampling_goldens.py

A line is a generation_config.json (`configuration`), logits, the tokens of the sequence so far, and softmax of the logits
after the processors that `generate` makes of the configuration, in their order. Greedy ones have probability 1 for the
token that `generate` takes.

A line of generations.jsonl is a prompt with its tokens, the filters, and the tokens that `generate` makes: greedily, or with
a `min_p` of 1, which leaves the most likely token alone, so that nothing depends on random numbers. `gap` is the least
distance of the two highest logits behind the penalty: what another order of sums must not reach.
"""

import json
import random
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, Gemma3TextConfig, Gemma3ForCausalLM

GOLDENS = Path(__file__).resolve().parents[2] / "Tests" / "Goldens"
OUT = GOLDENS / "sampling" / "processors.jsonl"
GENERATIONS = GOLDENS / "sampling" / "generations.jsonl"
VOCABULARY = 40
CONFIGURATIONS = [
    {"do_sample": True, "top_k": 64, "top_p": 0.95}, {"do_sample": True, "temperature": 1.0, "top_k": 64, "top_p": 0.95},
    {"do_sample": True}, {"do_sample": True, "top_k": 0}, {"do_sample": True, "top_k": 0, "temperature": 0.6, "top_p": 0.5},
    {"do_sample": True, "top_k": 20, "top_p": 0.8, "temperature": 0.7, "repetition_penalty": 1.05},
    {"do_sample": True, "top_k": 0, "min_p": 0.05}, {"do_sample": True, "top_k": 8, "min_p": 0.3, "top_p": 0.9},
    {"do_sample": True, "top_k": 0, "min_p": 1.0}, {"do_sample": True, "min_p": 0.1, "temperature": 1.7},
    {"do_sample": True, "top_k": 0, "repetition_penalty": 1.5}, {"do_sample": True, "top_k": 0, "repetition_penalty": 0.7},
    {"do_sample": True, "top_k": 1}, {"do_sample": True, "top_k": 5, "repetition_penalty": 3.0, "min_p": 0.02},
    {}, {"do_sample": False, "repetition_penalty": 1.8}, {"repetition_penalty": 0.5, "top_k": 64, "top_p": 0.95},
]

PROMPTS = ["The capital of France is", "The garden was full of", "Why do birds", "Once upon a time, the fox ran over the hill."]
FILTERS = [
    {"repetition_penalty": 1.2}, {"repetition_penalty": 2.0}, {"repetition_penalty": 0.8},
    {"min_p": 1.0}, {"min_p": 1.0, "repetition_penalty": 1.3},
]
LENGTH = 24


def generations():
    """Writes whole generations."""
    model = AutoModelForCausalLM.from_pretrained(GOLDENS / "tiny", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(GOLDENS / "tiny")
    lines = []
    for prompt in PROMPTS:
        tokens = tokenizer(prompt, return_tensors="pt").input_ids
        for filters in FILTERS:
            torch.manual_seed(1234)
            sampled = {"do_sample": True, "top_k": 0} if "min_p" in filters else {"do_sample": False}
            made = model.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=LENGTH,
                                  return_dict_in_generate=True, output_scores=True, output_logits=True, **sampled, **filters)
            sequence = made.sequences[0].tolist()
            gaps = []
            for step, logits in enumerate(made.logits):
                row = logits[0].clone()
                before = sorted(set(sequence[:tokens.shape[1] + step]))
                penalty = filters.get("repetition_penalty", 1.0)
                row[before] = torch.where(row[before] < 0, row[before] * penalty, row[before] / penalty)
                first, second = row.topk(2).values.tolist()
                gaps.append(first - second)
            lines.append(json.dumps({"prompt": prompt, "prompt_tokens": tokens[0].tolist(), **filters,
                                     "tokens": sequence[tokens.shape[1]:], "gap": float(f"{min(gaps):.3g}")}))
    GENERATIONS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    """Writes the goldens."""
    generations()
    random.seed(1234)
    model = Gemma3ForCausalLM(Gemma3TextConfig(
        vocab_size=VOCABULARY, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1, head_dim=8))
    lines = []
    for configuration in CONFIGURATIONS:
        for spread in (0.5, 2.0, 6.0):
            logits = [float(torch.tensor(random.gauss(0, spread)).item()) for _ in range(VOCABULARY)]
            sequence = [random.randrange(VOCABULARY) for _ in range(12)]
            prepared, _ = model._prepare_generation_config(GenerationConfig(**configuration))
            processors = model._get_logits_processor(generation_config=prepared, input_ids_seq_length=len(sequence))
            scores = processors(torch.tensor([sequence]), torch.tensor([logits]))[0]
            if prepared.do_sample:
                probabilities = torch.softmax(scores.double(), -1).tolist()
            else:
                probabilities = [float(index == int(scores.argmax())) for index in range(VOCABULARY)]
            lines.append(json.dumps({"configuration": configuration, "logits": logits, "sequence": sequence,
                                     "probabilities": [float(f"{value:.9g}") for value in probabilities]}))
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Evaluates the pocket models with transformers in float32, prints the tables and writes the goldens.

    python scripts/pocket/evaluate.py

Also takes `--models FOLDER` (other checkpoints) and `--no-goldens`.
"""

import argparse
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from multiple_choice import SUBJECTS
from quantize import quantize
from scoring import score_choices, score_problems
from significance import mcnemar, wilson_interval

ROOT = Path(__file__).resolve().parent
NAMES = ["pocket-1m", "pocket-6m"]


def load(folder):
    """A checkpoint as float32 weights (its values stay those of bfloat16)."""
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def outcomes(records, key="correct"):
    """Whether each record is right."""
    return [record[key] for record in records]


def cell(flags):
    """Accuracy with its Wilson interval."""
    low, high = wilson_interval(sum(flags), len(flags))
    return f"{sum(flags) / len(flags):.3f} ({low:.3f}-{high:.3f}), n={len(flags)}"


def shorten(value):
    """Floats as the shortest text that still names one float32."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def write_goldens(name, choices, problems, folder):
    """Writes one record a line, so that the file stays small and readable."""
    def lines(records):
        return ",\n".join(json.dumps({key: [shorten(entry) for entry in value] if isinstance(value, list)
                                      else shorten(value) for key, value in record.items()}) for record in records)
    folder.mkdir(exist_ok=True)
    text = f'{{"model": "{name}",\n"mmlu": [\n{lines(choices)}\n],\n"gsm8k": [\n{lines(problems)}\n]}}\n'
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def main():
    """Runs everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--no-goldens", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    results = {}
    for name in NAMES:
        model, tokenizer = load(options.models / name), AutoTokenizer.from_pretrained(options.models / name)
        variants = {name: None, f"{name} q4_0": False, f"{name} q4_0 with embedding": True}
        for label, with_embedding in variants.items():
            if with_embedding is not None:
                quantize(model, with_embedding)
            results[label] = score_choices(model, tokenizer), score_problems(model, tokenizer)
            choices, problems = results[label]
            print(f"| {label} | {cell(outcomes(choices))} | {cell(outcomes(problems))} | "
                  f"{cell(outcomes(problems, 'flexible_correct'))} |", flush=True)
            if with_embedding is None and not options.no_goldens:
                write_goldens(name, choices, problems, ROOT / "goldens")
        gaps = [record["minimal_gap"] for record in results[name][1]]
        print(f"{name}: {sum(gap < 1e-3 for gap in gaps)} generations with a logit gap below 1e-3, smallest "
              f"{min(gaps):.2e}; {sum(not record['stopped'] for record in results[name][1])} never stopped", flush=True)
    print("\n| subject | pocket-1m | pocket-6m |\n| --- | --- | --- |")
    for subject in SUBJECTS:
        print(f"| {subject} | " + " | ".join(
            cell([record["correct"] for record in results[name][0] if record["subject"] == subject])
            for name in NAMES) + " |")
    print("\n| comparison | task | only first right | only second right | p |\n| --- | --- | --- | --- | --- |")
    for first, second in [("pocket-6m", "pocket-1m"), *[(name, f"{name} q4_0{suffix}") for name in NAMES
                                                        for suffix in ("", " with embedding")]]:
        for task, index in (("mmlu", 0), ("gsm8k", 1)):
            only_first, only_second, p = mcnemar(outcomes(results[first][index]), outcomes(results[second][index]))
            print(f"| {first} / {second} | {task} | {only_first} | {only_second} | {p:.2g} |")


if __name__ == "__main__":
    main()

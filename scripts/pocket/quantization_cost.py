"""What four bits cost in nats, where accuracy is too coarse to show it.

    python scripts/pocket/quantization_cost.py

Mean negative log-likelihood of the right letter (pocket-mmlu) and, per item, of the whole gold answer (pocket-gsm8k), with
Wilcoxon's signed-rank test on the paired differences.
"""

import torch
from scipy.stats import wilcoxon
from transformers import AutoTokenizer

from evaluate import NAMES, ROOT, load
from generate import read_items, read_problems
from multiple_choice import SUBJECTS
from prompts import problem_prompts
from quantize import quantize
from scoring import score_choices

VARIANTS = {"bf16": None, "q4_0": False, "q4_0 with embedding": True}


@torch.inference_mode()
def answer_losses(model, tokenizer):
    """The negative log-likelihood of each test problem's gold answer after its five-shot prompt."""
    problems, losses = read_problems("test"), []
    for problem, prompt in zip(problems, problem_prompts(problems, read_problems("train"))):
        given = len(tokenizer(prompt).input_ids)
        tokens = torch.tensor([tokenizer(f"{prompt} {problem.answer}").input_ids])
        hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state[0, given - 1:-1]
        logits = model.lm_head(hidden).float()
        losses.append(float(torch.nn.functional.cross_entropy(logits, tokens[0, given:], reduction="sum")))
    return losses


def letter_losses(model, tokenizer):
    """The negative log-likelihood of each item's right letter."""
    gold = [item.answer for subject in SUBJECTS for item in read_items(subject, "test")]
    return [-record["log_likelihoods"][answer] for record, answer in zip(score_choices(model, tokenizer), gold)]


def main():
    """Prints one line a model, variant and task."""
    torch.set_num_threads(2)
    print("| model | weights | task | mean loss | rise | p |\n| --- | --- | --- | --- | --- | --- |")
    for name in NAMES:
        model, tokenizer, whole = load(ROOT / "models" / name), AutoTokenizer.from_pretrained(ROOT / "models" / name), {}
        for variant, with_embedding in VARIANTS.items():
            if with_embedding is not None:
                quantize(model, with_embedding)
            for task, measure in (("mmlu", letter_losses), ("gsm8k", answer_losses)):
                losses = measure(model, tokenizer)
                mean = sum(losses) / len(losses)
                if with_embedding is None:
                    whole[task] = losses, mean
                    print(f"| {name} | {variant} | {task} | {mean:.4f} | | |", flush=True)
                else:
                    p = wilcoxon(losses, whole[task][0]).pvalue
                    print(f"| {name} | {variant} | {task} | {mean:.4f} | {mean - whole[task][1]:+.4f} | {p:.2g} |", flush=True)


if __name__ == "__main__":
    main()

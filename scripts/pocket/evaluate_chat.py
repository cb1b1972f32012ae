"""Evaluates pocket-6m-it with transformers in float32, thinking and not, prints the table and writes its goldens.

    python scripts/pocket/evaluate_chat.py

Each test problem of pocket-gsm8k is one message of the user, without examples, and is answered greedily. The answer is
what follows the thought; it is right if the number behind "####" is. Also takes `--models FOLDER` (another checkpoint),
`--limit N` problems, and `--no-goldens`.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from transformers import AutoTokenizer

from evaluate import cell, load, shorten
from generate import read_problems
from scoring import normalised, strict_answer
from significance import mcnemar

ROOT = Path(__file__).resolve().parent
NAME = "pocket-6m-it"
NEW_TOKENS, BATCH = 192, 100
CLOSING = "<channel|>"


@torch.inference_mode()
def generate(model, tokenizer, prompts):
    """Greedy answers: (tokens before the end of the turn, whether it came, smallest gap of the two best logits)."""
    rows = [tokenizer(prompt, add_special_tokens=False).input_ids for prompt in prompts]
    width = max(map(len, rows))
    tokens = torch.tensor([[0] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    output = model.generate(tokens, attention_mask=mask, max_new_tokens=NEW_TOKENS, do_sample=False, temperature=None,
                            top_k=None, top_p=None, return_dict_in_generate=True, output_logits=True)
    best = torch.stack(output.logits).float().topk(2).values  # [steps, rows, 2]
    ends, results = set(model.generation_config.eos_token_id), []
    for index in range(len(rows)):
        made = output.sequences[index, width:].tolist()
        end = next((place for place, token in enumerate(made) if token in ends), None)
        count = len(made) if end is None else end + 1
        gap = float((best[:count, index, 0] - best[:count, index, 1]).min())
        results.append((made[:end], end is not None, gap))
    return results


def score(model, tokenizer, thinks, limit):
    """A record of each problem."""
    problems, records = read_problems("test")[:limit], []
    prompts = [tokenizer.apply_chat_template(
        [{"role": "user", "content": problem.question}], tokenize=False, add_generation_prompt=True,
        enable_thinking=thinks) for problem in problems]
    for start in range(0, len(problems), BATCH):
        for index, (made, stopped, gap) in enumerate(generate(model, tokenizer, prompts[start:start + BATCH]), start):
            text = tokenizer.decode(made)
            answer = text.rsplit(CLOSING, 1)[-1] if CLOSING in text or not thinks else ""
            records.append({
                "thinking": thinks, "index": index,
                "prompt_sha256": hashlib.sha256(prompts[index].encode()).hexdigest(), "text": text, "tokens": len(made),
                "stopped": stopped, "minimal_gap": gap,
                "correct": normalised(strict_answer(answer)) == normalised(problems[index].answer)})
    return records


def main():
    """Runs everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--limit", type=int, help="so many problems")
    parser.add_argument("--no-goldens", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    model, tokenizer = load(options.models / NAME), AutoTokenizer.from_pretrained(options.models / NAME)
    off, on = (score(model, tokenizer, thinks, options.limit) for thinks in (False, True))
    flags = [[record["correct"] for record in records] for records in (off, on)]
    only_off, only_on, p = mcnemar(*flags)
    tokens = [sum(record["tokens"] for record in records) / len(records) for records in (off, on)]
    print("| thinking off | thinking on | only on / only off right | p | tokens off / on | never stopped |\n"
          "| --- | --- | --- | --- | --- | --- |\n"
          f"| {cell(flags[0])} | {cell(flags[1])} | {only_on} / {only_off} | {p:.2g} "
          f"| {tokens[0]:.1f} / {tokens[1]:.1f} | {sum(not record['stopped'] for record in off + on)} |", flush=True)
    if not options.no_goldens and options.limit is None:
        lines = ",\n".join(json.dumps({key: shorten(value) for key, value in record.items()}) for record in off + on)
        (ROOT / "goldens" / f"{NAME}.json").write_text(f'{{"model": "{NAME}",\n"records": [\n{lines}\n]}}\n',
                                                       encoding="utf-8")


if __name__ == "__main__":
    main()

"""Scores a model on both pocket tasks the way lm-evaluation-harness does, in float32."""

import hashlib
import re

import torch

from generate import read_items, read_problems
from multiple_choice import LETTERS, SUBJECTS
from prompts import choice_prompt, problem_prompts

STOPS = ("Question:", "</s>", "<|im_end|>")
NEW_TOKENS = 256
CHOICE_BATCH, PROBLEM_BATCH = 25, 60
STRICT = re.compile(r"#### (\-?[0-9\.\,]+)")
FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
IGNORED = [re.compile(pattern) for pattern in (r",", r"\$", r"(?s).*#### ", r"\.$")]
INVALID = "[invalid]"


def normalised(text):
    """The text that exact_match compares."""
    for pattern in IGNORED:
        text = pattern.sub("", text)
    return text.lower()


def strict_answer(text):
    """The first number after "####"."""
    found = STRICT.findall(text)
    return found[0].strip() if found else INVALID


def flexible_answer(text):
    """The last number anywhere."""
    found = FLEXIBLE.findall(text)
    return next(group for group in found[-1] if group).strip() if found else INVALID


@torch.inference_mode()
def score_choices(model, tokenizer):
    """The four letters' log-likelihoods of every test item, five shots from dev: a list of records."""
    letters = [tokenizer(f" {letter}", add_special_tokens=False).input_ids for letter in LETTERS]
    assert all(len(ids) == 1 for ids in letters)
    letter_ids = [ids[0] for ids in letters]
    records = []
    for subject in SUBJECTS:
        shots, items = read_items(subject, "dev"), read_items(subject, "test")
        for start in range(0, len(items), CHOICE_BATCH):
            batch = items[start:start + CHOICE_BATCH]
            rows = [tokenizer(choice_prompt(item, shots)).input_ids for item in batch]
            # Padding on the right: with causal attention it changes nothing before it.
            tokens = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
            for index, row in enumerate(rows):
                tokens[index, :len(row)] = torch.tensor(row)
            hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state
            last = hidden[torch.arange(len(rows)), torch.tensor([len(row) - 1 for row in rows])]
            logs = torch.log_softmax(model.lm_head(last).float(), -1)[:, letter_ids]
            for index, item in enumerate(batch):
                values = logs[index].tolist()
                predicted = values.index(max(values))
                records.append({"subject": subject, "index": start + index, "log_likelihoods": values,
                                "predicted": predicted, "correct": predicted == item.answer})
    return records


@torch.inference_mode()
def generate_batch(model, tokenizer, prompts):
    """Greedy continuations up to a stop: (text, tokens made, smallest gap between the two best logits) each."""
    rows = [tokenizer(prompt).input_ids for prompt in prompts]
    width = max(map(len, rows))
    tokens, mask = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width, dtype=torch.long)
    for index, row in enumerate(rows):
        tokens[index, width - len(row):] = torch.tensor(row)
        mask[index, width - len(row):] = 1
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    made, gaps, done, cache = [[] for _ in rows], [float("inf")] * len(rows), [False] * len(rows), None
    for _ in range(NEW_TOKENS):
        output = model(input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=cache,
                       use_cache=True, logits_to_keep=1)
        cache = output.past_key_values
        best = output.logits[:, -1].float().topk(2)
        tokens = best.indices[:, :1]
        for index, token in enumerate(tokens[:, 0].tolist()):
            if done[index]:
                continue
            gaps[index] = min(gaps[index], float(best.values[index, 0] - best.values[index, 1]))
            made[index].append(token)
            text = tokenizer.decode(made[index], skip_special_tokens=True)
            done[index] = token == tokenizer.eos_token_id or any(stop in text for stop in STOPS)
        if all(done):
            break
        positions = positions[:, -1:] + 1
        mask = torch.cat([mask, torch.ones(len(rows), 1, dtype=torch.long)], 1)
    results = []
    for index, ids in enumerate(made):
        text = tokenizer.decode(ids, skip_special_tokens=True)
        results.append((min((text.split(stop)[0] for stop in STOPS), key=len), len(ids), gaps[index], done[index]))
    return results


def score_problems(model, tokenizer):
    """The generation of every test problem, five shots drawn per problem: a list of records."""
    problems = read_problems("test")
    prompts = problem_prompts(problems, read_problems("train"))
    records = []
    for start in range(0, len(problems), PROBLEM_BATCH):
        batch = generate_batch(model, tokenizer, prompts[start:start + PROBLEM_BATCH])
        for index, (text, count, gap, stopped) in enumerate(batch, start):
            strict, flexible = strict_answer(text), flexible_answer(text)
            gold = normalised(problems[index].answer)
            records.append({
                "index": index, "prompt_sha256": hashlib.sha256(prompts[index].encode()).hexdigest(), "text": text,
                "tokens": count, "stopped": stopped, "minimal_gap": gap, "strict": strict, "flexible": flexible,
                "correct": normalised(strict) == gold, "flexible_correct": normalised(flexible) == gold})
    return records

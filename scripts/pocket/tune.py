"""Tunes pocket-6m to conversations in Gemma 4's form, with thoughts or without: pocket-6m-it and tuning-log.md.

    python scripts/pocket/tune.py

Starts from the shipped pocket-6m; takes some minutes. `--minutes M` ends it after so long with status 75. The same
command goes on from the last line of the log, to the same bits as an uninterrupted run's. As in train.py, a stage
knows nothing of the one before but its rounded checkpoint.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import torch
from transformers import Gemma3ForCausalLM, GenerationConfig

from build_chat_tokenizer import FOLDER as TOKENIZER, MARKERS, VOCABULARY_SIZE
from chat import AT_ONCE, END_OF_TURN, THOUGHT, ChatCorpus

ROOT = Path(__file__).resolve().parent
SEED, NAME, BASE = 20260103, "pocket-6m-it", "pocket-6m"
STAGES = [dict(steps=200, rate=6e-4, decay_fraction=0.8)]
ROWS, WARMUP_STEPS = 16, 20
WEIGHT_OF_KIND = {AT_ONCE: 0.3, THOUGHT: 0.7}
LOG_EVERY, THREADS, UNFINISHED = 10, 1, 75


def start(folder):
    """The base model with rows for the markers, each near the mean of the others' rows."""
    model = Gemma3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    torch.manual_seed(SEED)
    known = model.config.vocab_size
    with torch.no_grad():
        before = model.model.embed_tokens.weight.clone()
        model.resize_token_embeddings(VOCABULARY_SIZE, mean_resizing=False)
        rows = model.model.embed_tokens.weight[known:]
        rows.copy_(before.mean(0) + torch.randn(rows.shape) * before.std(0))
    return model


def learning_rate(step, recipe):
    """Linear warm-up, a plateau, then a linear fall to zero."""
    steps = recipe["steps"]
    decay_start = steps * (1 - recipe["decay_fraction"])
    fall = (steps - step) / (steps - decay_start) if step > decay_start else 1.0
    return recipe["rate"] * min(1.0, (step + 1) / WARMUP_STEPS) * fall


def save(model, folder):
    """Writes the checkpoint folder with its tokenizer and template, in bfloat16."""
    model.config.eos_token_id = [1, VOCABULARY_SIZE - len(MARKERS) + MARKERS.index(END_OF_TURN)]
    rounded = Gemma3ForCausalLM(model.config)
    rounded.load_state_dict(model.state_dict())
    rounded.tie_weights()
    rounded = rounded.to(torch.bfloat16)
    rounded.generation_config = GenerationConfig(
        bos_token_id=2, eos_token_id=model.config.eos_token_id, pad_token_id=0,
        do_sample=True, temperature=1.0, top_k=64, top_p=0.95)  # as Gemma's
    rounded.save_pretrained(folder)
    for file in TOKENIZER.iterdir():
        shutil.copy(file, folder / file.name)


def write_log(rows):
    """Writes the table of all log lines."""
    lines = ["# The tuning run", "",
             "Losses and accuracies of tokens are means since the line before, on fresh conversations.", "",
             "| stage | step | tokens (M) | seconds | loss at once | loss with thoughts | accuracy at once "
             "| accuracy with thoughts |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    (ROOT / "tuning-log.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def tune(stage, recipe, before, folder, deadline):
    """Tunes one stage into a folder, from the checkpoint before it or where the last run ended; returns its log."""
    begin, kept = time.time(), folder.with_suffix(".pt")
    kept.parent.mkdir(parents=True, exist_ok=True)
    model = Gemma3ForCausalLM.from_pretrained(before, dtype=torch.float32) if stage else start(before)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    state = {"step": 0, "seconds": 0.0, "tokens": 0, "rows": [], "sums": torch.zeros(2, 3)}
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        model.load_state_dict(state.pop("model"))
        optimizer.load_state_dict(state.pop("optimizer"))
    corpus, earlier = ChatCorpus(f"{SEED} stage {stage + 1}" if stage else str(SEED), ROWS), state["seconds"]
    weights = torch.tensor([WEIGHT_OF_KIND[kind] for kind in (AT_ONCE, THOUGHT)])
    while state["step"] < recipe["steps"]:
        if time.time() > deadline:
            sys.exit(UNFINISHED)
        tokens, targets = corpus.batch(state["step"])
        positions, kinds, wanted = targets.T
        hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state
        logits = model.lm_head(hidden.flatten(0, 1)[positions])
        losses = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
        counts = torch.bincount(kinds, minlength=2).clamp(min=1)
        (losses * (weights / counts)[kinds]).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(state["step"], recipe)
        optimizer.step()
        optimizer.zero_grad()
        hits = (logits.argmax(-1) == wanted).float()
        for kind in (AT_ONCE, THOUGHT):
            chosen = kinds == kind
            state["sums"][kind] += torch.stack([chosen.sum(), losses.detach()[chosen].sum(), hits[chosen].sum()])
        state["step"] += 1
        state["tokens"] += tokens.numel()
        state["seconds"] = earlier + time.time() - begin
        if state["step"] % LOG_EVERY == 0 or state["step"] == recipe["steps"]:
            means = state["sums"][:, 1:] / state["sums"][:, :1].clamp(min=1)
            row = [str(stage + 1), str(state["step"]), f"{state['tokens'] / 1e6:.2f}", f"{state['seconds']:.0f}",
                   *[f"{value:.3f}" for value in means.T.flatten().tolist()]]
            print(" ".join(row), flush=True)
            state["rows"].append(row)
            state["sums"].zero_()
            torch.save(state | {"model": model.state_dict(), "optimizer": optimizer.state_dict()}, kept)
    save(model, folder)
    return state["rows"]


def main():
    """Tunes the stages that have not ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--stages", type=Path, default=ROOT / "stages", help="folder for stages, ended or not")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    deadline = time.time() + options.minutes * 60
    rows, before = [], ROOT / "models" / BASE
    for stage, recipe in enumerate(STAGES):
        folder = options.stages / f"{NAME}-{stage + 1}"
        log = folder / "log.json"
        if not log.exists():
            found = tune(stage, recipe, before, folder, deadline)
            log.write_text(json.dumps(found), encoding="utf-8")
        rows += json.loads(log.read_text(encoding="utf-8"))
        before = folder
    shutil.copytree(before, ROOT / "models" / NAME, ignore=shutil.ignore_patterns("log.json"), dirs_exist_ok=True)
    write_log(rows)


if __name__ == "__main__":
    main()

"""Trains pocket-1m and pocket-6m on the CPU and writes their checkpoint folders and training-log.md.

    python scripts/pocket/train.py

Takes an hour and a half on two idle cores. Seeds and step counts are fixed; the data is drawn afresh as training goes
(corpus.py), so the accuracies in the log are on items never seen before. Weights are trained in float32, since only some
processors multiply bfloat16 natively and the others take hours, and saved in bfloat16.

Stages that have ended stay in the folder `stages` with their log and their recipes; the same command after an interruption goes on with
the first that has not. A stage knows nothing of the one before but its rounded checkpoint, so what comes out has the
same bits as an uninterrupted run's. `--again` begins anew.
"""

import argparse
import json
import random
import shutil
import time
from pathlib import Path

import torch
from transformers import Gemma3ForCausalLM, GenerationConfig

from architecture import configuration
from build_tokenizer import FOLDER as TOKENIZER
from corpus import CHOICE, DRILL, PROBLEM, SUBJECT_NAMES, Corpus

ROOT = Path(__file__).resolve().parent
SEED = 20260102
LOG_EVERY = 100
SHORT_ROW, LONG_ROW = 256, 512

RECIPES = {
    # A model's stages in order; each starts from the rounded checkpoint of the one before, with a fresh optimizer.
    # Rows a step are (choice, problem, drill) at SHORT_ROW; the last `long_fraction` of the steps use rows of
    # LONG_ROW, so that five-shot word problems fit.
    # `largest` bounds the numbers of problems and sums.
    "pocket-1m": [
        dict(threads=1, steps=1600, rows=(6, 1, 1), long_rows=(3, 1, 0), rate=3e-3, long_fraction=0.2, largest=None)],
    "pocket-6m": [
        dict(threads=2, steps=1400, rows=(6, 1, 1), long_rows=(3, 1, 0), rate=2e-3, long_fraction=0.2, largest=None),
        dict(threads=2, steps=1100, rows=(4, 2, 2), long_rows=(3, 1, 0), rate=1e-3, long_fraction=0.15, largest=50),
        dict(threads=2, steps=900, rows=(6, 1, 1), long_rows=(3, 1, 0), rate=1.2e-3, long_fraction=0.15, largest=50)],
}
WARMUP_STEPS, DECAY_FRACTION = 100, 0.4
WEIGHT_OF_KIND = {CHOICE: 1.0, PROBLEM: 1.0, DRILL: 1.0}
SPOKEN_SHARE = 0.3  # of the choice rows, in the first half of the steps
MARK_WEIGHT = 1.0
POST_NORM_START = 0.3


def learning_rate(step, steps, peak):
    """Linear warm-up, a plateau, then a linear fall to zero."""
    decay_start = steps * (1 - DECAY_FRACTION)
    fall = (steps - step) / (steps - decay_start) if step > decay_start else 1.0
    return peak * min(1.0, (step + 1) / WARMUP_STEPS) * fall


CURRICULUM = [
    # From each step on: first subjects whose right choice shows by itself, then those that a question decides.
    (0, ["even_numbers", "living_things"]),
    (120, ["even_numbers", "living_things", "kinds_of_things", "opposites", "number_comparison"]),
    (400, SUBJECT_NAMES),
]


def subjects_at(step):
    """The subjects in training at a step."""
    return [subjects for begin, subjects in CURRICULUM if begin <= step][-1]


def make_optimizers(model, marker):
    """AdamW for the model, and another for the training wheels."""
    matrices = [weight for name, weight in model.named_parameters() if weight.ndim == 2 and "embed" not in name]
    rest = [weight for name, weight in model.named_parameters() if weight.ndim != 2 or "embed" in name]
    return [torch.optim.AdamW(matrices + rest, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
            torch.optim.AdamW(marker.parameters(), lr=0.0, weight_decay=0.0)]


class Meter:
    """Sums of loss and right answers by kind, and right letters by subject, since the last log line."""

    def __init__(self):
        self.seen, self.right, self.loss = [0] * 3, [0] * 3, [0.0] * 3
        self.subjects = [[0, 0] for _ in SUBJECT_NAMES]

    def add(self, kinds, subjects, losses, hits):
        """Adds one batch; all arguments are [N]."""
        for kind in range(3):
            chosen = kinds == kind
            self.seen[kind] += int(chosen.sum())
            self.right[kind] += int(hits[chosen].sum())
            self.loss[kind] += float(losses[chosen].sum())
        for index, counts in enumerate(self.subjects):
            chosen = subjects == index
            counts[0] += int(hits[chosen].sum())
            counts[1] += int(chosen.sum())

    def fields(self):
        """Loss and accuracy of each kind, then the accuracy of each subject."""
        values = [f"{self.loss[kind] / max(1, self.seen[kind]):.3f}" for kind in range(3)]
        values += [f"{self.right[kind] / max(1, self.seen[kind]):.3f}" for kind in range(3)]
        return values + [f"{right / max(1, seen):.2f}" for right, seen in self.subjects]


def start_gently(model):
    """Lets the words be louder than the layers at first: unit embeddings, and post norms that scale by less than one."""
    with torch.no_grad():
        torch.nn.init.normal_(model.model.embed_tokens.weight, std=model.config.hidden_size ** -0.5)
        for name, weight in model.named_parameters():
            if "post_" in name:
                weight.fill_(POST_NORM_START - 1.0)  # Gemma stores a norm's scale less one


class ChoiceMarks(torch.nn.Module):
    """Training wheels, thrown away after training: reads at the end of every choice, two thirds up the layers.

    A linear reader has to find there the choice's letter and whether the choice holds. That spreads the one letter of an
    item's loss over its four choices, without which small models stay at chance for very long.
    """

    def __init__(self, model):
        super().__init__()
        layers = model.config.num_hidden_layers
        self.layer = layers - 2 if layers > 4 else layers - 1
        self.norm = torch.nn.RMSNorm(model.config.hidden_size)
        self.reader = torch.nn.Linear(model.config.hidden_size, 5)
        model.model.layers[self.layer - 1].register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        """Keeps the layer's output, [B, T, H]."""
        self.states = output[0] if isinstance(output, tuple) else output

    def loss(self, marks):
        """The mean loss over marks [M, 3]."""
        values = self.reader(self.norm(self.states.flatten(0, 1)[marks[:, 0]]))
        letters = torch.nn.functional.cross_entropy(values[:, :4], marks[:, 1])
        holds = torch.nn.functional.binary_cross_entropy_with_logits(values[:, 4], marks[:, 2].float())
        self.last = float(holds.detach())  # for the log
        return letters + 2 * holds


def save(model, folder):
    """Writes a checkpoint folder with its tokenizer, in bfloat16."""
    rounded = Gemma3ForCausalLM(model.config)
    rounded.load_state_dict(model.state_dict())
    rounded.tie_weights()
    rounded = rounded.to(torch.bfloat16)
    rounded.generation_config = GenerationConfig(bos_token_id=2, eos_token_id=1, pad_token_id=0, do_sample=False)
    rounded.save_pretrained(folder)
    for file in TOKENIZER.iterdir():
        shutil.copy(file, folder / file.name)


def train(name, stage, recipe, before, folder):
    """Trains one stage of one size into a folder, from the checkpoint `before` if there is one; returns its log as rows of text fields."""
    torch.set_num_threads(recipe["threads"])
    torch.manual_seed(SEED)
    corpus = Corpus(random.Random(f"{SEED} {name}" + (f" stage {stage + 1}" if stage else "")), recipe["largest"])
    if stage:
        model = Gemma3ForCausalLM.from_pretrained(before, dtype=torch.float32)
    else:
        model = Gemma3ForCausalLM(configuration(name))
        start_gently(model)
    model.train()
    marker = ChoiceMarks(model)
    optimizers = make_optimizers(model, marker)
    weights = torch.tensor([WEIGHT_OF_KIND[kind] for kind in range(3)])
    meter, log, tokens_seen, begin = Meter(), [], 0, time.time()
    for step in range(recipe["steps"]):
        long = step >= recipe["steps"] * (1 - recipe["long_fraction"])
        rows = recipe["long_rows"] if long else recipe["rows"]
        spoken_share = SPOKEN_SHARE if stage == 0 and step < recipe["steps"] / 2 else 0.0
        length = LONG_ROW if long else SHORT_ROW
        tokens, targets, marks = map(torch.from_numpy, corpus.batch(rows, length, SUBJECT_NAMES if stage else subjects_at(step),
                                                               spoken_share))
        positions, kinds, subjects, wanted = targets.T
        hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state
        logits = model.lm_head(hidden.flatten(0, 1)[positions])
        losses = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
        counts = torch.bincount(kinds, minlength=3).clamp(min=1)
        marking = marker.loss(marks)
        ((losses * (weights / counts)[kinds]).sum() + MARK_WEIGHT * marking).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        rate = learning_rate(step, recipe["steps"], recipe["rate"])
        for each in optimizers:
            for group in each.param_groups:
                group["lr"] = rate
            each.step()
            each.zero_grad()
        meter.add(kinds, subjects, losses.detach(), logits.argmax(-1) == wanted)
        tokens_seen += tokens.numel()
        if (step + 1) % LOG_EVERY == 0 or step + 1 == recipe["steps"]:
            fields = [f"{name} {stage + 1}", str(step + 1), f"{tokens_seen / 1e6:.2f}", f"{time.time() - begin:.0f}", f"{marker.last:.3f}",
                      *meter.fields()]
            print(" ".join(fields), flush=True)
            log.append(fields)
            meter = Meter()
            save(model, folder)
    return log


def write_log(log):
    """Writes the table of all log lines."""
    heads = ["model and stage", "step", "tokens (M)", "seconds", "mark loss", "choice loss", "problem loss", "drill loss", "choice accuracy",
             "problem token accuracy", "drill token accuracy",
             *[name.replace("_", " ") for name in SUBJECT_NAMES]]
    lines = ["# The training run", "",
             "Losses and accuracies are means since the line before, on fresh items; the last columns are letter "
             "accuracies by subject. 0.00 or 0.000 where nothing of the kind was trained.", "",
             "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(fields) + " |" for fields in log]
    (ROOT / "training-log.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def finished(folder, recipes):
    """The log of a stage that has ended by these recipes, its own and those before it; else nothing."""
    log = folder / "log.json"
    found = json.loads(log.read_text(encoding="utf-8")) if log.exists() else {}
    # Through JSON too, in which tuples are lists.
    return found["rows"] if found.get("recipes") == json.loads(json.dumps(recipes)) else None


def train_stages(name, recipes, folder):
    """Trains the stages of one size that have not ended; returns the whole log and the last stage's folder."""
    log, before = [], None
    for stage, recipe in enumerate(recipes):
        place, so_far = folder / f"{name}-{stage + 1}", recipes[:stage + 1]
        rows = finished(place, so_far)
        if rows is None:
            shutil.rmtree(place, ignore_errors=True)
            rows = train(name, stage, recipe, before, place)
            (place / "log.json").write_text(json.dumps({"recipes": so_far, "rows": rows}), encoding="utf-8")
        log += rows
        before = place
    return log, before


def shortened(recipes, steps):
    """The same stages with so many steps each."""
    return [recipe | {"steps": steps} for recipe in recipes]


def main():
    """Trains both sizes, or one into another folder for a trial."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=RECIPES, help="train one size")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder for the checkpoint folders")
    parser.add_argument("--stages", type=Path, default=ROOT / "stages", help="folder for the stages that have ended")
    parser.add_argument("--again", action="store_true", help="forget the stages that have ended")
    parser.add_argument("--steps", type=int, help="steps of every stage, for a trial; needs --out and --stages")
    options = parser.parse_args()
    if options.steps and ROOT in (options.out.parent, options.stages.parent):
        parser.error("a trial writes elsewhere: give --out and --stages")
    if options.again:
        shutil.rmtree(options.stages, ignore_errors=True)
    log = []
    for name in [options.only] if options.only else RECIPES:
        recipes = RECIPES[name] if options.steps is None else shortened(RECIPES[name], options.steps)
        rows, last = train_stages(name, recipes, options.stages)
        shutil.copytree(last, options.out / name, ignore=shutil.ignore_patterns("log.json"), dirs_exist_ok=True)
        log += rows
    if options.out == ROOT / "models" and not options.only:
        write_log(log)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Holds ARC on the real Gemma 3 270M to the scores that Google publishes on its card; minutes on two cores.

    tools/models/fetch_real_model.sh
    GEMMABENCH_COMMAND=gemmabench python3 tools/check/check_published_scores.py [--limit N]

ARC-easy without solved questions, by accuracy; ARC-challenge with 25, by accuracy normalised by length, as custom tasks
with lm-evaluation-harness's prompts. The questions are those of GEMMABENCH_DATA/arc, else ../shared/data/arc. The card is
of the weights before they were quantised to Q4_K_M, so the check is a plain one: its score must lie in our 95% interval, or
within two points of it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("GEMMABENCH_DATA", ROOT.parent / "shared" / "data")) / "arc"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
MODEL = pathlib.Path(os.environ.get("GEMMABENCH_REAL_MODEL", CACHE / "gemmabench-tests" / "gemma-3-270m")) / "float32"
COMMAND = os.environ.get("GEMMABENCH_COMMAND", "gemmabench")
SLACK = 0.02
# Task, metric, what the card of google/gemma-3-270m says.
PUBLISHED = [("arc_easy", "accuracy", 0.577), ("arc_challenge", "accuracy_normalized", 0.290)]


def rows(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def challenge(name):
    """The authors' rows: the text of each choice, and the place of the right one."""
    found = []
    for row in rows(name):
        labels = [choice["label"] for choice in row["question"]["choices"]]
        found.append({"query": "Question: " + row["question"]["stem"], "gold": labels.index(row["answerKey"]),
                      "choices": [choice["text"] for choice in row["question"]["choices"]]})
    return found


def scores(results, metric):
    """What `gemmabench stats` says of each task."""
    done = subprocess.run([COMMAND, "stats", results, "--metric", metric, "--format", "json"], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, help="only so many questions of each")
    limit = parser.parse_args().limit
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        write(folder / "easy.jsonl", rows("arc_easy.jsonl"))
        write(folder / "challenge.jsonl", challenge("ARC-Challenge-Test.jsonl"))
        write(folder / "solved.jsonl", challenge("ARC-Challenge-Dev.jsonl"))
        task = {"type": "custom", "prompt": "{query}\nAnswer:", "choices": "choices", "answer": "{gold}",
                "answer_is": "index"}
        plan = {"models": [{"path": str(MODEL)}], "tasks": [
            task | {"name": "arc_easy", "data": str(folder / "easy.jsonl")},
            task | {"name": "arc_challenge", "data": str(folder / "challenge.jsonl"), "shots": 25,
                    "examples": str(folder / "solved.jsonl")}]}
        if limit:
            plan["limit"] = limit
        (folder / "plan.json").write_text(json.dumps(plan))
        results = folder / "results"
        subprocess.run([COMMAND, "run", folder / "plan.json", "--output", results, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        failures = 0
        for name, metric, published in PUBLISHED:
            found = next(entry for entry in scores(results, metric) if entry["task"] == name)
            lower, upper = found["lower"] - SLACK, found["upper"] + SLACK
            failures += not lower <= published <= upper
            print(f"{name}: {metric} {found['mean']:.1%} [{found['lower']:.1%}, {found['upper']:.1%}] of {found['count']},"
                  f" published {published:.1%}{'' if lower <= published <= upper else ': FAILED'}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

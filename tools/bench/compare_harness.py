#!/usr/bin/env python3
"""Compares gemmabench with lm-evaluation-harness item by item, on one model in float32 and the same documents.

    pip install lm_eval==0.4.13 datasets accelerate torch transformers
    tools/models/fetch_real_model.sh
    GEMMABENCH_COMMAND=gemmabench python tools/bench/compare_harness.py
    GEMMABENCH_COMMAND=gemmabench python tools/bench/compare_harness.py --tasks arc_easy winogrande --shots 0 --limit 100

Both sides run the harness's task files; the data are files in the layout of the Hub, so nothing is downloaded. A line for
each task says how many items were compared, how many have the same choice, the same scores and the same text, and by how
much log-likelihoods differ at the most. Every difference is explained below the line, and makes the exit status 1.

The harness normalises its float32 logits in float64 here (its option softmax_dtype): in float32, its default, that sum of
262,144 values is where most of a difference comes from. A choice between two answers, or tokens, that the harness has
nearer than 1e-4 to each other may fall either way by rounding alone: it counts as a tie, apart from the differences.
Without --tasks the tasks of docs/tasks.md run.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "goldens"))
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
MODEL = pathlib.Path(os.environ.get("GEMMABENCH_REAL_MODEL", CACHE / "gemmabench-tests" / "gemma-3-270m")) / "float32"
DATA = pathlib.Path(os.environ.get("GEMMABENCH_DATA", ROOT.parent / "shared" / "data"))
COMMAND = os.environ.get("GEMMABENCH_COMMAND", "gemmabench")
# Two candidates of the harness that are nearer than this are a tie.
TIE = 1e-4
# What two float32 models' sums of log-probabilities may differ by.
LOG_LIKELIHOOD_TOLERANCE = 1e-4
SCORE_TOLERANCE = 1e-4
# Task, few-shot examples (None: as the task says), documents: what docs/tasks.md shows.
PLAN = [("arc_easy", 0, 300), ("arc_challenge", 25, 20), ("winogrande", 5, 150), ("truthfulqa_mc1", None, 40),
        ("truthfulqa_mc2", None, 40), ("gsm8k", 5, 6),
        *[(f"bbh_cot_fewshot_{name}", None, 5)
          for name in ("boolean_expressions", "date_understanding", "navigate", "object_counting")],
        *[(f"bbh_zeroshot_{name}", None, 3) for name in ("boolean_expressions", "causal_judgement")]]


class Item:
    """What one side made of a document: requests and responses, and the answer and the scores of each filter."""

    def __init__(self, requests, responses):
        self.requests, self.responses, self.filters = requests, responses, {}

    def has_choices(self):
        return isinstance(self.requests[0][1], str)

    def log_likelihoods(self):
        return [float(response[0]) for response in self.responses]


def items(samples, requests_of):
    """Items by document number; a sample is of one filter."""
    found = {}
    for sample in samples:
        responses = [response[0] for response in sample["resps"]]
        item = found.setdefault(sample["doc_id"], Item(requests_of(sample), responses))
        answer = sample["filtered_resps"]
        item.filters[sample["filter"]] = (answer[0] if isinstance(answer[0], str) else None,
                                          {name: sample[name] for name in sample["metrics"]})
    return found


class Peer:
    """The harness with transformers."""

    def __init__(self, model, data, threads, softmax):
        import harness_library
        import torch
        torch.set_num_threads(threads)
        self.library = harness_library
        harness_library.use_data(data / "hub")
        self.model = harness_library.Model(model, softmax_dtype=softmax)
        self.tasks = pathlib.Path(harness_library.lm_eval.__file__).parent / "tasks"

    def run(self, task, shots, limit):
        results = self.library.evaluate(self.model, [task], shots, limit)
        self.delimiter = results["configs"][task].get("target_delimiter", " ")
        return items(results["samples"][task], self.library.arguments)

    def parting(self, prompt, own, other):
        """Where two texts part: the tokens that they have in common, both next ones, and how far the other is behind."""
        ours, _ = self.model.logits(prompt, other)
        tokens, logits = self.model.logits(prompt, own)
        common = next((index for index, pair in enumerate(zip(tokens, ours)) if pair[0] != pair[1]), None)
        if common is None:
            return f"one text ends after {min(len(tokens), len(ours))} tokens, the other goes on", None
        row = logits[common]
        gap = float(row[tokens[common]] - row[ours[common]])
        names = [repr(self.model.tokenizer.decode([token])) for token in (tokens[common], ours[common])]
        return f"after {common} tokens the harness has {names[0]}, we {names[1]}, {gap:.2g} behind", gap


def run_ours(model, data, threads, folder, task, shots, limit, tasks):
    """Items of the command, read from what it exports in the harness's layout."""
    entry = {"type": "harness", "task": task, "name": task} | ({} if shots is None else {"shots": shots})
    plan = {"models": [{"path": str(model), "precision": "float32", "chat_template": False}], "tasks": [entry],
            "limit": limit, "threads": threads}
    (folder / "plan.json").write_text(json.dumps(plan))
    environment = os.environ | {"GEMMABENCH_DATA": str(data), "GEMMABENCH_CACHE": "off", "LM_EVAL_TASKS": str(tasks)}
    for arguments in (["run", folder / "plan.json", "--output", folder / "ours", "--force", "--quiet"],
                      ["export", folder / "ours", "--format", "lm-eval", "--output", folder / "export", "--force"]):
        subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    results = json.loads(next(folder.glob("export/*/results_*.json")).read_text())
    facts = results["config"]["model_args"]
    if facts["compute_type"] != "float32":
        raise SystemExit(f"gemmabench computed in {facts['compute_type']}, not in float32: nothing to compare")
    lines = next(folder.glob(f"export/*/samples_{task}_*.jsonl")).read_text(encoding="utf-8").splitlines()
    return items([json.loads(line) for line in lines],
                 lambda sample: [(entry["arg_0"], entry.get("arg_1")) for entry in sample["arguments"].values()])


class Comparison:
    """The items of one task, counted, with a line for each difference."""

    def __init__(self, task, peer):
        self.task, self.peer = task, peer
        self.compared = self.same_choice = self.same_scores = self.same_text = self.texts = self.choices = 0
        self.largest, self.ties, self.differences = 0.0, [], []

    def add(self, number, theirs, ours):
        self.compared += 1
        tied = len(self.ties)
        if not self.same_requests(number, theirs.requests, ours.requests):
            return
        if theirs.has_choices():
            self.compare_choices(number, theirs, ours)
        else:
            self.compare_texts(number, theirs, ours)
        self.compare_scores(number, theirs, ours, len(self.ties) > tied)

    def same_requests(self, number, theirs, ours):
        def asked(requests):  # of a generation the texts that end it: its length is the harness's default if not said
            return [(prompt, how.get("until") if isinstance(how, dict) else how) for prompt, how in requests]
        if asked(theirs) == asked(ours):
            return True
        self.differences.append(f"item {number}: the requests are not the same")
        return False

    def compare_choices(self, number, theirs, ours):
        self.choices += 1
        expected, found = theirs.log_likelihoods(), ours.log_likelihoods()
        for place, (a, b) in enumerate(zip(expected, found)):
            self.largest = max(self.largest, abs(a - b))
            if abs(a - b) > LOG_LIKELIHOOD_TOLERANCE:
                self.differences.append(f"item {number}: log-likelihoods of answer {place}: {a} and {b}")
        greedy = [[str(response[1]) for response in item.responses] for item in (theirs, ours)]
        if greedy[0] != greedy[1]:
            self.differences.append(f"item {number}: which continuations are greedy: {greedy[0]} and {greedy[1]}")
        lengths = [len(how.removeprefix(self.peer.delimiter)) or 1 for _, how in theirs.requests]
        same = True
        for name, sizes in (("choice", [1] * len(lengths)), ("choice for its length", lengths)):
            scaled = [[value / size for value, size in zip(values, sizes)] for values in (expected, found)]
            places = [values.index(max(values)) for values in scaled]
            if places[0] == places[1]:
                continue
            same = False
            gap = scaled[0][places[0]] - scaled[0][places[1]]
            (self.ties if gap < TIE else self.differences).append(
                f"item {number}: {name} {places[0]} and {places[1]}, which the harness has {gap:.2g} apart")
        self.same_choice += same

    def compare_texts(self, number, theirs, ours):
        for (prompt, _), expected, found in zip(theirs.requests, theirs.responses, ours.responses):
            self.texts += 1
            if expected == found:
                self.same_text += 1
                continue
            where, gap = self.peer.parting(prompt, expected, found)
            is_tie = gap is not None and abs(gap) < TIE
            (self.ties if is_tie else self.differences).append(f"item {number}: {where}: {expected!r} and {found!r}")

    def compare_scores(self, number, theirs, ours, is_tied):
        if theirs.filters.keys() != ours.filters.keys():
            self.differences.append(f"item {number}: filters {list(theirs.filters)} and {list(ours.filters)}")
            return
        same = True
        for name, (answer, scores) in theirs.filters.items():
            own_answer, own = ours.filters[name]
            equal = answer == own_answer and scores.keys() == own.keys() and all(
                abs(float(scores[metric]) - float(own[metric])) <= SCORE_TOLERANCE for metric in scores)
            if not equal:
                same = False
                if not is_tied:
                    self.differences.append(f"item {number}, {name}: {answer!r} {scores} and {own_answer!r} {own}")
        self.same_scores += same

    def row(self):
        def share(count, total):
            return f"{count} of {total}" if total else ""
        return [self.task, str(self.compared), share(self.same_choice, self.choices), share(self.same_text, self.texts),
                share(self.same_scores, self.compared), f"{self.largest:.1e}" if self.choices else "",
                str(len(self.ties)), str(len(self.differences))]


HEADINGS = ["task", "items", "same choice", "same text", "same scores", "log-likelihoods differ by at most", "ties",
            "differences"]


def compare(peer, arguments, folder, task, shots, limit):
    start = time.monotonic()
    ours = run_ours(arguments.model, arguments.data, arguments.threads, folder, task, shots, limit, peer.tasks)
    own_seconds, start = time.monotonic() - start, time.monotonic()
    theirs = peer.run(task, shots, limit)
    print(f"{task}: {own_seconds:.0f} s, the harness {time.monotonic() - start:.0f} s", file=sys.stderr)
    comparison = Comparison(task if shots is None else f"{task}, {shots} shots", peer)
    for number in sorted(theirs.keys() | ours.keys()):
        if number in theirs and number in ours:
            comparison.add(number, theirs[number], ours[number])
        else:
            comparison.differences.append(f"item {number}: only {'the harness' if number in theirs else 'gemmabench'} has it")
    return comparison


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="tasks of the harness, by name (not groups)")
    parser.add_argument("--shots", type=int, help="few-shot examples; default: as the task says")
    parser.add_argument("--limit", type=int, help="the first so many documents of each task; default 20, or as planned")
    parser.add_argument("--model", type=pathlib.Path, default=MODEL, help=f"a checkpoint folder; default {MODEL}")
    parser.add_argument("--data", type=pathlib.Path, default=DATA,
                        help=f"folder with hub/OWNER/NAME/CONFIGURATION/SPLIT.parquet; default {DATA}")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of either side")
    parser.add_argument("--softmax", choices=["float32", "float64"], default="float64",
                        help="in what the harness normalises logits; its default, float32, rounds by up to 5e-5 a token")
    arguments = parser.parse_args()
    plan = PLAN if arguments.tasks is None else [(task, None, 20) for task in arguments.tasks]
    peer = Peer(arguments.model, arguments.data, arguments.threads, arguments.softmax)
    print("| " + " | ".join(HEADINGS) + " |\n|---" + "|---:" * (len(HEADINGS) - 1) + "|", flush=True)
    failed = False
    for task, shots, limit in plan:
        with tempfile.TemporaryDirectory() as folder:
            comparison = compare(peer, arguments, pathlib.Path(folder), task,
                                 shots if arguments.shots is None else arguments.shots, arguments.limit or limit)
        print("| " + " | ".join(comparison.row()) + " |", flush=True)
        for line in comparison.ties:
            print(f"  tie: {line}", flush=True)
        for line in comparison.differences:
            print(f"  DIFFERENT: {line}", flush=True)
        failed |= bool(comparison.differences) or not comparison.compared
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

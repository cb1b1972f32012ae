"""What lm-evaluation-harness makes of its tasks with Python functions, on made-up rows: held against `hooks: python`.

  make_harness_hook_goldens.py OUT [--limit COUNT] [--match TEXT]

Of each set of functions that task files name, one task is taken, and of each folder at most eight. Its rows are made up: a column is added for each that a
function or a template misses, and its value changed until the task can be made. What cannot be made so is counted and left
out, and so are tasks that run programs. OUT gets hub/OWNER/NAME/CONFIGURATION/SPLIT.jsonl, TASK.jsonl and index.json. Then

  LM_EVAL_TASKS=.../lm_eval/tasks GEMMABENCH_HARNESS_GOLDENS=OUT GEMMABENCH_DATA=OUT GEMMABENCH_TEST_HOOKS=python \\
    swift test --filter HarnessTaskTests
"""

import argparse
import copy
import hashlib
import json
import logging
import os
import pathlib
import random
import re
import signal
import sys

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_EVALUATE_OFFLINE="1", TQDM_DISABLE="1")
import datasets
import numpy

logging.disable(logging.ERROR)
datasets.disable_progress_bars()
import lm_eval
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml

TASKS = pathlib.Path(lm_eval.__file__).parent / "tasks"
ROWS = 6
TEXTS = ["the owl", "a grey heron by the lake", "two newts", "It is 12", "yes", "Paris, in 1999"]
LISTS = [["owl", "heron", "newt", "perch"], ["red", "green ", "blue", "grey"], ["one", "two", "three", "four"]]
# Values that a column may have, in the order in which they are tried; each is a function of the row's number.
VALUES = {
    "text": lambda i: TEXTS[i % len(TEXTS)] + f" {i}",
    "letter": lambda i: "ABCD"[i % 4],
    "small": lambda i: "abcd"[i % 4],
    "number": lambda i: i % 4,
    "zero_one": lambda i: i % 2,
    "digit": lambda i: str(i % 4),
    "one_two": lambda i: str(1 + i % 2),
    "flag": lambda i: i % 2 == 0,
    "list": lambda i: LISTS[i % len(LISTS)],
    "texts": lambda i: json.dumps(LISTS[i % len(LISTS)]),
    "choices": lambda i: {"text": LISTS[i % len(LISTS)], "label": ["A", "B", "C", "D"]},
    "targets": lambda i: {"choices": LISTS[i % len(LISTS)], "labels": [0, 1, 0, 0], "text": LISTS[0], "answer_start": [0, 1, 2, 3]},
    "rows": lambda i: [{"text": t, "label": "ABCD"[n], "question": t, "answer": t} for n, t in enumerate(LISTS[i % len(LISTS)])],
    "numbers": lambda i: [i % 4],
}
LIKELY = [
    (r"choices|options|endings|candidates|texts$|alternatives", ["list", "choices", "texts", "rows"]),
    (r"label|gold|idx|index|target_scores|num|level|score", ["number", "zero_one", "letter", "digit", "text"]),
    (r"^answer|correct|answerKey|solution|target", ["letter", "number", "text", "digit", "list", "one_two", "targets", "small"]),
]


class Skipped(Exception):
    """A task that is left out."""


def likely(key):
    first = next((names for pattern, names in LIKELY if re.search(pattern, key, re.I)), ["text", "number", "list"])
    return first + [name for name in VALUES if name not in first]


def missing(error):
    """The column that an error speaks of."""
    text = str(error)
    if isinstance(error, KeyError):
        return error.args[0] if error.args and isinstance(error.args[0], str) and len(error.args[0]) < 60 else None
    found = re.search(r"'([^']+)' is undefined|has no attribute '([^']+)'|Column (\S+) not in", text)
    return next((part for part in found.groups() if part), None) if found else None


def log_likelihood(context, continuation):
    number = int(hashlib.sha256((context + "\0" + continuation).encode()).hexdigest()[:8], 16)
    return -(number % 100000) / 1000 - 0.5, number % 3 == 0


def generated(context, target):
    texts = [f" {target}", f"So the answer is {target}.", "(B)", "A", f"{target}\n", "12 or 7", "yes", ""]
    return texts[int(hashlib.sha256(context.encode()).hexdigest()[:8], 16) % len(texts)]


def hooks_of(config):
    """The functions that a configuration names."""
    if callable(config):
        return [getattr(config, "__module__", "") + "." + getattr(config, "__name__", repr(config)[:40])]
    items = config.values() if isinstance(config, dict) else config if isinstance(config, list) else []
    return [name for item in items for name in hooks_of(item)]


def seeded():
    random.seed(0)
    numpy.random.seed(1234)


def make(config, rows):
    splits = {config.get(key) for key in ["training_split", "validation_split", "test_split", "fewshot_split"]} - {None}
    splits.add((config.get("fewshot_config") or {}).get("split") or config.get("test_split") or config.get("validation_split"))
    datasets.load_dataset = lambda *_, **__: datasets.DatasetDict(
        {split: datasets.Dataset.from_list(copy.deepcopy(rows)) for split in splits if split})
    seeded()
    task = ConfigurableTask(config=copy.copy(config))
    task.set_fewshot_seed(seed=1234)
    return task, sorted(split for split in splits if split)


def evaluate(task):
    """The documents of a task with requests, responses, answers and metrics."""
    seeded()
    task.build_all_requests(limit=None, rank=0, world_size=1, rewrite_requests_cache=False)
    instances = task.instances
    for instance in instances:
        kind = instance.request_type
        context = instance.args[0]
        if kind == "generate_until":
            target = task.doc_to_target(instance.doc)
            instance.resps = [generated(context, target if not isinstance(target, list) else (target or [""])[0])]
        elif kind == "loglikelihood_rolling":
            instance.resps = [log_likelihood("", context)[0]]
        else:
            instance.resps = [log_likelihood(*instance.args[:2])]
    task.apply_filters()
    documents = {}
    for instance in instances:
        documents.setdefault(instance.doc_id, []).append(instance)
    made, values = [], {}
    for number, requests in sorted(documents.items()):
        requests.sort(key=lambda request: request.idx)
        document = requests[0].doc
        row = {
            "doc_id": number, "target": task.doc_to_target(document), "responses": [r.resps for r in requests],
            "requests": [], "filters": {},
        }
        for request in requests:
            entry = {"context_sha256": hashlib.sha256(request.args[0].encode()).hexdigest(), "context": request.args[0]}
            if len(request.args) > 1:
                entry["continuation" if isinstance(request.args[1], str) else "generation"] = request.args[1]
            row["requests"].append(entry)
        for name in requests[0].filtered_resps:
            answers = [request.filtered_resps[name] for request in requests]
            metrics = task.process_results(document, answers)
            row["filters"][name] = {"filtered": answers, "metrics": metrics}
            for metric, value in metrics.items():
                values.setdefault((metric, name), []).append(value)
        made.append(row)
    means = {}
    for (metric, name), found in values.items():
        aggregation = task.aggregation().get(metric)
        if getattr(aggregation, "__module__", "") == "lm_eval.api.metrics" and aggregation.__name__ == "mean":
            means[f"{metric},{name}"] = aggregation(found)
    return made, means


def attempt(config):
    """Rows on which the task can be made and scored, with what came of it."""
    chosen, order = {}, []
    for _ in range(60):
        rows = [{key: VALUES[likely(key)[number]](i) for key, number in chosen.items()} or {"id": i} for i in range(ROWS)]
        try:
            task, splits = make(config, rows)
            return rows, splits, *evaluate(task)
        except (ImportError, FileNotFoundError, ConnectionError, NotImplementedError) as error:
            raise Skipped(f"{type(error).__name__}: {error}")
        except Exception as error:
            key = missing(error)
            if key is not None and key not in chosen:
                chosen[key] = 0
                order.append(key)
                continue
            # The last column whose values are not all tried.
            while order and chosen[order[-1]] + 1 >= len(VALUES):
                chosen[order[-1]] = 0
                order.pop()
            if not order:
                raise Skipped(f"{type(error).__name__}: {error}")
            chosen[order[-1]] += 1
    raise Skipped("no rows were found")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--limit", type=int, default=10000)
    parser.add_argument("--match", default="")
    given = parser.parse_args()
    seen, folders, index, skipped = set(), {}, [], {}
    for path in sorted(TASKS.rglob("*.yaml")):
        relative = str(path.relative_to(TASKS))
        if given.match not in relative or len(index) >= given.limit or b"task" not in path.read_bytes():
            continue
        try:
            config = load_yaml(path)
        except (Exception, SystemExit):
            continue
        if not isinstance(config.get("task"), str) or "group" in config or "class" in config or config.get("unsafe_code"):
            continue
        names = tuple(sorted(hooks_of(config)))
        if not names or names in seen or config.get("custom_dataset"):
            continue
        seen.add(names)
        top = relative.split("/")[0]
        folders[top] = folders.get(top, 0) + 1
        if folders[top] > 8:
            continue
        signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(Skipped("too slow")))
        signal.alarm(20)
        try:
            rows, splits, documents, means = attempt(config)
            lines = [json.dumps(row, ensure_ascii=False, default=plain) + "\n" for row in documents]
        except Skipped as error:
            skipped[relative] = str(error)[:160]
            continue
        except (Exception, SystemExit) as error:
            skipped[relative] = f"{type(error).__name__}: {error}"[:160]
            continue
        finally:
            signal.alarm(0)
        # Each task has rows of its own, whatever its data set is called.
        folder = given.out / "hub" / "made" / config["task"] / "default"
        folder.mkdir(parents=True, exist_ok=True)
        for split in splits:
            (folder / f"{split}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        (given.out / f"{config['task']}.jsonl").write_text("".join(lines))
        index.append({
            "file": f"{config['task']}.jsonl", "task": config["task"], "yaml": relative, "mean": means,
            "data": f"made/{config['task']}", "output_type": config.get("output_type", "generate_until"),
        })
        print(len(index), relative, file=sys.stderr)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "index.json").write_text(json.dumps({"tasks": index, "skipped": skipped}, indent=1))
    print(f"{len(index)} tasks; left out: {len(skipped)}")


def plain(value):
    return value.tolist() if hasattr(value, "tolist") else str(value)


if __name__ == "__main__":
    main()

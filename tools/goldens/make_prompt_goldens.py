#!/usr/bin/env python3
"""Makes Tests/Goldens/tasks: prompts and scores as lm-evaluation-harness makes them.

    python3 -m pip install lm-eval==0.4.13
    python3 tools/goldens/make_prompt_goldens.py DATA

DATA is the folder that GEMMABENCH_DATA names (mmlu/dev, mmlu/test, gsm8k). The harness's own task configurations are
loaded, with one change: the documents come from the local files instead of a download. Its own few-shot sampler,
templates, filters and metric then run; nothing here builds a prompt or scores an answer. Needs no network.
"""

import csv
import hashlib
import json
import os
import random
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import datasets
import lm_eval
import lm_eval.tasks
from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml

SEED = 1234
ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "Tests" / "Goldens" / "tasks"
CONFIGURATIONS = Path(lm_eval.tasks.__file__).parent


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def task_of(path, documents, shots, sampler=None):
    """A task of the harness whose documents are given; `sampler` is one of the harness's, None for the task's own."""
    configuration = load_yaml(str(path))
    configuration.pop("tag", None)
    configuration["custom_dataset"] = lambda **_: datasets.DatasetDict(
        {split: datasets.Dataset.from_list(rows) for split, rows in documents.items()})
    configuration["num_fewshot"] = shots
    if sampler:
        configuration["fewshot_config"] = {"sampler": sampler}
    task = ConfigurableTask(config=configuration)
    task.set_fewshot_seed(seed=SEED)
    return task


def requests_of(task):
    """The requests of every document, by the harness's own loop."""
    task.build_all_requests(limit=None, rank=0, world_size=1)
    by_document = {}
    for instance in task.instances:
        by_document.setdefault(instance.doc_id, []).append(instance)
    return [by_document[index] for index in range(len(by_document))]


def read_mmlu(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [{"question": row[0], "choices": row[1:5], "answer": "ABCD".index(row[5])} for row in csv.reader(file)]


def read_jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def mmlu(data):
    result = {}
    for path in sorted(data.glob("mmlu/test/*_test.csv")):
        subject = path.name.removesuffix("_test.csv")
        documents = {"test": read_mmlu(path), "dev": read_mmlu(data / "mmlu" / "dev" / f"{subject}_dev.csv")}
        entry = {"count": len(documents["test"])}
        for shots in (0, 5):
            task = task_of(CONFIGURATIONS / "mmlu" / "default" / f"mmlu_{subject}.yaml", documents, shots)
            requests = requests_of(task)
            assert all([i.args[1] for i in r] == [" A", " B", " C", " D"] for r in requests)
            hashes = [sha256(instances[0].args[0]) for instances in requests]
            entry[f"{shots}_shot"] = {"all": sha256("".join(hashes)), "first": hashes[:2]}
        result[subject] = entry
        print(subject, entry["count"], flush=True)
    return result


def answers(rng, count):
    """Synthetic generations around what the expressions look for, and texts of nothing but their alphabet."""
    pieces = ["#### ", "####", "##### ", "#", " ", "-", "--", "$", "$$", ",", ".", "..", "0", "7", "18", "1,234",
              "3.50", "$18.00", "-5", "-$5", "18.", "#### 18", "#### -18", "#### $18", "#### 1,800", "#### 18.0",
              "#### .",
              "\n", "\r\n", "The answer is ", "\u0663", "\uff15", "\u2212", "\u00e9", "e\u0301", "\U0001f600", "x", "%",
              "<<9*2=18>>", "Question:", "[invalid]", "\u00a0", "\0", "1e5", "\t"]
    texts = ["", " ", "18", "#### 18", "#### 18\n\nQuestion: next #### 5", "####18", "#### 18.", "#### 18.\n", "-",
             "-.", "$", "$1", "...", "the answer is -18.", "#### -", "#### -\n#### 4", "#### ,", "18" * 500]
    while len(texts) < count:
        texts.append("".join(rng.choice(pieces) for _ in range(rng.randint(1, 12))))
    return texts


def gsm8k(data):
    documents = {"test": read_jsonl(data / "gsm8k" / "test.jsonl"), "train": read_jsonl(data / "gsm8k" / "train.jsonl")}
    path = CONFIGURATIONS / "gsm8k" / "gsm8k.yaml"
    result = {"count": len(documents["test"])}
    for shots in (0, 5, 8):
        task = task_of(path, documents, shots)
        requests = requests_of(task)
        hashes = [sha256(instances[0].args[0]) for instances in requests]
        arguments = requests[0][0].args[1]
        result[f"{shots}_shot"] = {"all": sha256("".join(hashes)), "first": hashes if shots == 5 else hashes[:2]}
        result["until"] = arguments["until"]
    hashes = [sha256(instances[0].args[0]) for instances in requests_of(task_of(path, documents, 5, "first_n"))]
    result["5_shot_first_n"] = {"all": sha256("".join(hashes)), "first": hashes[:2]}
    return result


def gsm8k_scores(data):
    """Generations through the harness's filters and metric, against documents with an answer of every shape."""
    rng = random.Random(SEED)
    finals = ["18", "-5", "1,234", "3.50", "18.", "$7", "0", "A Word", "70,000."]
    documents = [{"question": f"Question {n}?", "answer": f"Some <<1+1=2>>2 steps.\n#### {final}"}
                 for n, final in enumerate(finals)]
    task = task_of(CONFIGURATIONS / "gsm8k" / "gsm8k.yaml", {"test": documents, "train": documents}, 0)
    filters = {ensemble.name: ensemble for ensemble in task._filters}
    instances = requests_of(task)
    rows = []
    for text in answers(rng, 3000):
        index = rng.randrange(len(documents))
        if rng.random() < 0.2:
            text += f"\n#### {finals[index]}"
        instance = instances[index][0]
        instance.resps = [text]
        row = [index, text]
        for name in ("strict-match", "flexible-extract"):
            filters[name].apply([instance])
            extracted = instance.filtered_resps[name]
            score = task.process_results(documents[index], [extracted])["exact_match"]
            row += [None if extracted == "[invalid]" else extracted, int(score)]
        rows.append(row)
    return {"documents": documents, "rows": rows}


def draws():
    """Few-shot draws of CPython's generator: seed, population, count, two draws in a row."""
    rows = []
    for seed in (0, 1, 1234, 2**32 - 1, 2**32, 2**63 - 1):
        for population, count in ((5, 5), (21, 5), (22, 5), (7473, 5), (7473, 8), (84, 6), (86, 6), (300, 21), (1, 1),
                                  (1000, 0)):
            generator = random.Random(seed)
            rows.append([str(seed), population, count, [generator.sample(range(population), count) for _ in "12"]])
    return rows


def write(name, value):
    if isinstance(value, dict) and "rows" in value:
        body = ",\n".join(json.dumps(row) for row in value["rows"])
        head = "".join(f"{json.dumps(key)}: {json.dumps(part)}, " for key, part in value.items() if key != "rows")
        text = "{" + head + '"rows": [\n' + body + "\n]}\n"
    else:
        text = json.dumps(value, indent=0) + "\n"
    (OUT / name).write_text(text, encoding="utf-8")


def main():
    data = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    write("python-draws.json", {"rows": draws()})
    write("gsm8k-scores.json", gsm8k_scores(data))
    write("gsm8k-prompts.json", gsm8k(data))
    write("mmlu-prompts.json", mmlu(data))


if __name__ == "__main__":
    main()

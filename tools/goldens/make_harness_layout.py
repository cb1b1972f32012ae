#!/usr/bin/env python3
"""Writes Tests/Goldens/harness/layout.json: what files of lm-evaluation-harness look like, by names, keys and kinds of values.

    python tools/goldens/make_harness_layout.py        # needs lm-eval 0.4.13 with transformers and PyTorch; no network

The harness itself runs a task that is generated, one of choices, and a group of two, on the tiny model of the tests, and saves
results and samples. Tests/Fronts/Workflow holds `gemmabench export --format lm-eval` against the layout.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPITALS = [{"question": f"What is the capital of {country}?", "answer": city}
            for country, city in (("France", "Paris"), ("Italy", "Rome"), ("Spain", "Madrid"))]
RIDDLES = [{"riddle": "Two and two?", "options": ["three", "four"], "right": 1},
           {"riddle": "The colour of snow?", "options": ["white", "black"], "right": 0},
           {"riddle": "The legs of a cat?", "options": ["four", "six"], "right": 0}]
GENERATED = """task: capitals
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/capitals.jsonl}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}\\nAnswer:"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["\\n\\n"], max_gen_toks: 8, do_sample: false, temperature: 0.0}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
metadata: {{version: 1.0}}
"""
CHOSEN = """task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/riddles.jsonl}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{riddle}}}}\\nAnswer:"
doc_to_choice: options
doc_to_target: right
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""
GROUP = """group: quiz
task: [quiz_birds, quiz_fish]
aggregate_metric_list: [{metric: acc, weight_by_size: true}]
metadata: {version: 1.0}
"""
NAMES = {"capitals": "TASK", "riddles": "TASK", "quiz": "GROUP", "quiz_birds": "MEMBER", "quiz_fish": "MEMBER"}


def kind(value):
    """The kind of a value, as JSON calls it; of a list with the kind of its first element."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list):
        return ["list", kind(value[0]) if value else "nothing"]
    return {str: "string", dict: "object", type(None): "null"}[type(value)]


def kinds(value):
    return {key: kind(entry) for key, entry in value.items()}


def layout(folder):
    """What lies in a folder of results."""
    found = {"files": sorted({re.sub(r"_(" + "|".join(sorted(NAMES, key=len, reverse=True)) + ")_", "_TASK_",
                                     re.sub(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?", "TIME", path.name))
                              for path in folder.iterdir()})}
    results = json.loads(next(folder.glob("results_*.json")).read_text(encoding="utf-8"))
    found["results"] = kinds(results)
    found["by_name"] = {key: {NAMES[name]: kind(entry) for name, entry in value.items()}
                        for key, value in results.items()
                        if isinstance(value, dict) and value and set(value) <= set(NAMES)}
    found["scores"] = {NAMES[name] + ("" if NAMES[name] != "TASK" else " " + results["configs"][name]["output_type"]):
                       kinds(entry) for name, entry in results["results"].items()}
    found["configs"] = {results["configs"][name]["output_type"]: sorted(entry)
                        for name, entry in results["configs"].items()}
    found["config"] = sorted(results["config"])
    found["samples"] = {}
    for name in ("capitals", "riddles"):
        line = json.loads(next(folder.glob(f"samples_{name}_*.jsonl")).read_text(encoding="utf-8").splitlines()[0])
        found["samples"][results["configs"][name]["output_type"]] = {
            "line": kinds(line), "arguments": {key: kinds(value) for key, value in line["arguments"].items()},
            "resps": line["resps"] and kind(line["resps"][0])}
    return found


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, rows in (("capitals", CAPITALS), ("riddles", RIDDLES)):
            (folder / f"{file}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "capitals.yaml").write_text(GENERATED.format(folder=folder))
        for task in ("riddles", "quiz_birds", "quiz_fish"):
            (folder / f"{task}.yaml").write_text(CHOSEN.format(folder=folder, name=task))
        (folder / "quiz.yaml").write_text(GROUP)
        subprocess.run(
            [sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args",
             f"pretrained={ROOT}/Tests/Goldens/tiny,dtype=float32", "--device", "cpu", "--tasks", "capitals,riddles,quiz",
             "--include_path", str(folder), "--output_path", str(folder / "out"), "--log_samples", "--batch_size", "1"],
            check=True, cwd=folder, env=dict(os.environ, HF_HUB_OFFLINE="1", HF_DATASETS_CACHE=str(folder / "cache")))
        found = layout(next((folder / "out").iterdir()))
    from importlib.metadata import version
    found = {"lm_eval": version("lm_eval"), **found}
    target = ROOT / "Tests/Goldens/harness/layout.json"
    target.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(target)


if __name__ == "__main__":
    main()

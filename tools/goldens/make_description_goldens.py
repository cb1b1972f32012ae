"""lm-evaluation-harness's requests, answers, scores and means of the made-up tasks in Tests/Goldens/descriptions.

  make_description_goldens.py

The model is a stand-in: a log-likelihood is a function of the texts' SHA-256, and what is generated a list of texts below or
the field `made` of the document. Data files are found from the folder of the tasks.
"""

import hashlib
import json
import os
import pathlib

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")
import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

ROOT = pathlib.Path(__file__).resolve().parents[2] / "Tests/Goldens/descriptions"
TASKS = ["animals", "animals_same", "animals_yes", "animals_written", "animals_vote", "endings", "pages", "lines"]
GROUPS = ["zoo_all"]
# Tasks that name functions of Python, in a folder of their own.
HOOKED = ["hooked_notes", "hooked_choices", "hooked_pages", "hooked_lines", "hooked_squares"]
TEXTS = [
    " The answer is (B).", " (A)\n", "owl", " I would say: C", " It is the heron, or the Newt.", " D or A", "", " perch.",
    " answer is (C)", "Otter!",
]


def digest(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def log_likelihood(context, continuation):
    number = int(digest(context + "\0" + continuation)[:8], 16)
    return -(number % 100000) / 1000 - 0.5, number % 3 == 0


class Canned(LM):
    def loglikelihood(self, requests, **_):
        return [log_likelihood(*request.args[:2]) for request in requests]

    def loglikelihood_rolling(self, requests, **_):
        return [log_likelihood("", request.args[0])[0] for request in requests]

    def generate_until(self, requests, **_):
        counts, texts = {}, []
        for request in requests:
            number = counts.get(request.args[0], 0)
            counts[request.args[0]] = number + 1
            start = int(digest(request.args[0])[:8], 16)
            texts.append(request.doc.get("made") or TEXTS[(start + number // 2) % len(TEXTS)])
        return texts


def make(folder, names, path):
    os.chdir(ROOT / folder)
    manager = TaskManager(include_path=str(ROOT / folder), include_defaults=False)
    made = {}
    for name in names:
        result = lm_eval.simple_evaluate(
            model=Canned(), tasks=[name], task_manager=manager, log_samples=True, bootstrap_iters=0, random_seed=0,
            numpy_random_seed=1234, torch_random_seed=1234, fewshot_random_seed=1234)
        tasks = {}
        for task, samples in result["samples"].items():
            documents = {}
            for sample in samples:
                document = documents.setdefault(sample["doc_id"], {"target": sample["target"], "filters": {}})
                arguments = sample["arguments"]
                document["requests"] = [list(argument) for argument in arguments]
                document["responses"] = sample["resps"]
                document["filters"][sample["filter"]] = {
                    "filtered": sample["filtered_resps"],
                    "metrics": {metric: sample[metric] for metric in sample["metrics"] if metric in sample},
                }
            tasks[task] = [documents[number] for number in sorted(documents)]
        means = lambda found: {k: v for k, v in found.items() if "," in k and "stderr" not in k and isinstance(v, (int, float))}
        made[name] = {
            "tasks": tasks, "results": {task: means(found) for task, found in result["results"].items()},
            "groups": {group: means(found) for group, found in (result.get("groups") or {}).items()},
        }
    (ROOT / path).write_text(json.dumps(made, ensure_ascii=False, indent=1, default=plain) + "\n")


def plain(value):
    return value.tolist() if hasattr(value, "tolist") else str(value)


def main():
    make("tasks", TASKS + GROUPS, "harness.json")
    make("python", HOOKED, "python.json")


if __name__ == "__main__":
    main()

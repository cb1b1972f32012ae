"""What lm-evaluation-harness makes of the catalogue's tasks on the made-up rows in Tests/Goldens/catalogue.

  make_catalogue_goldens.py [FAMILY...]

For each Sources/CatalogueFiles/tasks/FAMILY.yaml it writes Tests/Goldens/catalogue/FAMILY.json. A task of the catalogue that the
harness has too is run as the harness's own files describe it, so that both are compared; one that it lacks is run by the
harness as the catalogue's file says. The model is a stand-in: a log-likelihood is a function of the texts' SHA-256, and a
response one of the texts of `generate`. Nothing is fetched: `datasets.load_dataset` is replaced by a reader of the rows.
minerva_math and math500 need math-verify==0.9.0 with antlr4-python3-runtime==4.11.0.

"runs" are a task's members (itself, where it has no subjects) by default and, where `SHOTS` says so, with few-shot examples:
{"member", "name" (the harness's), "shots" (null: as the task says), "documents": [{"target", "requests": [{"context" (of the
first member's first document alone), "context_sha256" (left out where it is that of the request before), "continuation" or
"generation"}], "responses", "filters": {name: {"filtered" (of generated texts), "metrics"}}}], "results"}.
"""

import hashlib
import json
import logging
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
import datasets
import evaluate
import lm_eval
import numpy
import yaml
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "Sources/CatalogueFiles/tasks"
ROWS = ROOT / "Tests/Goldens/catalogue"
ABOUT = {"title", "source", "paper", "licence", "tags", "questions", "chance", "gated"}
# Data sets that the harness names otherwise than the catalogue: the catalogue's, and which of its rows the other one has.
SAME_DATA = {
    "fxmarty/mmlu-redux-2.0-ok": ("edinburgh-dawg/mmlu-redux-2.0", lambda row: row["error_type"] == "ok"),
    "CohereForAI/Global-MMLU-Lite": ("CohereLabs/Global-MMLU-Lite", None),
}
# Tasks of the harness that have no group there, or one with others in it.
GROUPS = {"mgsm_native_cot": [f"mgsm_native_cot_{language}" for language in "bn de en es fr ja ru sw te th zh".split()]}
# Data that `process_docs` shuffles with the generator that the harness seeds with 0: `datasets` caches what it makes of a file
# at first, so that every later use has that order.
SHUFFLED = {"Idavidrein/gpqa"}
# The harness's names of members that do not differ from one another by the subject alone: {(task, subject): name}.
NAMES = {}
# Tasks that the harness has under the same name and that are meant to differ; the reason stands in the catalogue's file.
OWN = set()
# Few-shot examples of a second run; default: 2 for choices and log-likelihoods whose file says no number.
SHOTS = {"race": 0, "agieval_en": 2}
SHOTS |= {name: 2 for name in "drop hendrycks_math mgsm_direct mgsm_native_cot mmlu_generative nq_open triviaqa".split()}
SHOTS |= {f"global_mmlu_{language}": 0 for language in "ar bn de es fr hi id it ja ko pt sw yo zh".split()}
# Texts that the stand-in answers with, {} being the right answer.
TEXTS = [
    " {}", " The answer is ({}).", " Let me think. So the answer is {}.", "\n{} ", " #### {}\n", " \\boxed{{{}}}",
    " I do not know.", " answer is {}", " (B) is the answer; 12 or -3.", " The final answer is {}. I hope it is correct.",
    " $\\boxed{{{}}}$", " So it is {}, or maybe 1,234.5.",
]
# Texts that tasks are answered with more often than with those, since none of them is right there: {task's first letters: texts}.
FINAL = "Final Answer: The final answer is {}. I hope it is correct."
# The same number written otherwise. Not for answers with a sign of plus or minus: math-verify does not take one apart within a
# term, and MathExpression does; MathExpressionTests has that difference.
REWRITTEN = FINAL.format(r"$\frac{{{}}}{{1}}$")
TEXTS_OF = {
    "minerva_math": [FINAL.format("${}$"), REWRITTEN, FINAL.format("$x={}$"), FINAL.format("${} cm$"), FINAL.format("{}")],
    "hendrycks_math": ["${}$", "It is ${}$", "$x={}$", "{}"], "bbh_fewshot": ["{}"], "drop": [" {}", " the {}", " {} birds"],
    "humaneval_instruct": ["{}```\nIt is done.", "{}", "    return a\n```"] * 2,
    "humaneval": ["{}", "{}\nprint(add(1, 2))", "    return a\n", "    return undefined\n", "    raise SystemExit(0)\n"] * 2,
    "triviaqa": [" {}", " the {}", "\"{}\""], "nq_open": [" {}", " the {}"],
}


class Loader(yaml.SafeLoader):
    pass


Loader.add_constructor("!native", lambda loader, node: {"!native": loader.construct_scalar(node)})


def digest(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def log_likelihood(context, continuation):
    number = int(digest(context + "\0" + continuation)[:8], 16)
    return -(number % 100000) / 1000 - 0.5, number % 3 == 0


def generate(task, context, number, answer, stops):
    own = next((texts for name, texts in TEXTS_OF.items() if task.startswith(name)), [])
    texts = [text for text in own + own + TEXTS if text != REWRITTEN or "\\pm" not in answer]
    text = texts[(int(digest(context)[:8], 16) + number) % len(texts)].format(answer)
    for stop in stops:
        if stop and stop in text:
            text = text[: text.index(stop)]
    return text


class CodeEval:
    """What `code_eval` of HuggingFace's evaluate does, which is a script on the Hub: programs are run, pass@k is computed."""

    def compute(self, references, predictions, k):
        def passes(program):
            try:
                return subprocess.run(
                    [sys.executable, "-c", "import sys; exec(sys.stdin.read(), {}); sys.stdout.write('passed')"], input=program,
                    capture_output=True, text=True, timeout=3).stdout.endswith("passed")
            except subprocess.TimeoutExpired:
                return False

        values = {f"pass@{count}": [] for count in k}
        for tests, programs in zip(references, predictions):
            right = sum(passes(program + "\n" + tests) for program in programs)
            for count in k:
                values[f"pass@{count}"].append(
                    1 - math.comb(len(programs) - right, count) / math.comb(len(programs), count))
        return {name: numpy.mean(all_of) for name, all_of in values.items()}, {}


class Canned(LM):
    """A model whose answers are functions of what it is asked and, so that some are right, of the right answer."""

    def __init__(self, tasks):
        super().__init__()
        self.tasks = tasks

    def loglikelihood(self, requests, **_):
        return [log_likelihood(*request.args[:2]) for request in requests]

    def loglikelihood_rolling(self, requests, **_):
        return [log_likelihood("", request.args[0])[0] for request in requests]

    def answer(self, request):
        task = self.tasks[request.task_name]
        target = task.doc_to_target(request.doc)
        if "validated_answers" in request.doc:
            # The target of DROP is made of the names of its answer's fields.
            target = request.doc["answers"]
        if task.config.doc_to_choice is not None and isinstance(target, int):
            target = task.doc_to_choice(request.doc)[target]
        if "canonical_solution" in request.doc:
            target = request.doc["canonical_solution"]
        while isinstance(target, (list, tuple)) and target:
            target = target[0]
        return str(target)

    def generate_until(self, requests, **_):
        counts, texts = {}, []
        for request in requests:
            number = counts.get(request.args[0], 0)
            counts[request.args[0]] = number + 1
            texts.append(generate(request.task_name, request.args[0], number, self.answer(request), request.args[1].get("until") or []))
        return texts


def verified(document, results):
    """What `!native math_verify` does, by its peer."""
    from math_verify import parse, verify

    return {"math_verify": int(verify(parse(f"${document['answer']}$"), parse(results[0])))}


def aime(document, results):
    from lm_eval.tasks.aime.utils import process_results

    return process_results(document, results)


# What the catalogue's own tasks name, in Python.
NATIVE = {"math_verify": verified, "aime": aime}
load_any_dataset = datasets.load_dataset


def load_dataset(path, name=None, **_):
    source, keeps = SAME_DATA.get(path, (path, None))
    folder = ROWS / source / (name or "default")
    if path == "text":
        texts = [file.read_text() for file in sorted((ROWS / "text").glob("*.txt"))]
        return datasets.DatasetDict(test=datasets.Dataset.from_list([{"text": text} for text in texts]))
    if path in SHUFFLED:
        random.seed(0)
        files = {file.stem: str(file) for file in folder.glob("*.jsonl")}
        return load_any_dataset("json", data_files=files, cache_dir=tempfile.mkdtemp())
    if not folder.is_dir():
        raise FileNotFoundError(f"no made-up rows: {folder}")
    splits = {}
    for file in sorted(folder.iterdir()):
        if file.suffix == ".parquet":
            rows = datasets.Dataset.from_parquet(str(file))
        else:
            rows = datasets.Dataset.from_list([json.loads(line) for line in file.read_text().splitlines()])
        splits[file.stem] = rows.filter(keeps) if keeps else rows
    return datasets.DatasetDict(splits)


def expanded(common, name, task):
    """The members of a task of the catalogue: {subject: configuration}; {None: ...} where it has no subjects."""
    subjects = task.get("subjects")
    keys = {key: value for key, value in (common | task).items() if key not in ABOUT and key != "subjects"}
    if subjects is None:
        return {None: keys | {"task": name}}
    if isinstance(subjects, list):
        subjects = {subject: {} for subject in subjects}

    def filled(value, subject):
        if isinstance(value, str):
            return value.replace("$subject", subject)
        if isinstance(value, list):
            return [filled(item, subject) for item in value]
        if isinstance(value, dict):
            return {key: filled(item, subject) for key, item in value.items()}
        return value

    return {
        subject: filled(keys | {"task": f"{name}_{subject}".replace(" ", "_")} | (own or {}), subject)
        for subject, own in subjects.items()
    }


def of_the_harness(configuration):
    """A configuration of the catalogue as one of the harness, where it needs nothing of ours."""
    def converted(value):
        if isinstance(value, dict) and "!native" in value:
            if value["!native"] in NATIVE:
                return NATIVE[value["!native"]]
            raise ValueError(f"{configuration['task']}: the harness has no such task, and !native {value['!native']} is ours")
        if isinstance(value, dict) and set(value) == {"field", "equals"}:
            return lambda rows: rows.filter(lambda row: row[value["field"]] == value["equals"])
        if isinstance(value, dict):
            return {key: converted(item) for key, item in value.items()}
        return [converted(item) for item in value] if isinstance(value, list) else value

    return converted(configuration)


def written_examples(configuration):
    """How the catalogue says that few-shot examples are written, where the harness can be told the same."""
    keys = {key: value for key, value in configuration.get("fewshot_config", {}).items() if isinstance(value, str)}
    return {"fewshot_config": keys} if keys else {}


def matched(name, subjects, tasks):
    """The harness's tasks by the catalogue's subjects: what is left of their names without what all of them share."""
    if subjects == [None]:
        return {None: next(iter(tasks))}
    names = list(tasks)
    parts = [key.split("_") for key in names]
    before = len(os.path.commonprefix(parts))
    after = len(os.path.commonprefix([part[before:][::-1] for part in parts]))
    found = {"_".join(part[before : len(part) - after]): key for part, key in zip(parts, names)}
    made = {}
    for subject in subjects:
        slug = str(subject).lower().replace(" ", "_").replace("-", "_")
        made[subject] = NAMES.get((name, subject)) or found.get(slug) or found.get(slug.replace("_", "-"))
    missing = [subject for subject, key in made.items() if key not in tasks]
    if missing:
        raise ValueError(f"{name}: no task of the harness for {missing}; it has {sorted(found)}; see NAMES")
    return made


def plain(value):
    if isinstance(value, numpy.generic):
        return value.item()
    return value.tolist() if hasattr(value, "tolist") else str(value)


def evaluated(manager, specifications, shots):
    """What the harness makes of tasks: {name: run}."""
    tasks = manager.load(specifications)["tasks"]
    result = lm_eval.simple_evaluate(
        model=Canned(tasks), tasks=list(tasks.values()), num_fewshot=shots, task_manager=manager, log_samples=True,
        bootstrap_iters=0, confirm_run_unsafe_code=True, random_seed=0, numpy_random_seed=1234, torch_random_seed=1234, fewshot_random_seed=1234)
    runs = {}
    for name, samples in result["samples"].items():
        documents = {}
        for sample in samples:
            document = documents.setdefault(sample["doc_id"], {"target": sample["target"], "requests": [], "filters": {}})
            if not document["requests"]:
                for arguments in sample["arguments"]:
                    text, *rest = arguments
                    request = {"context": text, "context_sha256": digest(text)}
                    if rest:
                        request["continuation" if isinstance(rest[0], str) else "generation"] = rest[0]
                    document["requests"].append(request)
                document["responses"] = sample["resps"]
            filtered = {"filtered": sample["filtered_resps"]} if "generation" in document["requests"][0] else {}
            document["filters"][sample["filter"]] = filtered | {
                "metrics": {metric: sample[metric] for metric in sample["metrics"] if metric in sample},
            }
        results = {
            key: value for key, value in result["results"][name].items()
            if "," in key and "stderr" not in key and isinstance(value, (int, float))
        }
        runs[name] = {"documents": [documents[number] for number in sorted(documents)], "results": results}
    return runs


def shortened(run, keeps_text):
    for number, document in enumerate(run["documents"]):
        before = None
        for position, request in enumerate(document["requests"]):
            if not keeps_text or number > 0 or position > 0:
                del request["context"]
            if request["context_sha256"] == before:
                del request["context_sha256"]
            else:
                before = request["context_sha256"]
    return run


def made(manager, known, family):
    file = yaml.load((FILES / f"{family}.yaml").read_text(), Loader)
    tasks = {}
    for name, task in file["tasks"].items():
        members = expanded(file.get("common") or {}, name, task or {})
        is_theirs = (name in known or name in GROUPS) and name not in OWN
        if is_theirs:
            specifications = GROUPS.get(name, [name])
            of_subject = matched(name, list(members), manager.load(specifications)["tasks"])
        else:
            specifications = [of_the_harness(member) for member in members.values()]
            of_subject = {subject: member["task"] for subject, member in members.items()}
        first = next(iter(members.values()))
        default = 2 if first.get("output_type") in ("multiple_choice", "loglikelihood") and "num_fewshot" not in first else None
        runs = []
        for shots in [None] + [shots for shots in [SHOTS.get(name, default)] if shots]:
            if shots and is_theirs:
                specifications = [{"group": f"{name}_shots", "task": [
                    {"task": key} | written_examples(members[subject]) for subject, key in of_subject.items()]}]
            found = evaluated(manager, specifications, shots)
            for number, (subject, key) in enumerate(of_subject.items()):
                runs.append({"member": subject, "name": key, "shots": shots} | shortened(found[key], number == 0))
        tasks[name] = {"by": "the harness's task files" if is_theirs else "the catalogue's file", "runs": runs}
        print(family, name, len(runs), "runs", sum(len(run["documents"]) for run in runs), "documents")
    text = json.dumps({"lm_eval": lm_eval.__version__, "tasks": tasks}, ensure_ascii=False, default=plain)
    # A line for each run: differences can be read.
    text = text.replace('{"member":', '\n{"member":')
    (ROWS / f"{family}.json").write_text(text + "\n")


def main():
    logging.disable(logging.WARNING)
    datasets.disable_progress_bars()
    datasets.load_dataset = load_dataset
    evaluate.load = lambda name: CodeEval()
    manager = TaskManager()
    known = set(manager.all_tasks)
    for family in sys.argv[1:] or sorted(path.stem for path in FILES.glob("*.yaml")):
        made(manager, known, family)


if __name__ == "__main__":
    main()

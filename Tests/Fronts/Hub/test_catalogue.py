"""Benchmarks of the catalogue from nothing: one command on an empty machine, again without a network, after a cut download, and
after the data have changed upstream."""

import json
import re
import shutil
import unittest

import hub_server
from support import MODEL, ROOT, HubTestCase

MMLU, GSM8K, HELLASWAG = "cais/mmlu", "openai/gsm8k", "Rowan/hellaswag"


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def card(configurations):
    """A README that says which files a data set's configurations have."""
    text = "---\nconfigs:\n"
    for name, splits in configurations.items():
        text += f"- config_name: {name}\n  data_files:\n"
        text += "".join(f"  - split: {split}\n    path: {path}\n" for split, path in splits.items())
    return (text + "---\n").encode()


def subjects():
    """MMLU's 57 subjects, as the catalogue lists them."""
    text = (ROOT / "Sources/CatalogueFiles/tasks/mmlu.yaml").read_text(encoding="utf-8")
    return re.findall(r"[a-z_]+", text[text.index("subjects:"):].split("[", 1)[1].split("]", 1)[0])


def mmlu(whole, shift=0):
    """Made-up questions of every subject: in one configuration, or in one for each."""
    names = subjects()
    rows = {split: [{"question": f"{subject}: {n} plus {shift}?", "subject": subject, "choices": [str(n + k) for k in range(4)],
                     "answer": n % 4} for subject in names for n in range(count)]
            for split, count in (("dev", 5), ("test", 2))}
    if whole:
        return {"README.md": card({"all": {split: f"all/{split}.jsonl" for split in rows}}),
                **{f"all/{split}.jsonl": lines(rows[split]) for split in rows}}
    files = {f"{subject}/{split}.jsonl": lines([row for row in rows[split] if row["subject"] == subject])
             for subject in names for split in rows}
    return {"README.md": card({subject: {split: f"{subject}/{split}.jsonl" for split in rows} for subject in names}), **files}


def gsm8k():
    rows = {split: [{"question": f"{n} eggs and {n} eggs?", "answer": f"{n} + {n} = {2 * n}\n#### {2 * n}"} for n in range(count)]
            for split, count in (("train", 9), ("test", 6))}
    return {"README.md": card({"main": {split: f"main/{split}.jsonl" for split in rows}}),
            **{f"main/{split}.jsonl": lines(rows[split]) for split in rows}}


def hellaswag():
    folder = ROOT / "Tests/Goldens/catalogue/Rowan/hellaswag/default"
    return {f"{split}.jsonl": (folder / f"{split}.jsonl").read_bytes() for split in ("train", "validation")}


class FromNothing(HubTestCase):
    def setUp(self):
        super().setUp()
        self.hub.data_sets.update({MMLU: hub_server.DataSet(mmlu(whole=True)), GSM8K: hub_server.DataSet(gsm8k()),
                                   HELLASWAG: hub_server.DataSet(hellaswag())})

    def run_tasks(self, *words, output, tasks=("mmlu", "hellaswag", "gsm8k"), **variables):
        """The report and standard error of one command."""
        # No folder of the machine's own may stand in for the Hub.
        status, printed, errors = self.run_command(
            "run", MODEL, *tasks, "--limit", "50", "--max-tokens", "2", "--no-cache", "--output", str(self.home / output), *words,
            HOME=str(self.home), GEMMABENCH_DATA="", LM_EVAL_TASKS="", **variables)
        self.assertEqual(status, 0, printed + errors)
        return json.loads((self.home / output / "comprehensive_report.json").read_text()), errors

    def counts(self, report):
        """The scored samples of each task."""
        return {cell["task"]: cell["run"]["samples"] for cell in report["cells"]}

    def test_one_command_online_then_offline(self):
        first, _ = self.run_tasks(output="first")
        self.assertEqual(self.counts(first), {"mmlu": 114, "hellaswag": 4, "gsm8k": 6})
        before = len(self.hub.log)
        second, _ = self.run_tasks(output="second", HF_HUB_OFFLINE="1")
        self.assertEqual(len(self.hub.log), before)
        self.assertEqual(*[[cell["run"]["metrics"] for cell in report["cells"]] for report in (first, second)])
        for name in (MMLU, GSM8K, HELLASWAG):
            self.assertIn(f"hf://datasets/{name}@{self.hub.data_sets[name].main.commit}/", json.dumps(first))

    def test_plan_names_what_would_be_downloaded(self):
        plan = self.home / "plan.json"
        plan.write_text(json.dumps({"models": [str(ROOT / "Tests/Goldens/tiny")], "tasks": ["mmlu", "hellaswag"]}))
        estimate = json.loads(self.succeed("plan", str(plan), "--format", "json", GEMMABENCH_DATA="", LM_EVAL_TASKS=""))
        wanted = {entry["data_set"] for task in estimate["downloads"] for entry in task["data_sets"]}
        self.assertEqual(wanted, {MMLU, HELLASWAG})
        self.assertEqual(self.hub.requests("store"), [])

    def test_a_repository_without_a_configuration_of_all_rows(self):
        self.hub.data_sets[MMLU] = hub_server.DataSet(mmlu(whole=False))
        report, _ = self.run_tasks(output="parts", tasks=("mmlu",))
        whole = hub_server.DataSet(mmlu(whole=True))
        self.hub.data_sets[MMLU] = whole
        shutil.rmtree(self.cache)
        other, _ = self.run_tasks(output="whole", tasks=("mmlu",))
        self.assertEqual(*[[cell["run"]["metrics"] for cell in found["cells"]] for found in (report, other)])

    def test_a_cut_download(self):
        cut = []

        def fault(handler, where):
            if cut or "all/test.jsonl" not in handler.path:
                return False
            cut.append(handler.path)
            handler.connection.close()
            return True

        self.hub.faults.append(fault)
        report, _ = self.run_tasks(output="cut", tasks=("mmlu",))
        self.assertTrue(cut)
        self.assertEqual(self.counts(report), {"mmlu": 114})

    def test_changed_upstream(self):
        first, _ = self.run_tasks(output="first")
        old = self.hub.data_sets[MMLU].main.commit
        self.hub.data_sets[MMLU].change(mmlu(whole=True, shift=3))
        again, errors = self.run_tasks(output="again")
        self.assertIn(f"{MMLU} is at commit {self.hub.data_sets[MMLU].main.commit} on the Hub now", errors)
        self.assertIn(old, json.dumps(again))
        self.assertEqual(*[[cell["run"]["metrics"] for cell in report["cells"]] for report in (first, again)])
        # The output folder goes on with its commit even where the cache is gone.
        shutil.rmtree(self.cache)
        kept, _ = self.run_tasks(output="first")
        self.assertIn(old, json.dumps(kept))
        self.assertNotIn(self.hub.data_sets[MMLU].main.commit, json.dumps(kept))

"""A configuration or a script in, the whole output folder out: on the small trained models, from the repository's root."""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import schema

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
FILES = {"run_1_results.yaml", "run_2_results.yaml", "run_3_results.yaml", "comprehensive_report.json",
         "executive_summary.md", "report.html", "results.db", "plan.yaml", "samples.jsonl"}


def run(*words, code=0, folder=ROOT):
    environment = {key: value for key, value in os.environ.items() if key != "GEMMABENCH_DATA"}
    environment["GEMMABENCH_CACHE"] = "off"
    done = subprocess.run([COMMAND, *map(str, words)], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=600)
    if done.returncode != code:
        raise AssertionError(f"{words}: status {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done


def load_yaml(path):
    """The file through PyYAML's safe loader; None where PyYAML is not installed."""
    try:
        import yaml
    except ImportError:
        return None
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class WorkflowTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-workflow-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.results = cls.folder / "of a file"
        cls.printed = run("run", "scripts/config.yaml", "--limit", 10, "--output", cls.results).stdout
        cls.report = json.loads((cls.results / "comprehensive_report.json").read_text(encoding="utf-8"))

    def test_the_folder_holds_what_is_documented(self):
        names = {path.name for path in self.results.iterdir()}
        self.assertLessEqual(FILES | {f"run_{k}_results.json" for k in (1, 2, 3)}, names)
        self.assertIn("of a file", run("history", self.results).stdout)

    def test_the_report_fits_its_schema(self):
        description = json.loads((ROOT / "docs/comprehensive_report.schema.json").read_text(encoding="utf-8"))
        self.assertEqual(schema.problems(self.report, description, description), [])
        broken = dict(self.report, plan_hash="x", cells=[{}])
        self.assertTrue(schema.problems(broken, description, description))
        try:
            import jsonschema
        except ImportError:
            return
        jsonschema.Draft202012Validator(description).validate(self.report)

    def test_runs_differ_where_they_can_and_models_meet_the_same_questions(self):
        cells = {(cell["model"], cell["task"], cell["run_number"]): cell for cell in self.report["cells"]}
        self.assertEqual(len(cells), 12)
        samples = [json.loads(line) for line in (self.results / "samples.jsonl").read_text().splitlines()]
        prompts = {}
        for sample in samples:
            key = (sample["model"], sample["task"], sample["run_number"])
            prompts.setdefault(key, []).append((sample["id"], sample["prompt_sha256"]))
        for model, task, number in cells:
            other = "pocket-6m" if model == "pocket-1m" else "pocket-1m"
            self.assertEqual(prompts[model, task, number], prompts[other, task, number])
            if number > 1:
                self.assertNotEqual(prompts[model, task, number], prompts[model, task, 1])
        self.assertEqual(cells["pocket-1m", "mmlu_own", 1]["seeds"], {})
        self.assertEqual(set(cells["pocket-1m", "mmlu_own", 2]["seeds"]), {"few_shot_draws", "choice_order"})
        self.assertEqual(set(cells["pocket-1m", "gsm8k", 3]["seeds"]), {"few_shot_draws"})

    def test_the_spread_over_runs_is_the_formula_s(self):
        self.assertEqual(len(self.report["repeated_runs"]), 4)
        for group in self.report["repeated_runs"]:
            scores = group["scores"]
            means = [cell["run"]["metrics"][group["metric"]]["mean"] for cell in self.report["cells"]
                     if cell["model"] == group["model"] and cell["task"] == group["task"]]
            self.assertEqual(scores, means)
            mean = sum(scores) / 3
            deviation = (sum((score - mean) ** 2 for score in scores) / 2) ** 0.5
            self.assertAlmostEqual(group["mean"], mean, 12)
            self.assertAlmostEqual(group["standard_deviation"], deviation, 12)
            self.assertEqual((group["minimum"], group["maximum"]), (min(scores), max(scores)))
            if deviation > 0:
                # 4.302652729911275 is Student's t at 0.975 with 2 degrees of freedom.
                half = 4.302652729911275 * deviation / 3 ** 0.5
                self.assertAlmostEqual(group["lower"], max(0, mean - half), 9)
                self.assertAlmostEqual(group["upper"], min(1, mean + half), 9)
            shares = [part["share"] for part in group["variance"]["components"]]
            self.assertAlmostEqual(sum(shares), 1, 12)

    def test_raw_results_load_in_a_safe_loader_and_are_those_of_the_json(self):
        for number in (1, 2, 3):
            loaded = load_yaml(self.results / f"run_{number}_results.yaml")
            if loaded is None:
                self.skipTest("PyYAML is not installed")
            self.assertEqual(loaded, json.loads((self.results / f"run_{number}_results.json").read_text()))
            self.assertEqual(sum(len(cell["samples"]) for cell in loaded["cells"]),
                             sum(cell["run"]["samples"] for cell in self.report["cells"]
                                 if cell["run_number"] == number))

    def test_the_summary_says_who_wins_what_is_hard_what_it_cost_and_what_to_distrust(self):
        page = (self.results / "executive_summary.md").read_text(encoding="utf-8")
        for title in ("Who wins what", "What is hard", "How far scores move between runs", "What it cost",
                      "What to distrust", "How to repeat it"):
            self.assertIn(f"\n## {title}\n", page)
        self.assertIn("pocket", page.split("\n## ")[0])
        self.assertLess(len(page.splitlines()), 80)
        self.assertIn("its runs differ in few-shot draws, order of choices", page)

    def test_the_plan_in_the_folder_does_it_again(self):
        again = self.folder / "again"
        run("run", self.results / "plan.yaml", "--output", again, "--quiet")
        second = json.loads((again / "comprehensive_report.json").read_text(encoding="utf-8"))
        self.assertEqual(second["plan"], self.report["plan"])
        self.assertEqual([cell["run"]["metrics"] for cell in second["cells"]],
                         [cell["run"]["metrics"] for cell in self.report["cells"]])

    def test_the_script_does_the_same(self):
        results = self.folder / "of a script"
        printed = run("script", "--quiet", "scripts/advanced_usage.lua", "--limit", 10, "--out", results).stdout
        self.assertIn("# advanced usage: summary", printed)
        self.assertLessEqual(FILES, {path.name for path in results.iterdir()})
        second = json.loads((results / "comprehensive_report.json").read_text(encoding="utf-8"))
        self.assertEqual([cell["run"]["metrics"] for cell in second["cells"]],
                         [cell["run"]["metrics"] for cell in self.report["cells"]])
        printed = run("script", "--quiet", "scripts/advanced_usage.lua", "--config", "Tests/Workflow/small.yaml").stdout
        self.assertIn("# small: summary", printed)
        self.assertIn("one run: how far a score moves", printed)

    def test_the_estimate_counts_the_tokens_that_a_run_computes(self):
        small = run("plan", "Tests/Workflow/small.yaml", "--format", "json", "--quiet").stdout
        cells = json.loads(small)["cells"]
        report = json.loads(run("run", "Tests/Workflow/small.yaml", "--format", "json", "--quiet").stdout)
        for cell, done in zip(cells, report["cells"], strict=True):
            self.assertEqual((cell["model"], cell["task"]), (done["model"], done["task"]))
            self.assertEqual(cell["samples"], done["run"]["samples"])
            if cell["task"] == "mmlu_own":  # of generations, the answers' lengths are not known
                self.assertEqual(cell["tokens_asked"], done["run"]["tokens_asked"])
                self.assertEqual(cell["tokens_computed"], done["run"]["tokens_computed"])
        self.assertIn("cells, ", run("plan", "scripts/config.yaml", "--quiet").stdout)

    def test_init_writes_the_example(self):
        target = self.folder / "mine.yaml"
        run("init", target)
        self.assertEqual(target.read_text(), (ROOT / "scripts/config.yaml").read_text())
        self.assertIn("is there already", run("init", target, code=64).stderr)
        said = run("init", folder=self.folder).stderr
        self.assertIn("change the lines", said)

    def test_mistakes_and_warnings_are_told(self):
        path = self.folder / "wrong.yaml"
        path.write_text("models: [scripts/pocket/models/pocket-1m]\ntasks: [mmlu]\nevaluation: {rnus: 3}\n")
        said = run("run", path, code=1).stderr
        self.assertIn(f'{path}:3:14: evaluation: unknown key "rnus"; did you mean "runs"?', said)
        path.write_text((ROOT / "Tests/Workflow/small.yaml").read_text() + "\nhardware: {use_flash_attention: true}\n")
        self.assertIn("use_flash_attention: means nothing", run("run", path, "--limit", 1, "--quiet").stderr)
        self.assertIn("stands in the configuration",
                      run("run", "scripts/config.yaml", "--subset", "x", code=64).stderr)

    def test_csv_is_exported_where_it_is_asked_for_and_answers_can_be_left_out(self):
        path, results = self.folder / "csv.yaml", self.folder / "csv"
        path.write_text((ROOT / "Tests/Workflow/small.yaml").read_text()
                        + f'\noutput: {{path: "{results}", export_formats: [csv]}}\n')
        run("run", path, "--limit", 2, "--quiet")
        with open(results / "run_1_results.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({row["run_number"] for row in rows}, {"1"})
        path.write_text(path.read_text().replace("[csv]", "[yaml], save_predictions: false"))
        run("run", path, "--limit", 2, "--quiet")
        names = {entry.name for entry in results.iterdir()}
        self.assertNotIn("samples.jsonl", names)
        self.assertNotIn("run_1_results.csv", names)
        self.assertNotIn("samples:", [line.strip() for line in (results / "run_1_results.yaml").read_text().splitlines()
                                      if line.strip() == "samples:"])


if __name__ == "__main__":
    unittest.main()

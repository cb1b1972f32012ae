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

ROOT = pathlib.Path(__file__).resolve().parents[3]
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
                # Student's t at 0.975 with 2 degrees of freedom, in closed form.
                half = 0.95 * (2 / (1 - 0.95 ** 2)) ** 0.5 * deviation / 3 ** 0.5
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
        self.assertIn("its runs differ in few-shot examples, order of choices", page)

    def test_the_plan_in_the_folder_does_it_again(self):
        again = self.folder / "again"
        run("run", self.results / "plan.yaml", "--output", again, "--quiet")
        second = json.loads((again / "comprehensive_report.json").read_text(encoding="utf-8"))
        def measured(report):
            return [(cell["model"], cell["task"], cell["run"]["specification"],
                     [(os.path.abspath(ROOT / file["path"]), file["sha256"]) for file in cell["run"]["data_files"]])
                    for cell in report["cells"]]

        self.assertEqual(measured(second), measured(self.report))
        plan = load_yaml(self.results / "plan.yaml")
        if plan is not None:
            self.assertEqual(plan["tasks"][1]["max_tokens"], 256, "a default that nobody wrote")
            self.assertFalse(any(model["path"].startswith("/") for model in plan["models"]))
        # From anywhere: its paths are its own.
        run("run", self.results / "plan.yaml", "--output", self.folder / "elsewhere", "--limit", 1, "--quiet",
            folder=self.folder)
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
        printed = run("script", "--quiet", "scripts/advanced_usage.lua", "--config", "Tests/Fronts/Workflow/small.yaml").stdout
        self.assertIn("# small: summary", printed)
        self.assertIn("one run: the variation from few-shot examples", printed)

    def test_crossed_runs_split_the_variance_by_what_they_vary(self):
        plan, results = self.folder / "crossed.yaml", self.folder / "crossed"
        plan.write_text(f"""
            models: [{ROOT}/scripts/pocket/models/pocket-1m]
            tasks:
              mmlu: {{shots: 2, data: scripts/pocket/data/mmlu}}
              gsm8k: {{shots: 1, temperature: 1, maximum_tokens: 16, data: scripts/pocket/data/gsm8k}}
            evaluation: {{runs: 6, design: crossed, limit: 4}}
            output: {{path: "{results}", visualize: false}}
            """)
        said = run("plan", plan, "--quiet").stdout
        self.assertIn("mmlu_own: its runs cross few-shot examples (3) with order of choices (2)", said)
        self.assertIn("gsm8k: its runs cross few-shot examples (3) with sampling (2)", said)
        printed = run("run", plan, "--quiet", "--verbose").stdout
        self.assertIn("there is no interval over runs", printed)
        report = json.loads((results / "comprehensive_report.json").read_text(encoding="utf-8"))
        self.assertEqual(report["plan"]["design"], "crossed")
        seeds = [cell["seeds"] for cell in report["cells"] if cell["task"] == "mmlu_own"]
        self.assertEqual([set(seed) for seed in seeds], [set(), {"few_shot_draws"}, {"few_shot_draws"}, {"choice_order"}]
                         + [{"few_shot_draws", "choice_order"}] * 2)
        self.assertEqual((seeds[1]["few_shot_draws"], seeds[3]["choice_order"]),
                         (seeds[4]["few_shot_draws"], seeds[5]["choice_order"]))
        found = {group["task"]: group for group in report["repeated_runs"]}
        for task, other in (("mmlu_own", "order of choices"), ("gsm8k", "sampling")):
            group = found[task]
            needs = {need["facet"]: need["levels"] for need in group["variance"]["needs"]}
            items = next(cell["run"]["samples"] for cell in report["cells"] if cell["task"] == task)
            self.assertEqual(needs, {"items": items, "few-shot examples": 3, other: 2})
            self.assertEqual((group["lower"], group["upper"]), (None, None))
            self.assertEqual(len(group["variance"]["components"]), 7)
        # The mean squares by their definition, of the scores as they were written.
        scores = {}
        for line in (results / "samples.jsonl").read_text(encoding="utf-8").splitlines():
            sample = json.loads(line)
            if sample["task"] == "mmlu_own":
                scores[sample["id"], (sample["run_number"] - 1) % 3, (sample["run_number"] - 1) // 3] = sample["score"]

        def mean(which):
            values = [score for place, score in scores.items() if which(place)]
            return sum(values) / len(values)

        grand = mean(lambda place: True)
        parts = {tuple(part["facets"]): part for part in found["mmlu_own"]["variance"]["components"]}
        count = len(scores) // 6
        draws = sum((mean(lambda place, k=k: place[1] == k) - grand) ** 2 for k in range(3))
        self.assertAlmostEqual(parts["few-shot examples",]["mean_square"], 2 * count * draws / 2, 10)
        orders = sum((mean(lambda place, k=k: place[2] == k) - grand) ** 2 for k in range(2))
        self.assertAlmostEqual(parts["order of choices",]["mean_square"], 3 * count * orders, 10)
        page = (results / "report.html").read_text(encoding="utf-8")
        for effect in ("few-shot examples × order of choices", "items × few-shot examples × sampling"):
            self.assertIn(effect, page)
        plan.write_text(plan.read_text().replace("runs: 6", "runs: 5"))
        self.assertIn("5 runs cannot cross few-shot examples with order of choices (mmlu_own)",
                      run("run", plan, "--quiet", code=1).stderr)
        self.assertIn("use 4 or 6 runs", run("plan", plan, "--quiet", code=1).stderr)

    def test_two_weight_types_on_the_same_items_split_the_variance(self):
        plan, results = self.folder / "types.yaml", self.folder / "types"
        plan.write_text(f"""
            models:
              plain: {{path: scripts/pocket/models/pocket-1m}}
              small: {{path: scripts/pocket/models/pocket-1m, quantization: q4_0}}
            tasks: {{mmlu: {{shots: 2, data: scripts/pocket/data/mmlu}}}}
            output: {{path: "{results}", visualize: false}}
            """)
        run("run", plan, "--quiet")
        report = json.loads((results / "comprehensive_report.json").read_text(encoding="utf-8"))
        split, = report["quantisations"]
        self.assertEqual(split["models"], ["plain", "small"])
        scores = {"plain": {}, "small": {}}
        for line in (results / "samples.jsonl").read_text(encoding="utf-8").splitlines():
            sample = json.loads(line)
            scores[sample["model"]][sample["id"]] = sample["score"]
        self.assertEqual(set(scores["plain"]), set(scores["small"]))
        # Two-way analysis of variance by hand: n items, two types.
        n = len(scores["plain"])
        grand = sum(sum(table.values()) for table in scores.values()) / (2 * n)
        types = {name: sum(table.values()) / n for name, table in scores.items()}
        items = {name: (scores["plain"][name] + scores["small"][name]) / 2 for name in scores["plain"]}
        rest = sum((scores[model][name] - types[model] - items[name] + grand) ** 2 for model in scores for name in items)
        rest /= n - 1
        of_items = 2 * sum((value - grand) ** 2 for value in items.values()) / (n - 1)
        of_types = n * sum((value - grand) ** 2 for value in types.values())
        self.assertGreater(rest, 0)
        parts = {tuple(part["facets"]): part for part in split["components"]}
        self.assertAlmostEqual(parts["items",]["raw_variance"], (of_items - rest) / 2, 10)
        self.assertAlmostEqual(parts["quantisation",]["raw_variance"], (of_types - rest) / n, 10)
        self.assertAlmostEqual(parts["items", "quantisation"]["raw_variance"], rest, 10)
        self.assertIn("items × quantisation", (results / "report.html").read_text(encoding="utf-8"))

    def test_the_estimate_counts_the_tokens_that_a_run_computes(self):
        small = run("plan", "Tests/Fronts/Workflow/small.yaml", "--format", "json", "--quiet").stdout
        cells = json.loads(small)["cells"]
        report = json.loads(run("run", "Tests/Fronts/Workflow/small.yaml", "--format", "json", "--quiet").stdout)
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
        example = (ROOT / "scripts/config.yaml").read_text().replace("../results", "results")
        pocket = os.path.relpath(ROOT / "scripts/pocket", self.folder)
        self.assertEqual(target.read_text(), example.replace(": pocket/", f": {pocket}/"))
        self.assertIn("already exists", run("init", target, code=64).stderr)
        said = run("init", folder=self.folder).stderr
        installed = pathlib.Path(COMMAND).resolve().parents[1] / "share/gemmabench/pocket"
        if (installed / "models").is_dir():
            self.assertIn(f'path: "{installed}/models/pocket-1m"', (self.folder / "config.yaml").read_text())
        else:
            self.assertIn("change the lines", said)

    def test_mistakes_and_warnings_are_told(self):
        path = self.folder / "wrong.yaml"
        path.write_text("models: [scripts/pocket/models/pocket-1m]\ntasks: [mmlu]\nevaluation: {rnus: 3}\n")
        said = run("run", path, code=1).stderr
        self.assertIn(f'{path}:3:14: evaluation: unknown key "rnus"; did you mean "runs"?', said)
        small = (ROOT / "Tests/Fronts/Workflow/small.yaml").read_text().replace("../../..", str(ROOT))
        path.write_text(small + "\nhardware: {use_flash_attention: true}\n")
        self.assertIn("use_flash_attention: an option for graphics cards", run("run", path, "--limit", 1, "--quiet").stderr)
        # Flags reach the tasks and models of a configuration; errors name its lines, unless the value is a flag's.
        path.write_text(small.replace("shots: 2,", "shots: 2, subset: x,"))
        self.assertIn(f'{path}:4:28: mmlu: no such subset: "x"', run("run", path, code=1).stderr)
        self.assertRegex(run("run", "scripts/config.yaml", "--subset", "x", code=1).stderr,
                         r"^Error: mmlu: no such subset: \"x\"")
        path.write_text(small)
        done = run("run", path, "--limit", 1, "--set", "mmlu.shots=1", "--set", "model.quantization=q8_0", "--quiet",
                   "--format", "json")
        plan = json.loads(done.stdout)["plan"]
        self.assertEqual({model["quantization"] for model in plan["models"]}, {"q8_0"})
        self.assertEqual({task["shots"] for task in plan["tasks"] if task["type"] == "mmlu"}, {1})
        # The data of several tasks lie in a folder of each, as without a configuration.
        self.assertIn("nowhere/mmlu", run("run", path, "--data", "nowhere", code=1).stderr)
        self.assertIn('no task "gsm"; did you mean "gsm8k"?', run("run", path, "--set", "gsm.shots=1", code=64).stderr)
        self.assertIn('did you mean "shots"?', run("run", path, "--set", "mmlu.shot=1", code=64).stderr)

    def test_a_plan_without_content_and_a_plan_with_tasks_beside_it_are_told(self):
        path = self.folder / "empty.yaml"
        path.write_text("# nothing yet\n")
        self.assertIn("empty; a plan names models and tasks", run("plan", path, code=1).stderr)
        self.assertIn("names its own tasks", run("run", "scripts/config.yaml", "mmlu", code=64).stderr)

    def test_a_model_folder_that_is_not_there_is_told_before_the_hub(self):
        os.environ["HF_ENDPOINT"] = "http://127.0.0.1:1"
        self.addCleanup(os.environ.pop, "HF_ENDPOINT")
        said = run("generate", "no-models/gemma-3-1b-it", "hi", code=1).stderr
        self.assertRegex(said, r"^Error: no-models/gemma-3-1b-it: no such file or folder; looked up as a model on"
                               r" the Hub: .*127\.0\.0\.1:1")
        self.assertNotIn("no such file", run("generate", "google/gemma-3-1b-it", "hi", code=1).stderr)

    def test_csv_is_exported_where_it_is_asked_for_and_answers_can_be_left_out(self):
        path, results = self.folder / "csv.yaml", self.folder / "csv"
        path.write_text((ROOT / "Tests/Fronts/Workflow/small.yaml").read_text().replace("../../..", str(ROOT))
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

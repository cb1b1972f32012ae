"""python3 Tests/Statistics: statistics where there is little to say, and runs that end early, through every front.

GEMMABENCH_COMMAND names the command; GEMMABENCH_LIBRARY the library, which Python calls as C does.
"""

import csv
import itertools
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import gemmabench as gb

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
POCKET = ROOT / "scripts" / "pocket"
METHODS = ("wilson", "student", "normal", "clopper_pearson", "jeffreys", "bootstrap")
# Scores of each model; None: without a score. The last three are not of 0 and 1.
CASES = {
    "nothing": [], "single": [1], "right": [1] * 5, "wrong": [0] * 5, "unscored": [None] * 3, "mixed": [1, None, 0, 1],
    "equal": [0.25] * 5, "fraction": [0.5], "spread": [0.1, 0.7, 0.4, None, 0.2],
}


def command(*arguments):
    made = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
    if made.returncode != 0:
        raise AssertionError(f"{arguments}: {made.stderr}")
    return made.stdout


def write_report(folder):
    """A report as report.write writes one, of runs that were never run."""
    cells, lines = [], []
    for name, scores in CASES.items():
        binary = all(score in (0, 1, None) for score in scores)
        cells.append({
            "model": name, "task": "mmlu", "task_number": 0, "run_number": 1, "seeds": {},
            "run": {"samples": len(scores), "planned_samples": len(scores), "main_metric": "accuracy",
                    "metrics": {"accuracy": {"binary": binary}}, "specification": {"type": "mmlu"},
                    "task": "mmlu", "model_name": name, "model": {}}})
        for number, score in enumerate(scores):
            lines.append({
                "model": name, "task": "mmlu", "run_number": 1, "id": f"s{number}", "subject": f"u{number % 2}",
                "clusters": {"passage": f"p{number // 2}"}, "prompt_sha256": "", "target": "A", "prediction": "A",
                "log_likelihoods": [-1.0], "continuation_tokens": [1], "score": score, "scores": {"accuracy": score},
                "flags": [], "prompt_tokens": 1, "answer_tokens": 1, "seconds": 0.5})
    plan = {"name": "little", "models": [{"path": name, "name": name} for name in CASES], "tasks": [{"type": "mmlu"}]}
    report = {"gemmabench": "0.1.0", "plan": plan, "cells": cells, "cancelled": False, "seconds": 1, "started_at": ""}
    pathlib.Path(folder, "comprehensive_report.json").write_text(json.dumps(report), encoding="utf-8")
    pathlib.Path(folder, "samples.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def numbers(value):
    """Every number in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, float) else []


class LittleToSay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        write_report(cls.folder.name)
        cls.report = gb.read_report(cls.folder.name)
        cls.runs = dict(zip(CASES, cls.report.runs()))

    @classmethod
    def tearDownClass(cls):
        cls.report.close()
        cls.folder.cleanup()

    def check_ends(self, lower, upper, what):
        self.assertEqual(lower is None, upper is None, what)
        if lower is not None:
            self.assertTrue(math.isfinite(lower) and math.isfinite(upper) and upper - lower > 1e-6, what)

    def test_an_interval_has_a_width_or_is_none(self):
        for (name, run), method, clusters in itertools.product(
                self.runs.items(), (None, *METHODS), (None, "subject", "passage")):
            what = f"{name} {method} {clusters}"
            try:
                stats = run.stats(interval=method, clusters=clusters, replicates=200)
            except gb.InvalidArgumentError:
                self.assertIn(method, ("wilson", "clopper_pearson", "jeffreys"), what)
                continue
            scored = [score for score in CASES[name] if score is not None]
            self.assertEqual(stats.count, len(CASES[name]), what)
            self.assertEqual(stats.unscored, len(CASES[name]) - len(scored), what)
            self.assertEqual(stats.mean is None, not scored, what)
            self.assertEqual(stats.standard_error is None, len(scored) < 2, what) if not clusters else None
            self.check_ends(stats.lower, stats.upper, what)
            if method is None and clusters is None:
                has_interval = bool(scored) and name not in ("equal", "fraction")
                self.assertEqual(stats.lower is not None, has_interval, what)

    def test_comparisons_say_what_they_can(self):
        for (first, left), (second, right) in itertools.product(self.runs.items(), repeat=2):
            for clusters in (None, "passage"):
                what = f"{first} {second} {clusters}"
                try:
                    found = gb.compare(left, right, margin=0.1, clusters=clusters, replicates=200)
                except gb.InvalidArgumentError as error:
                    self.assertIn("no sample in common", str(error), what)
                    self.assertIn("nothing", (first, second), what)
                    continue
                self.assertTrue(all(map(math.isfinite, numbers(found))), what)
                self.check_ends(found["lower"], found["upper"], what)
                if found["bootstrap"]:
                    self.check_ends(found["bootstrap"]["lower"], found["bootstrap"]["upper"], what)
                if found["count"] == 0:
                    self.assertIsNone(found["difference"], what)

    def test_reports_print_no_nonsense(self):
        texts = [self.report.render(form) for form in ("table", "markdown", "json", "html", "csv")]
        texts += [command("stats", self.folder.name), command("stats", self.folder.name, "--format", "json"),
                  command("compare", self.folder.name, "--format", "json")]
        for text in texts:
            self.assertNotRegex(text, r"(?i)\bnan\b|\binfinity\b|[0-9 ]-?inf\b|-0\.0%")
        for text in (texts[0], texts[1], texts[5]):
            self.assertIn("no interval", text)
        compared = command("compare", self.folder.name)
        self.assertIn(" points (no interval), p ", compared)
        self.assertNotRegex(compared, r"(?i)\bnan\b|[0-9 ]-?inf\b")
        rows = json.loads(texts[6])
        self.assertEqual([row["model"] for row in rows], list(CASES))
        for row in rows:
            self.check_ends(row["lower"], row["upper"], row["model"])
        self.assertTrue(all(map(math.isfinite, numbers(json.loads(texts[2])))))

    def test_in_lua_what_cannot_be_said_is_absent(self):
        script = pathlib.Path(self.folder.name, "little.lua")
        script.write_text(f"""
            local bench = require "gemmabench"
            local report = bench.read_report("{self.folder.name}")
            for _, row in ipairs(report:stats()) do
              print(row.model, row.mean == nil, row.lower == nil, row.upper == nil, row.standard_error == nil)
            end
        """, encoding="utf-8")
        rows = {line.split("\t")[0]: line.split("\t")[1:] for line in command("script", script).splitlines()}
        yes, no = "true", "false"
        self.assertEqual(rows["nothing"], [yes, yes, yes, yes])
        self.assertEqual(rows["unscored"], [yes, yes, yes, yes])
        self.assertEqual(rows["single"], [no, no, no, yes])
        self.assertEqual(rows["right"], [no, no, no, no])
        self.assertEqual(rows["fraction"], [no, yes, yes, yes])
        self.assertEqual(rows["equal"], [no, yes, yes, no])


class Planning(unittest.TestCase):
    """Power where nothing can be planned, and where no number suffices."""

    def test_answers_are_numbers_or_none(self):
        answers = 0
        for design, baseline, difference, items, discordance, (sampling, runs) in itertools.product(
                ("paired", "independent"), (1e-300, 0.5, 1), (None, -1, 1e-300, 0.5), (None, 1, 10**9), (None, 1e-300, 1),
                ((0, 1), (0.25, 2))):
            if difference is None and items is None:
                continue
            try:
                found = gb.power(design, baseline=baseline, difference=difference, items=items, discordance=discordance,
                                 sampling_variance=sampling, runs=runs)
            except gb.InvalidArgumentError as error:
                self.assertRegex(str(error), "power: difference")
                continue
            answers += 1
            self.assertTrue(all(map(math.isfinite, numbers(found))), found)
            for share in ("power", "minimum_detectable_effect"):
                self.assertTrue(found[share] is None or 0 <= found[share] <= 1, found)
        self.assertGreater(answers, 50)

    def test_what_cannot_be_planned_is_an_error(self):
        for wrong in ({}, {"items": 0}, {"items": -1}, {"items": 10**30}, {"difference": math.nan}, {"difference": 2},
                      {"difference": 0.1, "baseline": math.nan}, {"difference": 0.1, "power": 1},
                      {"difference": 0.1, "significance": math.inf}, {"half_width": math.nan}, {"half_width": -0.1},
                      {"items": 5, "discordance": 2}, {"items": 5, "sampling_variance": 0.3}, {"items": 5, "runs": -1}):
            with self.assertRaises((gb.InvalidArgumentError, OverflowError), msg=wrong):
                gb.power(**wrong)

    def test_the_command_says_so(self):
        self.assertIn("no number suffices", command("power", "--baseline", 1, "--items", 5))
        self.assertIn("no number suffices", command("power", "--items", 1))
        found = json.loads(command("power", "--difference", "0.5", "--items", 1, "--format", "json"))
        self.assertTrue(all(map(math.isfinite, numbers(found))))
        for wrong in (["--items", 0], ["--difference", "nan"], ["--difference", 2], []):
            made = subprocess.run([COMMAND, "power", *map(str, wrong)], capture_output=True, text=True, check=False)
            self.assertNotEqual(made.returncode, 0, wrong)
            self.assertNotRegex(made.stderr, "Fatal|Illegal", wrong)


class Clustered(unittest.TestCase):
    """Questions in passages, as tasks of one's own: the errors are by passage, and say so, whichever front asks."""

    prompt = "{question}\nA. {options.0}\nB. {options.1}\nC. {options.2}\nD. {options.3}\nAnswer:"
    models = {name: str(POCKET / "models" / f"pocket-{name}") for name in ("1m", "6m")}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.rows = []
        for path in sorted((POCKET / "data" / "mmlu" / "test").glob("*.csv"))[:6]:
            with open(path, newline="", encoding="utf-8") as file:
                for number, row in enumerate(itertools.islice(csv.reader(file), 5)):
                    cls.rows.append({"id": f"{path.stem}-{number}", "question": row[0], "options": row[1:5],
                                     "right": row[5], "passage": path.stem, "form": number})
        cls.data = pathlib.Path(cls.folder.name, "reading.jsonl")
        cls.data.write_text("".join(json.dumps(row) + "\n" for row in cls.rows), encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def clustered_error(self, values, kind):
        """sqrt(G / (G - 1) * sum over clusters of (sum of e)^2) / n of the values of the rows."""
        mean = sum(values) / len(values)
        sums = {}
        for value, row in zip(values, self.rows, strict=True):
            sums[row[kind]] = sums.get(row[kind], 0) + value - mean
        count = len(sums)
        return math.sqrt(count / (count - 1) * sum(total ** 2 for total in sums.values())) / len(values)

    def test_a_declared_task_through_the_command(self):
        plan, results = pathlib.Path(self.folder.name, "reading.yaml"), pathlib.Path(self.folder.name, "results")
        plan.write_text(f"""
            models: {json.dumps(list(self.models.values()))}
            tasks:
              reading:
                type: custom
                data: {json.dumps(str(self.data))}
                prompt: {json.dumps(self.prompt)}
                choices: [A, B, C, D]
                answer: "{{right}}"
                id: id
                clusters: [passage, form]
            output: {{path: {json.dumps(str(results))}, visualize: false}}
            """, encoding="utf-8")
        self.assertIn("reading: samples share form, passage", command("run", plan, "--quiet"))
        scores = {}
        for line in (results / "samples.jsonl").read_text(encoding="utf-8").splitlines():
            sample = json.loads(line)
            row = next(row for row in self.rows if row["id"] == sample["id"])
            self.assertEqual(sample["clusters"], {"passage": row["passage"], "form": str(row["form"])})
            scores.setdefault(sample["model"], []).append(sample["score"])
        for kind, count in (("passage", 6), ("form", 5)):
            for row in json.loads(command("stats", results, "--clusters", kind, "--format", "json")):
                self.assertEqual((row["clustered_by"], row["clusters"]), (kind, count))
                self.assertAlmostEqual(row["standard_error"], self.clustered_error(scores[row["model"]], kind), 12)
            found, = json.loads(command("compare", results, "--clusters", kind, "--format", "json"))
            self.assertEqual((found["clustered_by"], found["clusters"]), (kind, count))
            differences = [a - b for a, b in zip(scores[found["first"]], scores[found["second"]], strict=True)]
            self.assertAlmostEqual(found["standard_error"], self.clustered_error(differences, kind), 12)
            self.assertEqual(found["probability_method"], "permutation")
        self.assertIn("by 6 clusters (passage)", command("stats", results, "--clusters", "passage"))
        self.assertIn("in 6 clusters (passage)", command("compare", results, "--clusters", "passage"))
        plain = json.loads(command("stats", results, "--format", "json"))[0]
        self.assertEqual((plain["clustered_by"], plain["clusters"]), (None, None))
        made = subprocess.run([COMMAND, "stats", str(results), "--clusters", "pasage"], capture_output=True, text=True,
                              check=False)
        self.assertNotEqual(made.returncode, 0)
        self.assertIn('did you mean "passage"?', made.stderr)

    def test_a_table_of_lua(self):
        samples = "".join(
            "{ id = %s, text = %s, right = %s, passage = %s, form = %d },\n" % (
                *map(json.dumps, (row["id"], self.prompt_of(row), row["right"], row["passage"])), row["form"])
            for row in self.rows)
        script = pathlib.Path(self.folder.name, "reading.lua")
        script.write_text(f"""
            local bench = require "gemmabench"
            local reading = {{
              name = "reading", samples = {{ {samples} }}, clusters = {{ "passage", "form" }}, target = "right",
              prompt = function(sample) return sample.text end, choices = {{ " A", " B", " C", " D" }},
            }}
            local report = bench.sweep {{
              models = {{ "{self.models['1m']}", "{self.models['6m']}" }}, tasks = {{ reading }},
            }}
            local runs = report:runs()
            for _, run in ipairs(runs) do
              local scores = {{}}
              for _, sample in run:samples() do
                assert(sample.clusters.passage and sample.clusters.form)
                scores[#scores + 1] = ("%d"):format(sample.score)
              end
              local stats = run:stats {{ clusters = "passage" }}
              print(table.concat(scores), ("%.17g"):format(stats.standard_error), stats.clusters)
            end
            local found = bench.compare(runs[1], runs[2], {{ clusters = "form" }})
            print(found.clustered_by, ("%.17g"):format(found.standard_error), found.clusters)
            print(runs[1]:stats().clusters)
            reading.clusters = "pasage"
            print(pcall(bench.task, reading))
        """, encoding="utf-8")
        lines = command("script", script, "--quiet").splitlines()
        scores = []
        for line in lines[:2]:
            given, error, count = line.split("\t")
            scores.append([int(score) for score in given])
            self.assertAlmostEqual(float(error), self.clustered_error(scores[-1], "passage"), 12)
            self.assertEqual(count, "6")
        self.assertEqual(scores[0], [self.score_of(answer, row) for answer, row in zip(self.answers("1m"), self.rows)])
        kind, error, count = lines[2].split("\t")
        differences = [a - b for a, b in zip(*scores, strict=True)]
        self.assertEqual((kind, count), ("form", "5"))
        self.assertAlmostEqual(float(error), self.clustered_error(differences, "form"), 12)
        self.assertEqual(lines[3], "nil")
        self.assertIn('no field "pasage"', lines[4])

    def prompt_of(self, row):
        return "{}\nA. {}\nB. {}\nC. {}\nD. {}\nAnswer:".format(row["question"], *row["options"])

    def score_of(self, answer, row):
        return int(answer.strip() == row["right"])

    def answers(self, model):
        """The answers of the same questions put by a class of Python."""
        return [sample["prediction"] for sample in self.run_in_python(model).samples()]

    def run_in_python(self, model):
        outer = self

        class Reading(gb.Task):
            name = "reading"
            choices = [" A", " B", " C", " D"]

            def samples(self):
                return outer.rows

            def prompt(self, sample):
                return outer.prompt_of(sample)

            def target(self, sample):
                return sample["right"]

            def clusters(self, sample):
                return {"passage": sample["passage"], "form": sample["form"]}

        with gb.load_model(self.models[model]) as loaded:
            return loaded.run(Reading())

    def test_a_class_of_python(self):
        first, second = self.run_in_python("1m"), self.run_in_python("6m")
        scores = [[sample["score"] for sample in run.samples()] for run in (first, second)]
        stats = first.stats(clusters="passage")
        self.assertEqual(stats.clusters, 6)
        self.assertAlmostEqual(stats.standard_error, self.clustered_error(scores[0], "passage"), 12)
        self.assertIsNone(first.stats().clusters)
        found = gb.compare(first, second, clusters="form")
        self.assertEqual((found["clustered_by"], found["clusters"]), ("form", 5))
        differences = [a - b for a, b in zip(*scores, strict=True)]
        self.assertAlmostEqual(found["standard_error"], self.clustered_error(differences, "form"), 12)


class EndingEarly(unittest.TestCase):
    """Pocket models on questions of their own: a cell ends once its rule is met, whichever front wrote the plan."""

    task = {"type": "mmlu", "subset": "all", "shots": 0, "data": str(POCKET / "data" / "mmlu")}
    model = str(POCKET / "models" / "pocket-1m")

    def check_stop(self, run):
        stop = run["early_stop"]
        self.assertGreater(stop["saved_samples"], 0)
        self.assertEqual(run["samples"] + stop["saved_samples"], run["planned_samples"])
        metric = run["metrics"]["accuracy"]
        self.assertEqual(metric["method"], "betting")
        self.assertLessEqual(metric["upper"] - metric["lower"], 0.3 + 1e-9)
        for subject in run["subjects"].values():
            self.assertIn(subject["method"], ("betting", None))
        if run["averages"]:
            self.assertIsNone(run["averages"]["macro"]["stratified_lower"])

    def test_a_narrow_interval_ends_a_cell(self):
        plan = {"models": [self.model], "tasks": [self.task], "stop_when": {"half_width": 0.15}}
        with gb.sweep(plan) as report:
            found = json.loads(report.render("json"))["cells"][0]["run"]
            self.check_stop(found)
            self.assertIn(f"stopping saved {found['early_stop']['saved_samples']}", report.render("table"))
            run = report.runs()[0]
            stats = run.stats()
            self.assertEqual((stats.lower, stats.upper),
                             (found["metrics"]["accuracy"]["lower"], found["metrics"]["accuracy"]["upper"]))
            self.assertRaisesRegex(gb.InvalidArgumentError, "stop rule", run.stats, interval="wilson")
            compared = gb.compare(run, run)
            self.assertEqual((compared["stopped_early"], compared["probability"]), (True, None))
            with tempfile.TemporaryDirectory() as folder:
                report.write(folder)
                self.check_stop(json.loads(gb.read_report(folder).render("json"))["cells"][0]["run"])
                self.assertIn("a stop rule saved", command("stats", folder))

    def test_the_command_and_lua_end_the_same_cell(self):
        printed = command("run", self.model, "mmlu", "--subset", "all", "--shots", 0, "--data", self.task["data"],
                          "--stop-half-width", 0.15, "--quiet", "--format", "json")
        found = json.loads(printed)["cells"][0]["run"]
        self.check_stop(found)
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder, "early.lua")
            script.write_text(f"""
                local bench = require "gemmabench"
                local report = bench.sweep {{
                  models = {{ "{self.model}" }},
                  tasks = {{ {{ "mmlu", subset = "all", shots = 0, data = "{self.task['data']}" }} }},
                  stop_when = {{ half_width = 0.15 }},
                }}
                print(report:render "json")
            """, encoding="utf-8")
            again = json.loads(command("script", script, "--quiet"))["cells"][0]["run"]
        self.assertEqual(again["early_stop"], found["early_stop"])
        self.assertEqual(again["metrics"], found["metrics"])

    def test_runs_that_end_early_ask_items_in_orders_of_their_own(self):
        rule = {"half_width": 0.15}
        task = self.task | {"limit": 20}
        plan = {"models": [self.model], "tasks": [task], "runs": 3, "vary": ["item_order"]}
        with gb.sweep(plan | {"stop_when": rule}) as report:
            cells = json.loads(report.render("json"))["cells"]
            self.assertEqual([set(cell["seeds"]) for cell in cells], [set(), {"item_order"}, {"item_order"}])
            items = [tuple(sample["id"] for sample in run.samples()) for run in report.runs()]
            self.assertEqual(len(set(items)), 3)
            for cell in cells:
                self.check_stop(cell["run"])
            said = report.render("table")
            self.assertIn("its runs differ in order of items; run 1 is as the task says", said)
            self.assertIn("takes no part in the spread over runs", said)
        with gb.sweep(plan) as report:
            self.assertEqual(len(report.runs()), 1)
            self.assertIn("ran once, not 3 times: nothing that the plan varies can change its outcome",
                          report.render("table"))

    def test_a_file_and_lua_tell_the_same_models_apart(self):
        trained, random = str(POCKET / "models" / "pocket-6m"), str(ROOT / "Tests" / "Goldens" / "tiny")
        with tempfile.TemporaryDirectory() as folder:
            plan = pathlib.Path(folder, "decided.yaml")
            plan.write_text(f"""
                models:
                  trained: {{path: "{trained}"}}
                  random: {{path: "{random}"}}
                tasks:
                  mmlu: {{subset: all, shots: 0, data: "{self.task['data']}"}}
                evaluation:
                  stop_when: {{decided: [trained, random]}}
                """, encoding="utf-8")
            cells = json.loads(command("run", plan, "--quiet", "--format", "json"))["cells"]
            first, second = (cell["run"] for cell in cells)
            stop = second["early_stop"]
            self.assertEqual((first["early_stop"], first["samples"]), (None, first["planned_samples"]))
            self.assertEqual(stop["better"], "trained")
            self.assertGreater(stop["saved_samples"], 0)
            self.assertEqual(second["samples"] + stop["saved_samples"], second["planned_samples"])
            saving = f"trained is better, after {second['samples']} samples; stopping saved {stop['saved_samples']}"
            for form in ("table", "markdown"):
                self.assertIn(saving, command("run", plan, "--quiet", "--format", form))
            script = pathlib.Path(folder, "decided.lua")
            script.write_text(f"""
                local bench = require "gemmabench"
                local report = bench.sweep {{
                  models = {{ {{ path = "{trained}", name = "trained" }}, {{ path = "{random}", name = "random" }} }},
                  tasks = {{ {{ "mmlu", subset = "all", shots = 0, data = "{self.task['data']}" }} }},
                  stop_when = {{ decided = {{ "trained", "random" }} }},
                }}
                print(report:render "json")
                print(report:table())
            """, encoding="utf-8")
            said = command("script", script, "--quiet")
            again, length = json.JSONDecoder().raw_decode(said)
            self.assertEqual([cell["run"]["early_stop"] for cell in again["cells"]], [None, stop])
            self.assertIn(saving, said[length:])

    def test_two_models_are_told_apart(self):
        # The better one runs whole; a random one is soon told from it.
        plan = {"models": [{"path": str(POCKET / "models" / "pocket-6m"), "name": "trained"},
                           {"path": str(ROOT / "Tests" / "Goldens" / "tiny"), "name": "random"}],
                "tasks": [self.task], "stop_when": {"decided": ["trained", "random"]}}
        with gb.sweep(plan) as report:
            first, second = (cell["run"] for cell in json.loads(report.render("json"))["cells"])
            self.assertIsNone(first["early_stop"])
            self.assertEqual(first["samples"], first["planned_samples"])
            stop = second["early_stop"]
            self.assertEqual(second["samples"] + stop["saved_samples"], second["planned_samples"])
            self.assertGreater(stop["saved_samples"], 0)
            self.assertEqual(stop["better"], "trained")
            self.assertGreaterEqual(stop["difference_interval"]["lower"], 0)
            found = gb.compare(report.runs()[1], report.runs()[0])
            self.assertEqual(found["upper"], -stop["difference_interval"]["lower"])
            self.assertIsNone(found["probability"])
            self.assertIn("trained is better", report.render("markdown"))


if __name__ == "__main__":
    program = unittest.main(argv=[sys.argv[0]], exit=False)
    result = program.result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and result.testsRun > 0 else 1)

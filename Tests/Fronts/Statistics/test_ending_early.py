"""Runs that a stop rule ends, through every front."""

import json
import pathlib
import tempfile
import unittest

import gemmabench as gb

from support import POCKET, ROOT, command


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
            self.assertEqual((compared["stopped_early"], compared["p_value"]), (True, None))
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
            self.assertIn("is left out of the spread over runs", said)
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
            self.assertIsNone(found["p_value"])
            self.assertIn("trained is better", report.render("markdown"))

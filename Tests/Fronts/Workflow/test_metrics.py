"""A metric's direction and unit through every output, and what a run prints unless it is told otherwise."""

import csv
import io
import json
import pathlib
import re
import shutil
import tempfile
import unittest

from test_workflow import ROOT, run

POCKET = ROOT / "scripts/pocket"
MODELS = [POCKET / "models/pocket-1m", POCKET / "models/pocket-6m"]

LUA = """
local bench = require "gemmabench"
local samples = {}
for index = 1, 12 do samples[index] = { id = "s" .. index, text = "word " .. index } end
-- The larger model is called the careful one, whatever it says.
local function typos(name, base)
  return bench.sweep {
    name = "typos", models = { { path = "%s", name = "hasty" }, { path = "%s", name = "careful" } },
    tasks = { {
      name = "typos", samples = samples, max_tokens = 1,
      prompt = function(sample) return sample.text end,
      score = function(sample, response, index) return { score = base + index %% 3 } end,
      metric = { name = "errors", binary = false, upper = 100, higher_is_better = false, unit = "errors" },
    } },
    output = "%s",
  }
end
print(typos("typos", 39):table())
"""


class MetricTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-metrics-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def leaks(self):
        """A declared task where lower is better: the share of answers with a vowel that the larger model avoids or not."""
        rows = self.folder / "rows.jsonl"
        rows.write_text("".join(json.dumps({"q": f"{n} + {n} =", "a": "e"}) + "\n" for n in range(12)), encoding="utf-8")
        config = self.folder / "config.yaml"
        config.write_text(f"""
models: [{MODELS[0]}, {MODELS[1]}]
tasks:
  leaks:
    type: custom
    data: {rows}
    prompt: "{{q}}"
    answer: "{{a}}"
    maximum_tokens: 4
    metric: {{name: contains, higher_is_better: false, unit: leaks}}
""", encoding="utf-8")
        return config

    def test_a_declared_metric_keeps_its_direction_and_its_unit_in_every_output(self):
        out = self.folder / "out"
        printed = run("run", self.leaks(), "--output", out, "--quiet").stdout
        self.assertIn("contains (lower is better)", printed)
        self.assertRegex(printed, r"[\d.]+ leaks")
        report = json.loads((out / "comprehensive_report.json").read_text(encoding="utf-8"))
        for cell in report["cells"]:
            metric = cell["run"]["metrics"]["contains"]
            self.assertEqual((metric["unit"], metric["higher_is_better"]), ("leaks", False))
        means = {cell["model"]: cell["run"]["metrics"]["contains"]["mean"] for cell in report["cells"]}
        ranked = report["analysis"]["tasks"][0]["ranking"]["models"]
        self.assertEqual(min(ranked, key=lambda model: model["rank"])["mean"], min(means.values()))
        for name in ("executive_summary.md", "leaderboard.md", "report.html"):
            text = (out / name).read_text(encoding="utf-8")
            self.assertIn(" leaks", text, name)
            self.assertIn("lower is better", text, name)
        (out / "results.db").rename(self.folder / "store")
        for command in (["stats", out], ["stats", out / "comprehensive_report.json"]):
            self.assertRegex(run(*command).stdout, r"contains \(lower is better\)  [\d.]+ leaks")
        (self.folder / "store").rename(out / "results.db")
        self.assertRegex(run("history", out).stdout, r"[\d.]+ leaks.*contains \(lower is better\)")
        compared = run("compare", out)
        self.assertIn("contains (lower is better)", compared.stdout)
        self.assertNotIn("points", compared.stdout)
        found = json.loads(run("compare", out, "--format", "json").stdout)[0]
        self.assertFalse(found["higher_is_better"])
        exported = self.folder / "exported"
        run("export", out, "--format", "lm-eval", "--output", exported)
        results = json.loads(next(exported.glob("*/results_*.json")).read_text(encoding="utf-8"))
        self.assertEqual(results["higher_is_better"]["leaks"], {"contains": False})
        chart = next((out / "visualizations").glob("comparison.csv")).read_text(encoding="utf-8")
        self.assertTrue(all(row["unit"] == "leaks" and row["higher_is_better"] == "no" for row in csv.DictReader(io.StringIO(chart))))

    def test_a_metric_of_lua_is_printed_in_its_unit_and_never_in_percent(self):
        script = self.folder / "typos.lua"
        script.write_text(LUA % (MODELS[0], MODELS[1], self.folder / "out"), encoding="utf-8")
        table = run("script", "--quiet", script).stdout
        self.assertIn("40 errors", table)
        self.assertNotIn("4000", table)
        self.assertIn("errors (lower is better)", table)
        self.assertIn("40 errors", run("history", self.folder / "out").stdout)

    def test_a_file_beside_a_report_is_not_the_report(self):
        out = self.folder / "out"
        run("run", self.leaks(), "--limit", "2", "--output", out, "--quiet")
        for name in ("notes.txt", "run_1_results.json", "samples.csv"):
            (out / name).write_text("not a report\n", encoding="utf-8")
            self.assertIn(f"{name}: not a report", run("stats", out / name, code=1).stderr)

    def test_the_scores_fit_a_terminal_and_stand_with_what_they_need(self):
        words = ("run", MODELS[0], "mmlu", "gsm8k", "--data", POCKET / "data", "--limit", "4", "--quiet")
        printed = run(*words).stdout
        self.assertLessEqual(max(map(len, printed.splitlines())), 80, printed)
        self.assertRegex(printed, r"mmlu\w*: accuracy, \d-shot, \d+ samples, chance 25\.0%")
        self.assertRegex(printed, r"gsm8k: strict_match, \d-shot, 4 samples, chance 0\.0%")
        self.assertRegex(printed, r"flexible_match +size +weights +compute")
        self.assertLess(len(printed.splitlines()), 20)
        self.assertIn("tokens: ", run(*words, "--verbose").stdout)

    def test_runs_are_compared_by_their_questions_whatever_their_tasks_are_called(self):
        data = f"data: {POCKET}/data/mmlu"
        folders = []
        for name in ("things", "objects"):
            config = self.folder / f"{name}.yaml"
            config.write_text(f"models: [{MODELS[0]}]\nlimit: 8\ntasks:\n"
                              f"  {name}: {{type: mmlu, subset: kinds_of_things, shots: 0, {data}}}\n", encoding="utf-8")
            folders.append(self.folder / f"out-{name}")
            run("run", config, "--output", folders[-1], "--quiet")
        compared = run("compare", *folders).stdout
        self.assertRegex(compared, r"things +pocket-1m +[\d.]+% +pocket-1m +[\d.]+% +0\.0 points +0 +0")

    def test_clusters_that_one_task_lacks_leave_the_others(self):
        out = self.folder / "out"
        run("run", MODELS[0], "mmlu", "gsm8k", "--data", POCKET / "data", "--limit", "4", "--output", out, "--quiet")
        done = run("stats", out, "--clusters", "subject")
        self.assertRegex(done.stdout, r"mmlu\w*  accuracy .* by \d+ clusters \(subject\)")
        self.assertIn("gsm8k: left out", done.stderr)

    def test_medians_of_few_repetitions_have_no_interval(self):
        words = ("run", MODELS[0], "efficiency", "--output-lengths", "4", "--quiet", "--format", "json", "--repetitions")
        for repetitions, has_interval in ((3, False), (5, True)):
            metric = json.loads(run(*words, str(repetitions)).stdout)["cells"][0]["run"]["metrics"]["decode_tokens_per_second"]
            self.assertEqual(metric["lower"] is not None, has_interval)

    def test_a_form_of_a_chart_is_checked_before_anything_is_written(self):
        done = run("report", self.folder, "--charts", "jpg", "--output", self.folder / "new", code=64)
        self.assertIn("--charts jpg: unknown format", done.stderr)
        self.assertFalse((self.folder / "new").exists())

    def test_what_is_left_is_a_round_number(self):
        said = run("power", "--baseline", "0.98", "--difference", "0.5", code=1).stderr
        self.assertIn("between -0.98 and 0.02", said)
        self.assertFalse(re.search(r"\d\.\d{8}", said))

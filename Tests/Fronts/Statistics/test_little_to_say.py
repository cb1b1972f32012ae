"""Statistics where there is little to say: no scores, one, equal ones, some missing."""

import itertools
import json
import math
import pathlib
import tempfile
import unittest

import gemmabench as gb

from support import command, numbers

METHODS = ("wilson", "student", "normal", "clopper_pearson", "jeffreys", "bootstrap")
# Scores of each model; None: without a score. The last three are not of 0 and 1.
CASES = {
    "nothing": [], "single": [1], "right": [1] * 5, "wrong": [0] * 5, "unscored": [None] * 3, "mixed": [1, None, 0, 1],
    "equal": [0.25] * 5, "fraction": [0.5], "spread": [0.1, 0.7, 0.4, None, 0.2],
}


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
        self.assertRegex(compared, r", no interval \(all differences are equal\), p ")
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

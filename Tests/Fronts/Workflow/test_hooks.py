"""Task files whose functions Python runs: it is said in the log and in the report, and nothing runs without leave."""

import json
import pathlib
import shutil
import tempfile
import unittest

from test_workflow import ROOT, run

TASK = ROOT / "Tests/Goldens/descriptions/python/hooked_notes.yaml"
MODEL = ROOT / "scripts/pocket/models/pocket-1m"


class HookTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-hooks-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_nothing_runs_without_leave(self):
        done = run("run", MODEL, TASK, "--limit", 2, "--output", self.folder / "none", code=1)
        self.assertIn("--hooks python", done.stderr)
        self.assertIn("hooks.birds", done.stderr)

    def test_python_is_run_and_it_is_said(self):
        output = self.folder / "out"
        done = run("run", MODEL, TASK, "--limit", 2, "--hooks", "python", "--output", output)
        self.assertIn("hooks.py is run (hooks: python)", done.stderr)
        report = json.loads((output / "comprehensive_report.json").read_text(encoding="utf-8"))
        text = json.dumps(report)
        self.assertIn('"hooks": "python"', text)
        self.assertIn(str(TASK.parent / "hooks.py"), text)
        samples = [json.loads(line) for line in (output / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
        self.assertEqual([sample["target"] for sample in samples], ["toad", "crane"])
        self.assertEqual(set(samples[0]["scores"]), {f"{metric}_{name}" for metric in ("share", "ends")
                                                     for name in ("known", "letters", "lengths")})
        self.assertIn("Python of its files was run", (output / "executive_summary.md").read_text(encoding="utf-8"))

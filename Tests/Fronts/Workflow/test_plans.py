"""Plans before they run: what they refuse, what they estimate, and what their paths are relative to."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from test_workflow import COMMAND, ROOT, run

POCKET = ROOT / "scripts/pocket"
SMALL = POCKET / "models/pocket-1m"


class PlanTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-plans-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def plan(self, text, name="plan.yaml"):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def test_what_cannot_run_is_refused_with_all_its_faults(self):
        model = self.folder / "small.gguf"
        run("quantize", SMALL, model, "--type", "q8_0")
        broken = self.folder / "broken.gguf"
        broken.write_bytes(model.read_bytes()[:5000])
        path = self.plan(f"""
            models:
              - {SMALL}
              - {{path: {model}, name: twice, quantization: q4_0}}
              - {{path: {model}, name: rounded, precision: bfloat16}}
              - {{path: nowhere-1b, name: missing}}
              - {{path: {broken}, name: broken}}
            tasks:
              mmlu: {{data: {self.folder}/no-data}}
              gsm8k: {{data: {POCKET}/data/gsm8k}}
            output: {self.folder}/out
            """)
        for command in (["run", path, "--quiet"], ["plan", path, "--quiet"]):
            said = run(*command, code=1).stderr
            for part in ("5 reasons", "quantised already", "precision bfloat16", "nowhere-1b", "broken.gguf", "no-data"):
                self.assertIn(part, said)
            self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertFalse((self.folder / "out/samples.jsonl").exists())

    def test_a_model_that_is_nowhere_is_refused_before_the_first_cell(self):
        path = self.plan(f"""
            models: [{SMALL}, models/nowhere]
            tasks:
              gsm8k: {{data: {POCKET}/data/gsm8k, shots: 0, maximum_tokens: 2, limit: 1}}
            output: {self.folder}/out
            """)
        for variable, value, word in (("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE"),
                                      ("HF_ENDPOINT", "http://hub.invalid", "hub.invalid")):
            with mock.patch.dict(os.environ, {variable: value}):
                said = run("run", path, "--quiet", code=1).stderr
                for part in ("models/nowhere: no such file or folder", word):
                    self.assertIn(part, said)
                self.assertFalse((self.folder / "out/samples.jsonl").exists())
                self.assertIn("2 cells", run("plan", path, "--quiet").stdout)

    def test_doctor_lists_no_sizes_for_a_file_that_is_quantised(self):
        model = self.folder / "small.gguf"
        run("quantize", SMALL, model, "--type", "q8_0")
        self.assertNotIn("if quantised", run("doctor", model).stdout)
        self.assertIn("if quantised", run("doctor", SMALL).stdout)

    def test_the_estimate_counts_the_chat_template(self):
        def asked(chat):
            path = self.plan(f"""
                models: [{{path: {SMALL}, chat_template: {chat}}}]
                tasks: {{mmlu: {{shots: 2, data: {POCKET}/data/mmlu}}, gsm8k: {{shots: 1, data: {POCKET}/data/gsm8k}}}}
                limit: 3
                """)
            estimate = json.loads(run("plan", path, "--quiet", "--format", "json").stdout)["cells"]
            report = json.loads(run("run", path, "--quiet", "--format", "json").stdout)["cells"]
            self.assertEqual(estimate[0]["tokens_asked"], report[0]["run"]["tokens_asked"])
            self.assertEqual(estimate[0]["tokens_computed"], report[0]["run"]["tokens_computed"])
            return [cell["tokens_asked"] for cell in estimate]

        for plain, chat in zip(asked("false"), asked("true")):
            self.assertGreater(chat, plain)

    def test_paths_are_relative_to_the_plan(self):
        (self.folder / "in").mkdir()
        shutil.copytree(SMALL, self.folder / "in/models/small")
        shutil.copytree(POCKET / "data/mmlu", self.folder / "in/data/mmlu")
        rows = self.folder / "in/rows.jsonl"
        rows.write_text('{"question": "2 + 2", "answer": "4"}\n')
        path = self.plan("""
            models: [models/small]
            tasks:
              mmlu: {shots: 0, data: data/mmlu}
              own: {type: custom, data: rows.jsonl, prompt: "{question} =", max_tokens: 2, metric: exact_match}
            limit: 1
            output: {path: out, visualize: false}
            """, "in/plan.yaml")
        run("run", path, "--quiet")
        self.assertTrue((self.folder / "in/out/plan.yaml").is_file())
        # Again from its own folder and from elsewhere, out of the file that the report holds.
        report = json.loads((self.folder / "in/out/comprehensive_report.json").read_text())
        for folder, name in ((self.folder / "in/out", "plan.yaml"), (self.folder, "in/out/plan.yaml")):
            again = json.loads(run("run", name, "--quiet", "--format", "json", folder=folder).stdout)
            self.assertEqual([cell["run"]["metrics"] for cell in again["cells"]],
                             [cell["run"]["metrics"] for cell in report["cells"]])
        # The whole folder may move.
        shutil.move(self.folder / "in", self.folder / "moved")
        run("run", self.folder / "moved/out/plan.yaml", "--quiet")

    def test_what_lies_in_the_current_folder_is_taken_with_a_warning(self):
        (self.folder / "models").mkdir()
        shutil.copytree(SMALL, self.folder / "models/small")
        self.plan(f"models: [models/small]\ntasks: {{mmlu: {{data: {POCKET}/data/mmlu}}}}\nlimit: 1\n", "plans/a.yaml")
        said = run("run", "plans/a.yaml", "--quiet", folder=self.folder).stderr
        self.assertIn("relative to its file", said)

    def test_a_home_in_front_is_the_users(self):
        home = self.folder / "home"
        shutil.copytree(SMALL, home / "small")
        (home / "data").mkdir()
        shutil.copytree(POCKET / "data/mmlu", home / "data/mmlu")
        environment = dict(os.environ, HOME=str(home), GEMMABENCH_DATA="~/data", GEMMABENCH_CACHE="~/cache")

        def at_home(*words):
            done = subprocess.run([COMMAND, *map(str, words)], cwd=self.folder, env=environment, capture_output=True,
                                  text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        path = self.plan("models: [~/small]\ntasks: [mmlu]\nlimit: 1\noutput: {path: ~/out, visualize: false}\n")
        at_home("run", path, "--quiet")
        self.assertTrue((home / "out/results.db").is_file())
        self.assertTrue((home / "cache/answers.db").is_file())
        at_home("run", "~/small", "mmlu", "--limit", 1, "--output", "~/other", "--quiet")
        self.assertTrue((home / "other/results.db").is_file())
        at_home("info", "~/small")
        at_home("report", "~/out")
        script = self.folder / "script.lua"
        script.write_text('local m = require("gemmabench").load_model "~/small"\nprint(m:info().name)\n')
        self.assertIn("small", at_home("script", script))
        self.assertFalse(any(path.name == "~" for path in self.folder.iterdir()))

    def test_an_answer_longer_than_the_context_is_shortened_and_flagged(self):
        path = self.plan(f"""
            models: [{{path: {SMALL}, context_length: 64}}]
            tasks: {{gsm8k: {{shots: 3, maximum_tokens: 40, data: {POCKET}/data/gsm8k}}}}
            limit: 2
            """)
        cell, = json.loads(run("run", path, "--quiet", "--format", "json").stdout)["cells"]
        self.assertEqual(cell["run"]["flags"]["prompt_truncated"], 2)
        self.assertNotIn("max_tokens_reduced", cell["run"]["flags"])
        path.write_text(path.read_text().replace("maximum_tokens: 40", "maximum_tokens: 4000"))
        cell, = json.loads(run("run", path, "--quiet", "--format", "json").stdout)["cells"]
        self.assertEqual((cell["run"]["flags"]["prompt_truncated"], cell["run"]["flags"]["max_tokens_reduced"]), (2, 2))

"""The export for readers of lm-evaluation-harness, held to the files that the harness writes (Tests/Goldens/harness)."""

import hashlib
import json
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from test_workflow import ROOT, run

sys.path.insert(0, str(ROOT / "tools/goldens"))
from make_harness_layout import kind  # noqa: E402  the one place that says what a kind is

LAYOUT = json.loads((ROOT / "Tests/Goldens/harness/layout.json").read_text(encoding="utf-8"))
# What is known to the harness alone, and null here; its commit and the like are null there too.
NULL = {"transformers_version", "lm_eval_version", "tokenizer_pad_token", "tokenizer_eos_token", "tokenizer_bos_token"}


class HarnessExportTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-harness-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        data = ROOT / "scripts/pocket/data"
        rows = cls.folder / "riddles.jsonl"
        rows.write_text('{"q": "Two and two?", "options": ["three", "four"], "right": 1}\n'
                        '{"q": "Snow?", "options": ["white", "black"], "right": 0}\n')
        config = cls.folder / "config.yaml"
        config.write_text(f"""
models: [{{path: {ROOT}/scripts/pocket/models/pocket-1m, name: "own/pocket"}}]
tasks:
  quiz: {{type: mmlu, shots: 1, data: {data}/mmlu}}
  capitals: {{type: gsm8k, shots: 1, maximum_tokens: 8, data: {data}/gsm8k}}
  riddles: {{type: custom, data: {rows}, prompt: "{{q}}\\nAnswer:", choices: options, answer: "{{right}}", answer_is: index}}
limit: 2
""")
        run("run", config, "--quiet", "--output", cls.folder / "out")
        run("export", cls.folder / "out", "--format", "lm-eval", "--output", cls.folder / "exported")
        cls.exported = cls.folder / "exported/own__pocket"
        cls.results = json.loads(next(cls.exported.glob("results_*.json")).read_text(encoding="utf-8"))

    def kind_is(self, value, expected, place, may_be_null=False):
        if may_be_null and value is None or expected == "null":
            return
        self.assertEqual(kind(value), expected, place)

    def role(self, name):
        """What a name is to the harness: a task, a group, or a member of one."""
        if name in self.results["groups"]:
            return "GROUP"
        return "TASK" if name in ("capitals", "riddles") else "MEMBER"

    def test_files(self):
        time = r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?"
        names = [re.sub(time, "TIME", path.name) for path in self.exported.iterdir()]
        self.assertEqual({re.sub(r"samples_\w+_TIME", "samples_TASK_TIME", name) for name in names}, set(LAYOUT["files"]))
        self.assertIn("samples_capitals_TIME.jsonl", names)
        self.assertEqual(len(names), 13)

    def test_results(self):
        for key, expected in LAYOUT["results"].items():
            self.assertIn(key, self.results)
            self.kind_is(self.results[key], expected, key, key in NULL)
        self.assertLessEqual(set(self.results) - set(LAYOUT["results"]), {"gemmabench_version"})
        for key, roles in LAYOUT["by_name"].items():
            found = self.results[key]
            self.assertEqual({self.role(name) for name in found}, set(roles), key)
            for name, value in found.items():
                # The harness's number of a task's version is its own.
                self.kind_is(value, roles[self.role(name)], f"{key}: {name}", key == "versions")
        self.assertEqual(set(self.results["config"]), set(LAYOUT["config"]))
        for name, configuration in self.results["configs"].items():
            self.assertEqual(set(configuration), set(LAYOUT["configs"][configuration["output_type"]]), name)
        self.assertEqual(self.results["configs"]["capitals"]["output_type"], "generate_until")
        self.assertEqual(self.results["group_subtasks"]["quiz"],
                         [name for name in self.results["results"] if name.startswith("mmlu_")])

    def test_scores(self):
        for name, scores in self.results["results"].items():
            role = self.role(name)
            if role == "TASK":
                role += " " + self.results["configs"][name]["output_type"]
            expected = LAYOUT["scores"][role]
            plain = {key: value for key, value in expected.items() if "," not in key}
            self.assertEqual({key for key in scores if "," not in key}, set(plain), name)
            for key, value in plain.items():
                self.kind_is(scores[key], value, f"{name}: {key}")
            # Metrics have their standard errors beside them, under the same filter.
            metrics = {key for key in scores if "," in key and "_stderr," not in key}
            self.assertEqual({key.replace(",", "_stderr,") for key in metrics},
                             {key for key in scores if "_stderr," in key})
        self.assertEqual(set(self.results["results"]["riddles"]), set(LAYOUT["scores"]["TASK multiple_choice"]))
        self.assertIn("exact_match,strict-match", self.results["results"]["capitals"])
        self.assertEqual(self.results["results"]["quiz"]["sample_len"], 20)

    def test_samples(self):
        for name in ("capitals", "riddles", "mmlu_opposites"):
            lines = [json.loads(line) for line in
                     next(self.exported.glob(f"samples_{name}_*.jsonl")).read_text(encoding="utf-8").splitlines()]
            layout = LAYOUT["samples"][self.results["configs"][name]["output_type"]]
            for line in lines:
                metrics = set(line["metrics"])
                for key, expected in layout["line"].items():
                    if key in ("acc", "acc_norm", "exact_match"):
                        continue
                    self.kind_is(line[key], expected, f"{name}: {key}")
                self.assertEqual(set(line), {key for key in layout["line"] if not key.startswith(("acc", "exact_match"))}
                                 | metrics)
                for key in metrics:
                    self.assertEqual(kind(line[key]), "number")
                self.assertEqual(kind(line["resps"][0]), layout["resps"])
                for place, argument in enumerate(line["arguments"].values()):
                    expected = layout["arguments"].get(f"gen_args_{place}", layout["arguments"]["gen_args_0"])
                    self.assertEqual({key: kind(value) for key, value in argument.items()}, expected)
            hashes = "".join(line["doc_hash"] + line["prompt_hash"] + line["target_hash"] for line in lines)
            self.assertEqual(hashlib.sha256(hashes.encode()).hexdigest(), self.results["task_hashes"][name])

    def test_the_harness_can_print_it(self):
        try:
            from lm_eval.utils import make_table
        except ImportError:
            self.skipTest("lm-eval is not installed")
        table = make_table(self.results)
        self.assertIn("quiz", table)
        self.assertIn("strict-match", table)
        self.assertIn("quiz", make_table(self.results, "groups"))


class SeveralContextsTests(unittest.TestCase):
    def test_each_choice_stands_before_the_continuation(self):
        """As in WinoGrande, where doc_to_text is a number: the choices are contexts of one continuation."""
        with tempfile.TemporaryDirectory(prefix="gemmabench-contexts-") as name:
            folder = pathlib.Path(name)
            (folder / "rows.jsonl").write_text('{"who": ["The dog", "The cat"], "does": "barks.", "right": 0}\n')
            (folder / "who.yaml").write_text("""
task: who
dataset_path: json
dataset_kwargs: {data_files: {test: rows.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: right
doc_to_choice: who
doc_to_target: does
""")
            run("run", "scripts/pocket/models/pocket-1m", folder / "who.yaml", "--quiet", "--output", folder / "out")
            run("export", folder / "out", "--format", "lm-eval", "--output", folder / "exported")
            line = json.loads(next(folder.glob("exported/*/samples_who_*.jsonl")).read_text(encoding="utf-8"))
            self.assertEqual(line["arguments"], {
                "gen_args_0": {"arg_0": "The dog", "arg_1": " barks."},
                "gen_args_1": {"arg_0": "The cat", "arg_1": " barks."}})


if __name__ == "__main__":
    unittest.main()

"""What a newcomer reads: errors that name the fault once and say what to do, warnings that are shown, numbers with their nouns."""

import json
import os
import pathlib
import shutil
import tempfile
import unittest

from test_workflow import ROOT, run

MODEL = ROOT / "scripts/pocket/models/pocket-1m"
DATA = ROOT / "scripts/pocket/data"


class MessageTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-messages-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def test_a_configuration_that_is_not_there_is_named(self):
        self.assertIn("nowhere.yaml: no such file", run("run", "nowhere.yaml", code=64).stderr)
        self.assertIn("name at least one task", run("run", MODEL, code=64).stderr)

    def test_tasks_lists_the_named_ones(self):
        self.assertEqual([task["type"] for task in json.loads(run("tasks", "gsm8k", "--format", "json").stdout)], ["gsm8k"])
        said = run("tasks", "mmlu").stdout
        self.assertIn("subset", said)
        self.assertNotIn("chain_of_thought", said)
        self.assertIn('unknown task "mmul"; did you mean "mmlu"?', run("tasks", "mmul", code=64).stderr)

    def test_an_option_that_no_task_has_is_told_without_the_usage_of_another_command(self):
        said = run("run", MODEL, "efficiency", "--subset", "anatomy", code=64).stderr
        self.assertEqual(said, "Error: --subset: the task efficiency has no such option\n")
        said = run("run", MODEL, "efficiency", "gsm8k", "--subset", "anatomy", code=64).stderr
        self.assertEqual(said, "Error: --subset: the tasks efficiency, gsm8k have no such option\n")

    def test_a_precision_that_is_not_honoured_is_warned_of_on_the_command_line_too(self):
        said = run("run", MODEL, "gsm8k", "--data", DATA / "gsm8k", "--limit", 1, "--quiet", "--precision", "float16").stderr
        self.assertRegex(said, "warning: .*float16")

    def test_a_generation_says_why_it_stopped(self):
        self.assertIn("2 generated in ", run("generate", MODEL, "hi", "--max-tokens", 2).stderr)
        self.assertIn("; stopped: reached max_tokens\n", run("generate", MODEL, "hi", "--max-tokens", 2).stderr)
        self.assertIn("--max-tokens 0: must be at least 1", run("generate", MODEL, "hi", "--max-tokens", 0, code=64).stderr)
        self.assertIn("--prompt-tokens 0: must be at least 1", run("bench", MODEL, "-p", 0, code=64).stderr)

    def test_a_model_that_does_not_load_is_told_once_for_all_of_its_cells(self):
        # A weight that is no number shows when it is quantised, which no look at the plan does.
        broken = self.folder / "broken"
        shutil.copytree(MODEL, broken)
        weights = bytearray((broken / "model.safetensors").read_bytes())
        length = int.from_bytes(weights[:8], "little")
        name = "model.layers.0.mlp.up_proj.weight"
        start = 8 + length + json.loads(weights[8:8 + length])[name]["data_offsets"][0]
        weights[start:start + 2] = b"\xff\x7f"
        (broken / "model.safetensors").write_bytes(weights)
        config = self.folder / "config.yaml"
        config.write_text(f"models:\n  whole: {{path: {MODEL}}}\n  broken: {{path: {broken}, quantization: q4_0}}\nlimit: 1\n"
                          f"tasks:\n  mmlu: {{data: {DATA}/mmlu, subset: opposites}}\n  gsm8k: {{data: {DATA}/gsm8k}}\n",
                          encoding="utf-8")
        done = run("run", config, "--quiet", code=2)
        self.assertEqual(" ".join(done.stdout.split()).count("broken failed in 2 cells: "), 1, done.stdout)
        self.assertEqual(done.stdout.count(" failed: "), 0, done.stdout)
        self.assertIn("not finite", done.stdout)
        self.assertIn("2 of 4 cells failed: ", done.stderr)

    def test_statistics_name_the_run_and_count_in_english(self):
        config = self.folder / "config.yaml"
        config.write_text(f"models: [{MODEL}]\nruns: 2\nlimit: 1\ntasks:\n  gsm8k: {{data: {DATA}/gsm8k}}\n", encoding="utf-8")
        run("run", config, "--quiet", "--output", self.folder / "out")
        lines = run("stats", self.folder / "out", "--metric", "strict_match").stdout.splitlines()
        self.assertEqual([line.partition("  ")[0] for line in lines], ["pocket-1m · gsm8k", "pocket-1m · gsm8k · run 2"])
        self.assertTrue(all(line.endswith("  1 sample") for line in lines), lines)
        said = run("stats", self.folder / "out", "--interval", "foo", code=1).stderr
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn('no such interval: "foo"; known: ', said)


if __name__ == "__main__":
    unittest.main()

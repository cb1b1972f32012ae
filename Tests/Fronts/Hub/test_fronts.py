"""The Hub from Python, Lua and the command's other verbs: models by name wherever a path is taken."""

import json
import os
import pathlib
import sys
import unittest
from unittest import mock

import support
from hub_server import GOOD_TOKEN
from support import MODEL, ROOT, HubTestCase

sys.path.insert(0, str(ROOT / "bindings/python"))
try:
    import gemmabench
except ImportError as problem:
    gemmabench, reason = None, str(problem)


class Command(HubTestCase):
    def test_a_name_is_a_path(self):
        """Loading downloads what is not there, once."""
        info = json.loads(self.succeed("info", MODEL))
        self.assertEqual((info["name"], info["architecture"]), ("gemma-tiny", "gemma3_text"))
        self.assertIn(self.hub.repositories[MODEL].commit, info["path"])
        before = len(self.hub.log)
        self.succeed("tokenize", f"{MODEL}@main", "hello")
        self.assertEqual(len(self.hub.log), before)

    def test_run_and_script(self):
        data = str(ROOT / "Tests/Goldens/tasks/data")
        arguments = ["run", MODEL, "mmlu", "--subset", "abstract_algebra", "--limit", "2", "--format", "json"]
        report = json.loads(self.succeed(*arguments, GEMMABENCH_DATA=data))
        self.assertIn("gemma-tiny", json.dumps(report))
        script = self.home / "load.lua"
        script.write_text(f'local bench = require "gemmabench"\nprint(bench.load_model("{MODEL}"):info().name)\n')
        self.assertEqual(self.succeed("script", str(script)).strip(), "gemma-tiny")

    def test_models(self):
        self.assertEqual(self.succeed("models"), "")
        self.succeed("pull", MODEL)
        self.succeed("pull", "google/gemma-big", "--include", "*.json")
        self.succeed("pull", "someone/nothing", "--include", "*")
        output = self.succeed("models")
        self.assertIn(MODEL, output)
        self.assertIn("gemma3_text", output)
        self.assertIn("missing: model-00001-of-00003.safetensors", output)
        self.assertNotIn("someone/nothing", output)
        listed = json.loads(self.succeed("models", "--all", "--format", "json"))
        self.assertEqual([model["id"] for model in listed], ["google/gemma-big", MODEL, "someone/nothing"])
        self.assertEqual([model["missing"] is None for model in listed], [False, True, False])
        self.assertEqual(listed[1]["refs"], ["main"])
        self.assertEqual([model["supported"] for model in listed], [True, True, False])
        snapshot = pathlib.Path(listed[1]["path"])
        for kind, supported in (("qwen3", True), ("llama", True), ("bert", False)):
            (snapshot / "config.json").unlink()
            (snapshot / "config.json").write_text(json.dumps({"model_type": kind}))
            self.assertEqual(f"  {kind}" in self.succeed("models"), supported, kind)

    def test_doctor(self):
        self.fail_with("doctor", MODEL, words=[MODEL, "gemmabench pull"])
        self.succeed("pull", MODEL)
        statement = json.loads(self.succeed("doctor", MODEL, "--context-length", "512", "--format", "json"))
        # 4 layers, 2 heads of 16 for keys and for values, 4 bytes each, 512 positions
        self.assertEqual(statement["key_value_bytes"], 4 * 2 * 16 * 2 * 4 * 512)
        # The matrices, without the file's header.
        size = len(support.TINY["model.safetensors"])
        self.assertTrue(0.9 * size < statement["weight_bytes"] <= size, statement)
        self.assertTrue(statement["fits"])
        self.assertIn("instruction_set", self.succeed("doctor"))


@unittest.skipUnless(gemmabench, f"gemmabench cannot be imported: {'' if gemmabench else reason}")
class Python(HubTestCase):
    def setUp(self):
        super().setUp()
        patch = mock.patch.dict(os.environ, self.environment(), clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def test_pull_resolve_and_load(self):
        events = []
        with self.assertRaises(gemmabench.MissingFileError):
            gemmabench.resolve(MODEL)
        pulled = gemmabench.pull(MODEL, progress=events.append)
        self.assertEqual(pulled["id"], MODEL)
        self.assertEqual(pulled["received_bytes"], sum(map(len, support.TINY.values())))
        self.assertEqual({event.stage for event in events}, {"download"})
        self.assertEqual(events[-1].completed, events[-1].total)
        self.assertEqual(gemmabench.resolve(MODEL), pulled["path"])
        self.assertEqual([model["id"] for model in gemmabench.cached_models()], [MODEL])
        with gemmabench.load_model(MODEL, local_only=True) as model:
            self.assertEqual(model.info()["name"], "gemma-tiny")

    def test_load_downloads_unless_forbidden(self):
        elsewhere = pathlib.Path(self.home / "elsewhere")
        with self.assertRaises(gemmabench.MissingFileError):
            gemmabench.load_model(MODEL, local_only=True, cache_dir=elsewhere)
        stages = []
        with gemmabench.load_model(MODEL, cache_dir=elsewhere, progress=lambda event: stages.append(event.stage)):
            self.assertEqual(sorted(set(stages)), ["download", "load"])
        self.assertTrue((elsewhere / "models--google--gemma-tiny").is_dir())

    def test_cancel_is_gone_on_with(self):
        self.hub.seconds_per_chunk = 0.01
        with self.assertRaises(gemmabench.CancelledError):
            gemmabench.pull("google/gemma-big", progress=lambda event: event.completed < 1_000_000)
        with self.assertRaises(ZeroDivisionError):
            gemmabench.pull("google/gemma-big", progress=lambda event: 1 // 0)
        self.hub.seconds_per_chunk = 0
        gemmabench.pull("google/gemma-big")
        self.assertTrue(any(entry["range"] for entry in self.hub.requests("store")))

    def test_errors_by_kind(self):
        for kind, model in ((gemmabench.AccessDeniedError, "google/gemma-gated"), (gemmabench.MissingFileError, "google/none"),
                            (gemmabench.InvalidArgumentError, "a/b/c")):
            with self.assertRaises(kind):
                gemmabench.pull(model)
        with self.assertRaises(gemmabench.AccessDeniedError):
            gemmabench.hub_identity()
        os.environ["HF_TOKEN"] = GOOD_TOKEN
        self.assertEqual(gemmabench.hub_identity()["name"], "tester")
        os.environ["HF_HUB_OFFLINE"] = "1"
        with self.assertRaises(gemmabench.NetworkError):
            gemmabench.hub_identity()

    def test_short_form(self):
        plan = {"models": [{"type": "gemma", "size": "2b", "variant": "it"}],
                "tasks": [{"type": "mmlu", "subset": "abstract_algebra", "shots": 1}], "limit": 1}
        os.environ["GEMMABENCH_DATA"] = str(ROOT / "Tests/Goldens/tasks/data")
        with self.assertRaisesRegex(gemmabench.SweepFailedError, "google/gemma-2b-it") as caught:
            gemmabench.sweep(plan)
        self.assertIn("google/gemma-2b-it", caught.exception.report.failures()[0])
        for entry, word in (({"type": "gemma", "size": "5b"}, "2b, 7b"), ({"type": "llama", "size": "2b"}, "llama"),
                            ({"path": MODEL, "size": "2b"}, "leave one out"), ({"path": MODEL, "device_map": "cuda"}, "auto")):
            with self.assertRaisesRegex(gemmabench.GemmaBenchError, word):
                gemmabench.sweep({"models": [entry], "tasks": ["mmlu"]})
        report = gemmabench.sweep({**plan, "models": [{"path": MODEL, "device_map": "auto", "revision": "v1"}]})
        self.assertEqual(report.failures(), {})


if __name__ == "__main__":
    unittest.main()

"""Data sets of the Hub: what lands in the cache, which commit a task reads, and what a broken or refused download comes to."""

import hashlib
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import unittest
from unittest import mock

from hub_server import GOOD_TOKEN
from support import GATED, ROOT, SCRIPTED, SUMS, SUMS_FILES, HubTestCase, questions

sys.path.insert(0, str(ROOT / "bindings/python"))
try:
    import gemmabench
except ImportError as problem:
    gemmabench, reason = None, str(problem)

BIG = "someone/big-sums"


class DataTestCase(HubTestCase):
    def data_folder(self, name=SUMS):
        return self.cache / ("datasets--" + name.replace("/", "--"))

    def commit(self, name=SUMS):
        return self.hub.data_sets[name].main.commit

    def fetch(self, *arguments, **variables):
        return json.loads(self.succeed("data", *arguments, "--format", "json", **variables))

    def plan(self, data=f"hf://datasets/{SUMS}", **options):
        """A plan's file with one task of the made-up rows, and its path."""
        task = {"type": "custom", "name": "sums", "data": data, "prompt": "{question}", "max_tokens": 2, **options}
        path = self.home / "plan.json"
        path.write_text(json.dumps({"name": "data", "models": [str(ROOT / "Tests/Goldens/tiny")], "tasks": [task],
                                    "limit": 3}))
        return str(path)

    def run_plan(self, *arguments, options=None, output=None, **variables):
        """The run's report and standard error."""
        output = output or str(self.home / "results")
        status, printed, errors = self.run_command(
            "run", self.plan(**(options or {})), "--output", output, "--no-cache", *arguments, **variables)
        self.assertEqual(status, 0, printed + errors)
        results = json.loads((pathlib.Path(output) / "comprehensive_report.json").read_text())
        return results, errors


class TaskFiles(DataTestCase):
    def test_a_task_file_of_the_harness_reads_its_data_set(self):
        """From nothing in one command, again without a network, and the commit stands in the report."""
        path = self.home / "sums.yaml"
        path.write_text(f"task: sums\ndataset_path: {SUMS}\ndataset_name: plain\ntest_split: test\n"
                        "output_type: generate_until\ndoc_to_text: \"{{question}}\"\ndoc_to_target: \"{{answer}}\"\n"
                        "generation_kwargs: {until: [\"\\n\"], max_gen_toks: 2}\nmetric_list: [{metric: exact_match}]\n")
        words = ["run", str(ROOT / "Tests/Goldens/tiny"), str(path), "--limit", "3", "--no-cache"]
        self.succeed(*words, "--output", str(self.home / "first"))
        before = len(self.hub.log)
        self.succeed(*words, "--output", str(self.home / "second"), HF_HUB_OFFLINE="1")
        self.assertEqual(len(self.hub.log), before)
        for name in ("first", "second"):
            report = json.loads((self.home / name / "comprehensive_report.json").read_text())
            files = report["cells"][0]["run"]["data_files"]
            self.assertTrue(files and all(f"{SUMS}@{self.commit()}" in file["path"] for file in files), files)
        self.fail_with(*words, "--data", str(self.home), words=["no split", SUMS])


class Fetching(DataTestCase):
    def test_layout(self):
        fetched = self.fetch(SUMS)[0]
        commit, snapshot = self.commit(), self.data_folder() / "snapshots" / self.commit()
        self.assertEqual((fetched["id"], fetched["config"], fetched["revision"]), (SUMS, "plain", commit))
        self.assertEqual([split["name"] for split in fetched["splits"]], ["test", "train"])
        self.assertEqual((self.data_folder() / "refs/main").read_text(), commit)
        names = {"README.md", *(name for name in SUMS_FILES if name.startswith("data/"))}
        self.assertEqual({str(path.relative_to(snapshot)) for path in snapshot.rglob("*") if not path.is_dir()}, names)
        for name in names:
            self.assertTrue((snapshot / name).is_symlink())
            self.assertEqual((snapshot / name).read_bytes(), SUMS_FILES[name])
        self.assertEqual(self.fetch(SUMS)[0]["received_bytes"], 0)

    def test_split_and_configuration(self):
        self.fetch(SUMS, "--split", "train")
        snapshot = self.data_folder() / "snapshots" / self.commit()
        self.assertEqual(sorted(path.name for path in (snapshot / "data").iterdir()), ["train.jsonl"])
        self.assertEqual(self.fetch(SUMS, "--config", "other")[0]["splits"][0]["name"], "train")
        self.fail_with("data", SUMS, "--config", "plian", words=["no configuration", "plain"])
        self.fail_with("data", SUMS, "--split", "tset", words=["no split", "did you mean \"test\""])
        self.fail_with("data", SUMS, "--revision", "v9", words=["no branch, tag or commit", "v9"])
        self.fail_with("data", "someone/none", words=["no such data set"])
        self.fail_with("data", "a/b/c", words=["OWNER/NAME"])

    def test_list(self):
        self.assertEqual(self.succeed("data"), "")
        self.fetch(SUMS, "--split", "test")
        self.fetch(SCRIPTED)
        listed = json.loads(self.succeed("data", "--format", "json"))
        self.assertEqual([(entry["id"], entry["splits"]) for entry in listed],
                         [(SCRIPTED, ["test", "train"]), (SUMS, ["plain/test"])])
        self.assertEqual(listed[1]["refs"], ["main"])
        self.assertIn("plain/test", self.succeed("data"))

    def test_parquet_copy(self):
        fetched = self.fetch(SCRIPTED)[0]
        self.assertTrue(fetched["parquet_copy"])
        self.assertEqual(fetched["revision"], self.hub.data_sets[SCRIPTED].copy.commit)
        self.assertEqual((self.data_folder(SCRIPTED) / "refs/refs/convert/parquet").read_text(), fetched["revision"])
        # The commit of the copy names it by itself.
        self.assertEqual(self.fetch(f"{SCRIPTED}@{fetched['revision']}")[0]["received_bytes"], 0)
        self.fail_with("data", "someone/script-alone", words=["script-alone.py", "no parquet copy"])
        self.fail_with("data", f"{SCRIPTED}@{self.commit(SCRIPTED)}", words=["scripted.py", "leave the revision out"])

    def test_gated(self):
        page = f"{self.hub.address}/datasets/{GATED}"
        self.fail_with("data", GATED, words=["a gated data set", "HF_TOKEN", page])
        self.fetch(GATED, HF_TOKEN=GOOD_TOKEN)
        self.assertEqual({entry["authorization"] for entry in self.hub.requests("store")}, {None})

    def test_offline(self):
        self.fail_with("data", SUMS, "--offline", words=["not in the cache", "HF_HUB_OFFLINE"])
        self.fetch(SUMS, "--split", "test")
        before = len(self.hub.log)
        self.assertEqual(self.fetch(SUMS, "--split", "test", "--offline")[0]["revision"], self.commit())
        self.fetch(SUMS, "--split", "test", HF_HUB_OFFLINE="1")
        self.fail_with("data", SUMS, "--split", "train", words=["not in the cache", "train"], HF_HUB_OFFLINE="1")
        self.assertEqual(len(self.hub.log), before)

    def test_network_gone(self):
        self.fetch(SUMS)
        status, output, errors = self.run_command("data", SUMS, HF_ENDPOINT="http://127.0.0.1:9")
        self.assertEqual(status, 0, errors)
        self.assertIn("of the cache is used", errors)

    def test_damaged_file_is_fetched_again(self):
        self.fetch(SUMS)
        blob = (self.data_folder() / "snapshots" / self.commit() / "data/test-00000-of-00002.jsonl").resolve()
        whole = blob.read_bytes()
        blob.chmod(0o644)
        blob.write_bytes(whole.replace(b"200", b"201"))
        self.fail_with("data", SUMS, "--offline", words=["damaged", f"gemmabench data {SUMS}"])
        self.fail_with("run", self.plan(), words=["damaged"])
        status, _, errors = self.run_command("data", SUMS)
        self.assertEqual(status, 0, errors)
        self.assertIn("was damaged in the cache", errors)
        self.assertEqual(blob.read_bytes(), whole)

    def test_wrong_bytes(self):
        def spoil(handler, where):
            if where != "store":
                return False
            data = handler.data(self.hub)
            handler.send(200, b"x" * len(data))
            return True

        self.hub.faults.append(spoil)
        self.fail_with("data", BIG, words=["checksum mismatch", "SHA-256"])
        self.assertFalse((self.data_folder(BIG) / "refs/main").exists())

    def test_cut_and_resumed(self):
        cut = []

        def fault(handler, where):
            if where != "store" or cut:
                return False
            cut.append(handler.path)
            _, body, headers = handler.part(handler.data(self.hub))
            handler.break_off(body, 1_000_000, **headers)
            return True

        self.hub.faults.append(fault)
        self.fetch(BIG)
        ranges = [entry["range"] for entry in self.hub.requests("store") if entry["range"]]
        self.assertEqual(len(ranges), 1)
        self.assertGreater(int(ranges[0].removeprefix("bytes=").rstrip("-")), 0)


class Running(DataTestCase):
    def test_commit_is_pinned(self):
        results, _ = self.run_plan(options={"shots": 2, "examples_split": "train"})
        text = json.dumps(results)
        self.assertIn(f'"data_revision": "{self.commit()}"', text)
        self.assertIn(f"data_revision: \"{self.commit()}\"", (self.home / "results/plan.yaml").read_text())
        self.assertIn(f"hf://datasets/{SUMS}@{self.commit()}/data/test-00000-of-00002.jsonl", text)
        digest = hashlib.sha256(SUMS_FILES["data/train.jsonl"]).hexdigest()
        self.assertIn(digest, text)

    def test_upstream_moved(self):
        first, errors = self.run_plan()
        self.assertNotIn("on the Hub now", errors)
        old = self.commit()
        self.hub.data_sets[SUMS].change({**SUMS_FILES, "data/test-00000-of-00002.jsonl": questions(100, start=7)})
        # The cache's commit stays, and the move is told.
        again, errors = self.run_plan(output=str(self.home / "second"))
        self.assertIn(old, json.dumps(again))
        self.assertNotIn(self.commit(), json.dumps(again))
        self.assertIn(f"is at commit {self.commit()} on the Hub now", errors)
        # Only a fetch takes the new commit.
        status, _, errors = self.run_command("data", SUMS)
        self.assertEqual(status, 0, errors)
        self.assertIn(f"moved from commit {old} to {self.commit()}", errors)
        newer, errors = self.run_plan(output=str(self.home / "third"))
        self.assertIn(self.commit(), json.dumps(newer))
        # A store goes on with the commit that it began with.
        kept, errors = self.run_plan(output=str(self.home / "results"))
        self.assertIn(old, json.dumps(kept))
        self.assertNotIn(self.commit(), json.dumps(kept))
        self.assertIn(f"is at commit {self.commit()} on the Hub now", errors)
        self.assertIn("keeps the commit that it began with", errors)

    def test_store_without_cache(self):
        self.run_plan()
        old = self.commit()
        self.hub.data_sets[SUMS].change({**SUMS_FILES, "data/train.jsonl": questions(2)})
        shutil.rmtree(self.cache)
        kept, _ = self.run_plan()
        self.assertIn(old, json.dumps(kept))
        self.assertNotIn(self.commit(), json.dumps(kept))

    def test_revision(self):
        old = self.commit()
        self.hub.data_sets[SUMS].change({**SUMS_FILES, "data/train.jsonl": questions(2)})
        results, errors = self.run_plan("--data-revision", old)
        self.assertIn(old, json.dumps(results))
        self.assertNotIn("on the Hub now", errors)

    def test_offline_run(self):
        self.fetch(SUMS, "--split", "test")
        before = len(self.hub.log)
        self.run_plan(HF_HUB_OFFLINE="1")
        self.assertEqual(len(self.hub.log), before)
        self.fail_with("run", self.plan(split="train"), words=["not in the cache", "train"], HF_HUB_OFFLINE="1")

    def test_plan_says_what_would_be_downloaded(self):
        plan = self.plan(shots=1, examples_split="train")
        estimate = json.loads(self.succeed("plan", plan, "--format", "json"))
        wanted = [name for name in SUMS_FILES if name.startswith("data/")]
        download = estimate["downloads"][0]["data_sets"][0]
        self.assertEqual((download["data_set"], download["revision"]), (SUMS, self.commit()))
        self.assertEqual(download["bytes"], sum(len(SUMS_FILES[name]) for name in wanted))
        self.assertEqual(download["files"], len(wanted))
        self.assertIsNone(estimate["cells"][0]["samples"])
        self.assertIn(f"{download['bytes']} bytes", self.succeed("plan", plan))
        self.assertEqual([entry for entry in self.hub.requests("store")], [])
        self.fetch(SUMS)
        estimate = json.loads(self.succeed("plan", plan, "--format", "json"))
        self.assertEqual((estimate["downloads"], estimate["cells"][0]["samples"]), ([], 3))

    def test_refusals(self):
        for options, words in (
                ({"split": "tset"}, ["no split \"tset\"", "did you mean"]),
                ({"data_config": "none"}, ["no configuration \"none\""]),
                ({"shots": 1}, ["examples_split"]),
                ({"shots": 1, "examples_split": "test"}, ["must be different"]),
                ({"columns": ["a"]}, ["is for files"]),
                ({"data": str(ROOT / "Tests/Goldens/datasets/sums.parquet"), "split": "test"}, ["hf://datasets/"]),
                ({"data": f"hf://datasets/{GATED}"}, ["a gated data set", "HF_TOKEN"])):
            self.fail_with("run", self.plan(**options), words=words)

    def test_local_parquet(self):
        self.run_plan(options={"data": str(ROOT / "Tests/Goldens/datasets/sums.parquet")})
        samples = [json.loads(line) for line in (self.home / "results/samples.jsonl").read_text().splitlines()]
        self.assertEqual([sample["target"] for sample in samples], ["2", "4", "6"])


@unittest.skipUnless(importlib.util.find_spec("huggingface_hub"), "huggingface_hub is not installed (pip install it)")
class DataPeer(DataTestCase):
    def peer(self, program):
        code = "import json, huggingface_hub as hub\n" + program
        variables = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
        done = subprocess.run([sys.executable, "-c", code], env=self.environment(**variables), capture_output=True,
                              text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_what_it_fetched_is_read(self):
        self.peer(f"print(json.dumps(hub.snapshot_download({SUMS!r}, repo_type='dataset')))")
        before = len(self.hub.log)
        self.fetch(SUMS, "--offline")
        self.run_plan(HF_HUB_OFFLINE="1")
        self.assertEqual(len(self.hub.log), before)

    def test_what_we_fetched_is_read(self):
        self.fetch(SUMS)
        found = self.peer("""
found = hub.scan_cache_dir()
print(json.dumps([[str(warning) for warning in found.warnings],
    [[repo.repo_id, repo.repo_type, repo.nb_files] for repo in found.repos]]))
""")
        self.assertEqual(found, [[], [[SUMS, "dataset", 4]]])
        path = self.peer(f"print(json.dumps(hub.hf_hub_download({SUMS!r}, 'data/train.jsonl', repo_type='dataset',"
                         " local_files_only=True)))")
        self.assertEqual(pathlib.Path(path).read_bytes(), SUMS_FILES["data/train.jsonl"])


@unittest.skipIf(gemmabench is None, "the Python package cannot load its library")
class Bindings(DataTestCase):
    def test_python(self):
        with mock.patch.dict("os.environ", self.environment(), clear=True):
            fetched = gemmabench.fetch_data(SUMS, split="test")
            self.assertEqual((fetched["revision"], len(fetched["splits"])), (self.commit(), 1))
            self.assertEqual([entry["id"] for entry in gemmabench.cached_data()], [SUMS])
            task = gemmabench.task("custom", data=f"hf://datasets/{SUMS}", prompt="{question}")
            self.assertEqual(len(task.prompts()), 120)
            with self.assertRaises(gemmabench.AccessDeniedError):
                gemmabench.fetch_data(GATED)

    def test_lua(self):
        script = self.home / "data.lua"
        script.write_text(f"""local bench = require "gemmabench"
local fetched = bench.fetch_data("{SUMS}", {{split = "test"}})
print(fetched.revision, #bench.cached_data(), bench.cached_data()[1].splits[1])
local task = bench.task({{type = "custom", data = "hf://datasets/{SUMS}", prompt = "{{question}}"}})
print(task:info().specification.data_revision)
""")
        self.assertEqual(self.succeed("script", str(script)).split(), [self.commit(), "1", "plain/test", self.commit()])


if __name__ == "__main__":
    unittest.main()

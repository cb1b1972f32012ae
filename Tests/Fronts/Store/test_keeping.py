"""What is kept can be read, compared, shown again and exported; and what was asked before is not paid for twice."""

import contextlib
import csv
import hashlib
import io
import json
import shutil
import sqlite3

from support import COMMAND, MODEL, StoreTestCase, files_of


class KeepingTests(StoreTestCase):
    def rows(self, path, query):
        with contextlib.closing(sqlite3.connect(path)) as database:
            return database.execute(query).fetchall()

    def test_the_cache_of_answers(self):
        cache = self.folder / "cache"
        self.environment["GEMMABENCH_CACHE"] = str(cache)

        def count():
            return self.rows(cache / "answers.db", "SELECT count(*) FROM answers")[0][0]

        def seconds(folder):
            return self.rows(self.folder / folder / "results.db", "SELECT position, seconds FROM samples ORDER BY 1, 2")

        self.run_command(*self.words(self.folder / "a"))
        asked = count()
        self.assertGreater(asked, 100)
        # Another plan (another level, another folder) that asks the same: every time is that of the first.
        self.run_command(*self.words(self.folder / "b", "--confidence-level", "0.9"))
        self.assertEqual(count(), asked)
        self.assertEqual(seconds("a"), seconds("b"))
        self.run_command(*self.words(self.folder / "c", "--no-cache"))
        self.assertEqual(count(), asked)
        self.assertNotEqual(seconds("a"), seconds("c"))
        # Weights that differ in one bit, and a setting, miss.
        copy = self.folder / "pocket-1m"
        shutil.copytree(MODEL, copy)
        weights = next(copy.glob("*.safetensors"))
        data = bytearray(weights.read_bytes())
        data[-2] ^= 1
        weights.write_bytes(data)
        self.run_command(*self.words(self.folder / "d", model=copy))
        self.assertEqual(count(), 2 * asked)
        self.run_command(*self.words(self.folder / "e", "--quantization", "q8_0"))
        self.assertEqual(count(), 3 * asked)

    def test_what_is_kept(self):
        model = self.folder / "model"
        shutil.copytree(MODEL, model)
        output = self.folder / "out"
        self.run_command(*self.words(output, "--seed", "7", model=model))
        self.run_command(*self.words(output, "--seed", "8", model=model))
        shutil.rmtree(model)
        latest = files_of(output)

        history = json.loads(self.run_command(COMMAND, "history", self.folder, "--format", "json").stdout)
        self.assertEqual([sweep["run"] for sweep in history], [f"{output}#1", f"{output}#2"])
        self.assertEqual([sweep["state"] for sweep in history], ["complete", "complete"])
        self.assertEqual(history[0]["environment"]["version"], history[0]["gemmabench"])
        self.assertIn("model · gsm8k", self.run_command(COMMAND, "history", output).stdout)

        # The report again, without the model.
        for name in latest:
            (output / name).unlink()
        self.run_command(COMMAND, "report", output)
        self.assertEqual(files_of(output), latest)
        first = self.folder / "first"
        self.run_command(COMMAND, "report", f"{output}#1", code=64)
        self.run_command(COMMAND, "report", f"{output}#1", "--output", first)
        self.assertNotEqual(files_of(first)["samples.jsonl"], latest["samples.jsonl"])
        compared = json.loads(self.run_command(
            COMMAND, "compare", f"{output}#1", f"{output}#2", "--format", "json").stdout)
        self.assertEqual(len(compared), 2)
        self.assertIn("samples", self.run_command(COMMAND, "stats", f"{output}#1").stdout)

        rows = self.rows(output / "results.db", "SELECT count(*), count(DISTINCT identity) FROM answers")
        self.assertEqual(rows[0][1], 3)  # mmlu has no seed: both plans share its cell
        facts = self.rows(output / "results.db", "SELECT fingerprint FROM cells")
        self.assertEqual(len(json.loads(facts[0][0])["weights_sha256"]), 64)
        named = {file["name"]: file["sha256"] for file in json.loads(facts[0][0])["weights"]}
        for path in MODEL.glob("*.safetensors"):
            self.assertEqual(named[path.name], hashlib.sha256(path.read_bytes()).hexdigest())

    def test_exported_tasks_with_the_same_subjects_have_files_of_their_own(self):
        rows = [{"q": f"{number} is", "o": ["even", "odd"], "r": number % 2, "s": "low"} for number in range(4)]
        (self.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        task = {"type": "custom", "data": "rows.jsonl", "choices": "o", "answer": "{r}", "answer_is": "index",
                "subject": "s"}
        tasks = [dict(task, name=name, prompt=f"{name} {{q}}") for name in ("one", "two")]
        plan = {"models": [str(MODEL)], "tasks": tasks}
        (self.folder / "plan.json").write_text(json.dumps(plan))
        output, exported = self.folder / "two tasks", self.folder / "of two tasks"
        self.run_command(COMMAND, "run", self.folder / "plan.json", "--output", output, "--quiet")
        said = self.run_command(COMMAND, "export", output, "--format", "lm-eval", "--output", exported)
        paths = said.stderr.splitlines()
        self.assertEqual(len(set(paths)), len(paths))
        results = json.loads(open(next(path for path in paths if "/results_" in path)).read())["results"]
        self.assertLessEqual({"one_low", "two_low"}, set(results))
        for name in ("one", "two"):
            path = next(path for path in paths if f"/samples_{name}_low_" in path)
            for line in open(path).read().splitlines():
                self.assertIn(f"{name} ", line)

    def test_exports(self):
        output = self.folder / "out"
        self.run_command(*self.words(output))
        lines = [json.loads(line) for line in (output / "samples.jsonl").read_text(encoding="utf-8").splitlines()]

        table = list(csv.DictReader(io.StringIO(self.run_command(COMMAND, "export", output, "--format", "csv").stdout)))
        self.assertEqual([row["id"] for row in table], [line["id"] for line in lines])
        self.assertEqual([row["response"] for row in table if row["task"] == "gsm8k"],
                         [line["response"].replace("\r\n", "\n") for line in lines if line["task"] == "gsm8k"])

        whole = json.loads(self.run_command(COMMAND, "export", output, "--format", "json").stdout)
        self.assertEqual(sum(len(cell["samples"]) for cell in whole["cells"]), len(lines))

        self.run_command(COMMAND, "export", output, "--format", "lm-eval", code=64)
        exported = self.folder / "exported"
        said = self.run_command(COMMAND, "export", output, "--format", "lm-eval", "--output", exported)
        results = [path for path in said.stderr.splitlines() if "/results_" in path]
        found = json.loads(open(results[0]).read())
        strict = found["results"]["gsm8k"]["exact_match,strict-match"]
        expected = [line["scores"]["strict_match"] for line in lines if line["task"] == "gsm8k"]
        self.assertAlmostEqual(strict, sum(expected) / len(expected), places=12)
        for path in said.stderr.splitlines():
            if "/samples_" not in path:
                continue
            for row in map(json.loads, open(path).read().splitlines()):
                arguments = row["arguments"]["gen_args_0"]
                self.assertEqual(hashlib.sha256(arguments["arg_0"].encode()).hexdigest(), row["prompt_hash"])
                document = json.dumps(row["doc"], indent=2, ensure_ascii=False)
                self.assertEqual(hashlib.sha256(document.encode()).hexdigest(), row["doc_hash"])
                self.assertEqual(hashlib.sha256(row["target"].encode()).hexdigest(), row["target_hash"])
                self.assertIn(row["metrics"][0], row)

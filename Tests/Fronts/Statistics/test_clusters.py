"""Errors by clusters, of tasks of one's own through every front."""

import csv
import itertools
import json
import math
import pathlib
import subprocess
import tempfile
import unittest

import gemmabench as gb

from support import COMMAND, POCKET, command


class Clustered(unittest.TestCase):
    """Questions in passages, as tasks of one's own: the errors are by passage, and say so, whichever front asks."""

    prompt = "{question}\nA. {options.0}\nB. {options.1}\nC. {options.2}\nD. {options.3}\nAnswer:"
    models = {name: str(POCKET / "models" / f"pocket-{name}") for name in ("1m", "6m")}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.rows = []
        for path in sorted((POCKET / "data" / "mmlu" / "test").glob("*.csv"))[:6]:
            with open(path, newline="", encoding="utf-8") as file:
                for number, row in enumerate(itertools.islice(csv.reader(file), 5)):
                    cls.rows.append({"id": f"{path.stem}-{number}", "question": row[0], "options": row[1:5],
                                     "right": row[5], "passage": path.stem, "form": number})
        cls.data = pathlib.Path(cls.folder.name, "reading.jsonl")
        cls.data.write_text("".join(json.dumps(row) + "\n" for row in cls.rows), encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def clustered_error(self, values, kind):
        """sqrt(G / (G - 1) * sum over clusters of (sum of e)^2) / n of the values of the rows."""
        mean = sum(values) / len(values)
        sums = {}
        for value, row in zip(values, self.rows, strict=True):
            sums[row[kind]] = sums.get(row[kind], 0) + value - mean
        count = len(sums)
        return math.sqrt(count / (count - 1) * sum(total ** 2 for total in sums.values())) / len(values)

    def test_a_declared_task_through_the_command(self):
        plan, results = pathlib.Path(self.folder.name, "reading.yaml"), pathlib.Path(self.folder.name, "results")
        plan.write_text(f"""
            models: {json.dumps(list(self.models.values()))}
            tasks:
              reading:
                type: custom
                data: {json.dumps(str(self.data))}
                prompt: {json.dumps(self.prompt)}
                choices: [A, B, C, D]
                answer: "{{right}}"
                id: id
                clusters: [passage, form]
            output: {{path: {json.dumps(str(results))}, visualize: false}}
            """, encoding="utf-8")
        self.assertIn("reading: samples share form, passage", command("run", plan, "--quiet", "--verbose"))
        scores = {}
        for line in (results / "samples.jsonl").read_text(encoding="utf-8").splitlines():
            sample = json.loads(line)
            row = next(row for row in self.rows if row["id"] == sample["id"])
            self.assertEqual(sample["clusters"], {"passage": row["passage"], "form": str(row["form"])})
            scores.setdefault(sample["model"], []).append(sample["score"])
        for kind, count in (("passage", 6), ("form", 5)):
            for row in json.loads(command("stats", results, "--clusters", kind, "--format", "json")):
                self.assertEqual((row["clustered_by"], row["clusters"]), (kind, count))
                self.assertAlmostEqual(row["standard_error"], self.clustered_error(scores[row["model"]], kind), 12)
            found, = json.loads(command("compare", results, "--clusters", kind, "--format", "json"))
            self.assertEqual((found["clustered_by"], found["clusters"]), (kind, count))
            differences = [a - b for a, b in zip(scores[found["first"]], scores[found["second"]], strict=True)]
            self.assertAlmostEqual(found["standard_error"], self.clustered_error(differences, kind), 12)
            self.assertEqual(found["p_value_method"], "permutation")
        self.assertIn("by 6 clusters (passage)", command("stats", results, "--clusters", "passage"))
        self.assertIn("in 6 clusters (passage)", command("compare", results, "--clusters", "passage"))
        plain = json.loads(command("stats", results, "--format", "json"))[0]
        self.assertEqual((plain["clustered_by"], plain["clusters"]), (None, None))
        made = subprocess.run([COMMAND, "stats", str(results), "--clusters", "pasage"], capture_output=True, text=True,
                              check=False)
        self.assertNotEqual(made.returncode, 0)
        self.assertIn('did you mean "passage"?', made.stderr)

    def test_a_table_of_lua(self):
        samples = "".join(
            "{ id = %s, text = %s, right = %s, passage = %s, form = %d },\n" % (
                *map(json.dumps, (row["id"], self.prompt_of(row), row["right"], row["passage"])), row["form"])
            for row in self.rows)
        script = pathlib.Path(self.folder.name, "reading.lua")
        script.write_text(f"""
            local bench = require "gemmabench"
            local reading = {{
              name = "reading", samples = {{ {samples} }}, clusters = {{ "passage", "form" }}, target = "right",
              prompt = function(sample) return sample.text end, choices = {{ " A", " B", " C", " D" }},
            }}
            local report = bench.sweep {{
              models = {{ "{self.models['1m']}", "{self.models['6m']}" }}, tasks = {{ reading }},
            }}
            local runs = report:runs()
            for _, run in ipairs(runs) do
              local scores = {{}}
              for _, sample in run:samples() do
                assert(sample.clusters.passage and sample.clusters.form)
                scores[#scores + 1] = ("%d"):format(sample.score)
              end
              local stats = run:stats {{ clusters = "passage" }}
              print(table.concat(scores), ("%.17g"):format(stats.standard_error), stats.clusters)
            end
            local found = bench.compare(runs[1], runs[2], {{ clusters = "form" }})
            print(found.clustered_by, ("%.17g"):format(found.standard_error), found.clusters)
            print(runs[1]:stats().clusters)
            reading.clusters = "pasage"
            print(pcall(bench.task, reading))
        """, encoding="utf-8")
        lines = command("script", script, "--quiet").splitlines()
        scores = []
        for line in lines[:2]:
            given, error, count = line.split("\t")
            scores.append([int(score) for score in given])
            self.assertAlmostEqual(float(error), self.clustered_error(scores[-1], "passage"), 12)
            self.assertEqual(count, "6")
        self.assertEqual(scores[0], [self.score_of(answer, row) for answer, row in zip(self.answers("1m"), self.rows)])
        kind, error, count = lines[2].split("\t")
        differences = [a - b for a, b in zip(*scores, strict=True)]
        self.assertEqual((kind, count), ("form", "5"))
        self.assertAlmostEqual(float(error), self.clustered_error(differences, "form"), 12)
        self.assertEqual(lines[3], "nil")
        self.assertIn('no field "pasage"', lines[4])

    def prompt_of(self, row):
        return "{}\nA. {}\nB. {}\nC. {}\nD. {}\nAnswer:".format(row["question"], *row["options"])

    def score_of(self, answer, row):
        return int(answer.strip() == row["right"])

    def answers(self, model):
        """The answers of the same questions put by a class of Python."""
        return [sample["prediction"] for sample in self.run_in_python(model).samples()]

    def run_in_python(self, model):
        outer = self

        class Reading(gb.Task):
            name = "reading"
            choices = [" A", " B", " C", " D"]

            def samples(self):
                return outer.rows

            def prompt(self, sample):
                return outer.prompt_of(sample)

            def target(self, sample):
                return sample["right"]

            def clusters(self, sample):
                return {"passage": sample["passage"], "form": sample["form"]}

        with gb.load_model(self.models[model]) as loaded:
            return loaded.run(Reading())

    def test_a_class_of_python(self):
        first, second = self.run_in_python("1m"), self.run_in_python("6m")
        scores = [[sample["score"] for sample in run.samples()] for run in (first, second)]
        stats = first.stats(clusters="passage")
        self.assertEqual(stats.clusters, 6)
        self.assertAlmostEqual(stats.standard_error, self.clustered_error(scores[0], "passage"), 12)
        self.assertIsNone(first.stats().clusters)
        found = gb.compare(first, second, clusters="form")
        self.assertEqual((found["clustered_by"], found["clusters"]), ("form", 5))
        differences = [a - b for a, b in zip(*scores, strict=True)]
        self.assertAlmostEqual(found["standard_error"], self.clustered_error(differences, "form"), 12)

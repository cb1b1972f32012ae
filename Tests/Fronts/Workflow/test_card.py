"""The task `card`: what it becomes in a plan, and published scores beside measured ones, on small trained models."""

import json
import pathlib
import shutil
import tempfile
import unittest

import schema
from test_workflow import ROOT, run

POCKET = ROOT / "scripts/pocket"
ROWS = ROOT / "Tests/Goldens/catalogue"


class CardTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-card-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.path = self.folder / "config.yaml"

    def write(self, *cards):
        models = "".join(f"  - {{path: {POCKET}/models/pocket-1m, name: m{number}, card: {card}}}\n"
                         for number, card in enumerate(cards))
        tasks = "".join(f"  - {{type: gsm8k, shots: {shots}, name: gsm8k_{shots}, data: {POCKET}/data/gsm8k}}\n"
                        for shots in (0, 8))
        self.path.write_text(f"models:\n{models}tasks:\n{tasks}limit: 10\n", encoding="utf-8")

    def test_a_published_score_stands_beside_the_run_that_measures_it(self):
        self.write("gemma-3-4b-it", "gemma-3-4b-pt")
        report = json.loads(run("run", self.path, "--format", "json", "--quiet").stdout)
        description = json.loads((ROOT / "docs/comprehensive_report.schema.json").read_text(encoding="utf-8"))
        self.assertEqual(schema.problems(report, description, description), [])
        unnamed = schema.unnamed(report, description, description)
        self.assertEqual([line for line in unnamed if not line.startswith("$.plan.")], [])
        published = report["published"]
        rows = {(row["model"], row["task"], row["metric"]): row for row in published["rows"]}
        # The card of the tuned model has no shots, that of the other eight.
        self.assertEqual(sorted(rows), [("m0", "gsm8k_0", "flexible_match"), ("m0", "gsm8k_0", "strict_match"),
                                        ("m1", "gsm8k_8", "flexible_match"), ("m1", "gsm8k_8", "strict_match")])
        for row in rows.values():
            self.assertEqual(row["published_text"], "89.2" if row["model"] == "m0" else "38.4")
            self.assertEqual(row["compatible"], row["lower"] <= row["published"] + 0.0005
                             and row["published"] - 0.0005 <= row["upper"])
            self.assertAlmostEqual(row["difference"], row["measured"] - row["published"])
            self.assertEqual((row["questions"], row["limit"]), (10, 10))
        missing = {entry["benchmark"]: entry["reason"] for entry in published["not_measured"] if entry["model"] == "m1"}
        self.assertEqual(missing["HumanEval"], "runs what the model writes; the task humaneval does")
        self.assertNotIn("GSM8K", missing)

    def test_it_is_in_every_text(self):
        self.write("gemma-3-4b-it")
        out = self.folder / "out"
        short = run("run", self.path, "--output", out, "--quiet").stdout
        self.assertIn("m0: published (of gemma-3-4b-it) and measured", short)
        self.assertLessEqual(max(map(len, short.splitlines())), 80)
        for form in ("table", "markdown"):
            said = run("report", out, "--format", form).stdout
            self.assertIn("89.2%", said)
            self.assertIn("Gemma 3 model card, https://", said)
        self.assertIn("<h2>Published and measured</h2>", (out / "report.html").read_text(encoding="utf-8"))

    @unittest.skipUnless(ROWS.is_dir(), "the catalogue's made-up rows are not here")
    def test_a_card_becomes_its_tasks(self):
        # A card whose tasks need no more examples than the few rows that there are.
        self.path.write_text(f"models: [{{path: {POCKET}/models/pocket-1m, card: gemma-3-270m-it}}]\n"
                             f"tasks: [{{type: card, data: {ROWS}, without: [arc_challenge, BIG-Bench Hard, ifeval]}}]\n"
                             "limit: 2\n", encoding="utf-8")
        tasks = ["hellaswag", "piqa", "winogrande"]
        estimate = json.loads(run("plan", self.path, "--format", "json", "--quiet").stdout)
        self.assertEqual([cell["task"] for cell in estimate["cells"]], tasks)
        self.assertEqual(len(estimate["warnings"]), 1)
        self.assertIn("of the card of gemma-3-270m-it this is not measured: ARC-c, BIG-Bench Hard, IFEval (left out)",
                      estimate["warnings"][0])
        published = json.loads(run("run", self.path, "--format", "json", "--quiet").stdout)["published"]
        self.assertEqual([(row["benchmark"], row["published_text"], row["task"], row["metric"], row["measured_shots"])
                          for row in published["rows"]],
                         [("HellaSwag", "37.7", "hellaswag", "acc_norm", 0), ("PIQA", "66.2", "piqa", "acc_norm", 0),
                          ("PIQA", "66.2", "piqa", "acc", 0), ("WinoGrande", "52.3", "winogrande", "acc", 0)])
        self.assertEqual([entry["benchmark"] for entry in published["not_measured"]],
                         ["ARC-c", "BIG-Bench Hard", "IFEval"])

    def test_a_model_without_a_card_says_how_to_name_one(self):
        said = run("run", POCKET / "models/pocket-1m", "card", code=1).stderr
        self.assertIn('no published scores of a model called "pocket-1m" are known', said)
        self.assertIn("(--card)", said)
        said = run("run", POCKET / "models/pocket-1m", "card", "--card", "gemma-3-1b-ti", code=1).stderr
        self.assertIn('did you mean "gemma-3-1b-it"?', said)

    def test_a_warning_of_the_plan_is_told_once(self):
        self.write("gemma-3-4b-it")
        self.path.write_text(self.path.read_text() + "use_flash_attention: true\n")
        for words in ((), ("--quiet",)):
            self.assertEqual(run("run", self.path, *words).stderr.count("use_flash_attention"), 1)


if __name__ == "__main__":
    unittest.main()

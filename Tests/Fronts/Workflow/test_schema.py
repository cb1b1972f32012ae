"""The report of a sweep with everything in it fits the JSON Schema that is shipped, and the schema names all that it has."""

import json
import pathlib
import shutil
import tempfile
import unittest

import schema
from test_workflow import ROOT, run

PLAN = {
    "name": "everything", "runs": 3, "limit": 4,
    "models": ["scripts/pocket/models/pocket-1m",
               {"path": "scripts/pocket/models/pocket-1m", "name": "pocket-1m:q4_0", "quantization": "q4_0"},
               "scripts/pocket/models/pocket-6m", {"path": "scripts/pocket/models/pocket-6m", "name": "short", "context_length": 8}],
    "tasks": [{"type": "mmlu", "shots": 2, "data": "scripts/pocket/data/mmlu"},
              {"type": "gsm8k", "shots": 1, "data": "scripts/pocket/data/gsm8k", "temperature": 0.7,
               "top_p": 0.95},
              {"type": "efficiency", "output_lengths": [4, 8], "repetitions": 3}],
}


class SchemaTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-schema-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        (cls.folder / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
        run("run", cls.folder / "plan.json", "--quiet", "--output", cls.folder / "results", code=2)
        cls.report = json.loads((cls.folder / "results/comprehensive_report.json").read_text(encoding="utf-8"))
        cls.description = json.loads((ROOT / "docs/comprehensive_report.schema.json").read_text(encoding="utf-8"))

    def test_the_sweep_has_everything_in_it(self):
        cells = self.report["cells"]
        self.assertTrue(any("error" in cell for cell in cells) and any("run" in cell for cell in cells))
        self.assertEqual({cell["run_number"] for cell in cells}, {1, 2, 3})
        self.assertTrue(any(cell.get("run", {}).get("efficiency") for cell in cells))
        self.assertTrue(self.report["repeated_runs"] and self.report["quantisations"] and self.report["analysis"])
        self.assertEqual(self.report["unrepeated_tasks"], ["efficiency"])

    def test_a_task_of_timings_runs_once_and_the_plan_and_the_report_say_why(self):
        reason = "it repeats its measurements itself"
        page = (self.folder / "results/report.html").read_text(encoding="utf-8")
        self.assertIn(f"efficiency: ran once, not 3 times: {reason}", page)
        plan = self.folder / "plan.json"
        self.assertIn(f"\nefficiency: runs once: {reason}\n", run("plan", plan, "--quiet").stdout)
        estimate = json.loads(run("plan", plan, "--quiet", "--format", "json").stdout)
        self.assertEqual(estimate["unrepeated_tasks"], ["efficiency"])
        self.assertEqual(estimate["unrepeated_reasons"], {"efficiency": reason})

    def test_quantised_weights_are_counted_as_such(self):
        bits = {}
        for cell in self.report["cells"]:
            if "run" in cell:
                model = cell["run"]["model"]
                bits[cell["model"]] = 8 * model["weight_bytes"] / model["parameters"]
        self.assertEqual(bits["pocket-1m"], 16)
        # Blocks of 32 weights in 18 bytes; the embedding, which is the output too, in more.
        self.assertTrue(4.5 <= bits["pocket-1m:q4_0"] < 9, bits)

    def test_it_fits(self):
        self.assertEqual(schema.problems(self.report, self.description, self.description), [])
        try:
            import jsonschema
        except ImportError:
            return
        jsonschema.Draft202012Validator.check_schema(self.description)
        jsonschema.Draft202012Validator(self.description).validate(self.report)

    def test_the_schema_names_everything(self):
        # What a plan may hold is said in docs/configuration.md.
        unnamed = schema.unnamed(self.report, self.description, self.description)
        self.assertEqual([line for line in unnamed if not line.startswith("$.plan.")], [])

    def test_what_does_not_fit_is_found(self):
        for path, value in [(("cells", 0, "run", "samples"), "four"), (("plan_hash",), "x"), (("cells", 0), {}),
                            (("quantisations", 0), 1), (("analysis", "tasks", 0, "difficulty"), "hard")]:
            broken = json.loads(json.dumps(self.report))
            place = broken
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            self.assertTrue(schema.problems(broken, self.description, self.description), path)

    def test_rates_are_no_shares_in_the_history_and_are_not_paired(self):
        results = self.folder / "results"
        found = next(cell["run"]["metrics"]["decode_tokens_per_second"]["median"] for cell in self.report["cells"]
                     if cell["task"] == "efficiency" and "run" in cell)
        lines = [line for line in run("history", results).stdout.splitlines() if "efficiency" in line]
        self.assertIn(f"median {found:.1f}/s  ", lines[0])
        self.assertTrue(all("decode_tokens_per_second" in line and "%" not in line for line in lines if "failed" not in line))
        compared = run("compare", results)
        self.assertRegex(compared.stdout, r"gsm8k +pocket-1m +[\d.]+% +pocket-6m +[\d.]+% +[-+][\d.]+ points")
        self.assertRegex(compared.stdout, r"efficiency: left out: times and rates are not paired")

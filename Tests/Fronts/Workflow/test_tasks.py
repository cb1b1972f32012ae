"""Tasks of a configuration, end to end on a small trained model: what a task is called, and tasks that are declared."""

import json
import pathlib
import shutil
import tempfile
import unittest

from test_workflow import ROOT, run

POCKET = ROOT / "scripts/pocket"
MODEL = POCKET / "models/pocket-1m"
SUBJECT = "kinds_of_things"


class TaskTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-tasks-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.path = self.folder / "config.yaml"

    def write(self, tasks, more=""):
        self.path.write_text(f"models: [{MODEL}]\ntasks:\n{tasks}\nlimit: 12\n{more}", encoding="utf-8")

    def report(self, *words):
        return json.loads(run("run", self.path, "--format", "json", "--quiet", *words).stdout)

    def scores(self, *words):
        """The main score of every task, by its name, in the order of the report."""
        return {cell["task"]: cell["run"]["metrics"][cell["run"]["main_metric"]]["mean"] for cell in
                self.report(*words)["cells"]}

    def test_a_key_is_the_name_of_its_task_whatever_its_type(self):
        rows = self.folder / "rows.jsonl"
        rows.write_text('{"q": "2 + 2 =", "a": "4"}\n')
        self.write(f"""
  things: {{type: mmlu, subset: {SUBJECT}, shots: 0, data: {POCKET}/data/mmlu}}
  spelling: {{type: mmlu, subset: alphabet_order, shots: 0, data: {POCKET}/data/mmlu}}
  sums: {{type: gsm8k, shots: 0, max_tokens: 4, data: {POCKET}/data/gsm8k}}
  mine: {{type: custom, data: {rows}, prompt: "{{q}}", answer: "{{a}}", max_tokens: 2}}
  speed: {{type: efficiency, output_lengths: [2], repetitions: 1, warmup: 0, sample_prompts: [a]}}
""".replace("max_tokens: 4", "maximum_tokens: 4"))
        self.assertEqual([cell["task"] for cell in self.report()["cells"]],
                         ["things", "spelling", "sums", "mine", "speed"])
        printed = run("run", self.path, "--quiet", "--verbose").stdout
        for name in ("things", "spelling", "sums", "mine", "speed"):
            self.assertRegex(printed, rf"(?m)^pocket-1m +{name} ")

    def test_a_declared_gsm8k_scores_as_the_built_in_one(self):
        options = (f"data: {POCKET}/data/gsm8k/test.jsonl, examples: {POCKET}/data/gsm8k/train.jsonl, shots: 2, seed: 1234,"
                   ' stops: ["Question:", "</s>", "<|im_end|>"], answer: "{answer}", answer_pattern: "#### (.+)",'
                   ' solution: "{answer}",'
                   ' prompt: "Question: {question}\\nAnswer:", maximum_tokens: 64')
        self.write(f"""
  gsm8k: {{shots: 2, maximum_tokens: 64, data: {POCKET}/data/gsm8k}}
  declared: {{type: custom, {options}, pattern: "#### (\\\\-?[0-9\\\\.\\\\,]+)"}}
  last: {{type: custom, {options}, extract: last_number, metric: numeric_match}}
""")
        report = self.report("--output", self.folder / "out")
        samples = {}
        for line in (self.folder / "out/samples.jsonl").read_text(encoding="utf-8").splitlines():
            sample = json.loads(line)
            samples.setdefault(sample["task"], []).append(sample)
        self.assertEqual(list(samples), ["gsm8k", "declared", "last"])
        scores = [cell["run"]["metrics"][cell["run"]["main_metric"]]["mean"] for cell in report["cells"]]
        self.assertEqual(scores[0], scores[1])
        self.assertGreaterEqual(scores[2], scores[1])
        for built_in, declared in zip(samples["gsm8k"], samples["declared"], strict=True):
            for key in ("prompt_sha256", "response", "finish_reason"):
                self.assertEqual(built_in[key], declared[key])
            self.assertEqual(built_in["scores"]["strict_match"], declared["scores"]["exact_match"])

    def test_a_declared_mmlu_scores_as_the_built_in_one(self):
        title = SUBJECT.replace("_", " ")
        self.write(f"""
  built_in: {{type: mmlu, subset: {SUBJECT}, shots: 3, data: {POCKET}/data/mmlu}}
  declared:
    type: custom
    data: {POCKET}/data/mmlu/test/{SUBJECT}_test.csv
    examples: {POCKET}/data/mmlu/dev/{SUBJECT}_dev.csv
    columns: [question, A, B, C, D, answer]
    shots: 3
    description: "The following are multiple choice questions (with answers) about {title}.\\n\\n"
    prompt: "{{question|strip}}\\nA. {{A}}\\nB. {{B}}\\nC. {{C}}\\nD. {{D}}\\nAnswer:"
    choices: [A, B, C, D]
    answer_is: letter
""")
        scores = self.scores()
        self.assertEqual(list(scores), ["built_in", "declared"])
        self.assertEqual(scores["built_in"], scores["declared"])
        self.assertGreater(scores["declared"], 0)

    def test_choices_in_a_field_and_subjects(self):
        rows = self.folder / "rows.jsonl"
        rows.write_text("".join(json.dumps({"q": f"{n} + 1 =", "options": [str(n), str(n + 1)], "right": 1,
                                            "kind": "small" if n < 3 else "large"}) + "\n" for n in range(1, 6)))
        self.write(f'  sums: {{type: custom, data: {rows}, prompt: "{{q}}", choices: options, answer: "{{right}}",'
                   ' answer_is: index, subject: kind}')
        run_ = self.report()["cells"][0]["run"]
        self.assertEqual((run_["samples"], set(run_["metrics"])),
                         (5, {"accuracy", "accuracy_normalized", "answer_bits_per_byte"}))

    def test_a_mistake_in_the_data_names_file_and_line(self):
        for name, text, options, said in (
                ("a.jsonl", '{"q": "x", "a": "1"}\n\n{"q": "y"}\n', "", ':3: '),
                ("b.jsonl", '{"q": "x", "a": "1"}\n{"q": "y"\n', "", ":2:"),
                ("c.csv", "q,a\nx,1\ny\n", "", ":3: 2 fields (q, a) were expected, not 1"),
                ("d.csv", 'q,a,n\nx,1,1\n"two\nlines",3,9\n', ", choices: [\"{a}\", \"{n}\"], answer_is: letter",
                 ":2: ")):
            path = self.folder / name
            path.write_text(text)
            self.write(f'  mine: {{type: custom, data: {path}, prompt: "{{q}}", answer: "{{a}}"{options}}}')
            error = run("run", self.path, "--quiet", code=1).stderr
            self.assertIn(f"{path}{said}", error)
            self.assertNotIn("config.yaml", error)
            self.assertEqual(len(error.strip().splitlines()), 1, error)

    def test_a_mistake_in_an_option_names_line_and_column(self):
        self.write(f"  spelling:\n    type: mmlu\n    subset: alphabet_odrer\n    data: {POCKET}/data/mmlu")
        for words in ((), ("--limit", "3"), ("--output", self.folder / "out", "--runs", "2")):
            self.assertIn(f'{self.path}:5:13: mmlu: no such subset: "alphabet_odrer"; did you mean "alphabet_order"?',
                          run("run", self.path, "--quiet", *words, code=1).stderr)
        self.assertIn(f"{self.path}:5:13:", run("plan", self.path, "--quiet", code=1).stderr)
        self.write(f"  sums: {{type: gsm8k, shots: 65, data: {POCKET}/data/gsm8k}}")
        self.assertIn(f'{self.path}:3:30: tasks: sums: shots: a whole number from 0 to 64 was expected, not 65',
                      run("run", self.path, "--quiet", code=1).stderr)


if __name__ == "__main__":
    unittest.main()

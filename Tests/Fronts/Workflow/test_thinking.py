"""How a model is asked: chat templates, thinking, budgets, sampling and repeats, on a small model that thinks."""

import json
import pathlib
import shutil
import tempfile
import unittest

from test_workflow import COMMAND, ROOT, run

import subprocess

POCKET = ROOT / "scripts/pocket"
THINKER = POCKET / "models/pocket-6m-it"
BASE = POCKET / "models/pocket-6m"
PROBLEM = "Lily has 4 shells. Lily finds 7 more. How many shells does Lily have?"
TASK = f"""
  problems:
    type: custom
    data: {POCKET}/data/gsm8k/test.jsonl
    prompt: "{{question}}"
    answer_pattern: "#### (-?[0-9]+)"
    pattern: "#### (-?[0-9]+)"
    metric: numeric_match
    stop: []
    max_tokens: 16
"""


class ThinkingTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-thinking-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def sweep(self, models, *words, tasks=TASK, limit=20):
        plan = self.folder / "plan.yaml"
        plan.write_text(f"models:{models}\ntasks:{tasks}\nlimit: {limit}\noutput: {self.folder}/out\n")
        run("run", plan, "--quiet", *words)
        return json.loads((self.folder / "out/comprehensive_report.json").read_text())["cells"]

    def samples(self):
        lines = (self.folder / "out/samples.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def test_thinking_on_against_off_is_a_paired_comparison(self):
        cells = self.sweep(f"""
  off: {{path: {THINKER}, thinking: "off"}}
  on: {{path: {THINKER}, thinking: "on", thinking_budget: 96}}""")
        off, on = (cell["run"] for cell in cells)
        self.assertGreater(on["metrics"]["numeric_match"]["mean"], off["metrics"]["numeric_match"]["mean"])
        self.assertGreater(on["metrics"]["thought_tokens"]["lower"], 10)
        self.assertEqual(off["metrics"]["thought_tokens"]["mean"], 0)
        self.assertEqual(on["metrics"]["thought_cut"]["count"], 20)
        self.assertEqual(on["settings"]["thinking"], "on")
        self.assertEqual(len(on["settings"]["chat_template"]["sha256"]), 64)
        thoughts = [sample for sample in self.samples() if "thought" in sample]
        self.assertEqual(len(thoughts), 20)
        for sample in thoughts:
            self.assertNotIn("<channel|>", sample["response"] + sample["thought"])
        found = json.loads(run("compare", self.folder / "out", "--by", "thinking", "--values", "off", "on", "--format", "json").stdout)
        pair, = found
        self.assertLess(pair["upper"], 0)
        page = (self.folder / "out/report.html").read_text()
        self.assertIn("thought", page)

    def test_a_budget_closes_thoughts_by_force_and_counts_them(self):
        run_, = (cell["run"] for cell in self.sweep(f"""
  - {{path: {THINKER}, thinking: true, thinking_budget: 6}}""", limit=10))
        self.assertEqual(run_["flags"]["thought_closed_by_force"], 10)
        self.assertEqual(run_["metrics"]["thought_cut"]["mean"], 1)
        self.assertLessEqual(max(sample["thought_tokens"] for sample in self.samples()), 8)
        self.assertTrue(all(sample["response"] for sample in self.samples()))

    def test_the_template_is_on_for_a_tuned_model_alone(self):
        def templates(*words):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            cells = self.sweep(f"""
  tuned: {THINKER}
  base: {BASE}""", *words, limit=1)
            return [cell["run"]["chat_template"] for cell in cells]
        self.assertEqual(templates(), ["chat_template.jinja", None])
        self.assertEqual(templates("--no-chat-template"), [None, None])
        self.assertEqual(templates("--chat-template"), ["chat_template.jinja", "tokenizer_config.json"])
        file = self.folder / "mine.jinja"
        file.write_text("{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant]")
        self.assertEqual(templates("--chat-template", file), [str(file)] * 2)
        self.assertTrue(self.samples()[0]["prompt_sha256"] == self.samples()[1]["prompt_sha256"])

    def test_answers_that_are_given_leave_no_room_for_a_thought(self):
        said = run("run", THINKER, "mmlu", "--data", POCKET / "data/mmlu", "--shots", "0", "--limit", "1", "--thinking",
                   "--quiet", code=1).stderr
        self.assertIn("a model cannot think", said)
        said = run("run", BASE, "gsm8k", "--data", POCKET / "data/gsm8k", "--limit", "1", "--thinking", "--quiet", code=1).stderr
        self.assertIn("thinking", said)

    def test_recommended_sampling_and_repeats(self):
        run_, = (cell["run"] for cell in self.sweep(f"""
  - {{path: {THINKER}, thinking: true, sampling: recommended}}""", "--repeats", "3", limit=6))
        self.assertEqual(run_["settings"]["recommended_sampling"]["top_k"], 64)
        self.assertIn("numeric_match_pass@3", run_["metrics"])
        for sample in self.samples():
            self.assertEqual(len(sample["responses"]), 3)
            self.assertEqual(len(sample["thoughts"]), 3)
        self.assertGreater(len({text for sample in self.samples() for text in sample["thoughts"]}), 6)
        said = run("run", BASE, "gsm8k", "--data", POCKET / "data/gsm8k", "--limit", "1", "--repeats", "3", "--quiet", code=1).stderr
        self.assertIn("temperature", said)

    def test_a_conversation(self):
        words = [COMMAND, "chat", THINKER, "--sampling", "greedy", "--quiet"][:-1]
        done = subprocess.run(list(map(str, words)), input=f"{PROBLEM}\n/thinking on\n{PROBLEM}\n/exit\nnever asked\n",
                              capture_output=True, text=True, check=True)
        answers = done.stdout.strip().splitlines()
        self.assertEqual(len(answers), 2, done.stdout)
        self.assertTrue(all(answer.startswith("####") for answer in answers), done.stdout)
        self.assertIn("of them thought", done.stderr)
        done = subprocess.run(list(map(str, words)) + ["--thinking", "--format", "json"], input=PROBLEM, capture_output=True,
                              text=True, check=True)
        answer = json.loads(done.stdout)
        self.assertIn("thought_tokens", answer)
        self.assertIn("shells", answer["thought"])
        done = subprocess.run([str(COMMAND), "chat", str(POCKET / "models/pocket-1m"), "--thinking"], input="Hi\n",
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

    def test_the_prompt_with_its_tokens(self):
        file = self.folder / "messages.json"
        file.write_text(json.dumps([{"role": "user", "content": PROBLEM}]))
        found = json.loads(run("chat-template", THINKER, file, "--format", "json", "--thinking").stdout)
        self.assertIn("<|think|>", found["prompt"])
        self.assertEqual(found["tokens"][0], 2)
        self.assertEqual(found["tokens"].count(2), 1)

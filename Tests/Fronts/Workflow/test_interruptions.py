"""Ctrl-C, SIGTERM, closed pipes and full disks, in every command: what is done is shown, and the exit code says what happened."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
POCKET = "scripts/pocket/models/pocket-6m"
DATA = "scripts/pocket/data"
SWEEP = f"""
local bench = require "gemmabench"
local report, why = bench.sweep {{
  name = "long", models = {{ "{POCKET}" }}, runs = 200, cache = false,
  tasks = {{ {{ "mmlu", data = "{DATA}/mmlu", shots = 5 }} }},
  on_cell = function() print "BEGUN" end,
}}
print("STOPPED", why)
print(report:table())
"""
RUN = f"""
local bench = require "gemmabench"
local model = bench.load_model "{POCKET}"
for round = 1, 100 do
  local run, why = model:run {{ "gsm8k", data = "{DATA}/gsm8k", shots = 5 }}
  print("ROUND", round, why, run:info().samples > 0)
end
"""


def environment():
    kept = {key: value for key, value in os.environ.items() if key not in ("GEMMABENCH_DATA", "TERM")}
    return {**kept, "GEMMABENCH_CACHE": "off"}


class InterruptionTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-interruptions-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.results = cls.folder / "results"
        cls.command("run", POCKET, "mmlu", "--data", DATA + "/mmlu", "--limit", "3", "--output", cls.results, "--quiet")
        (cls.folder / "sweep.lua").write_text(SWEEP, encoding="utf-8")
        (cls.folder / "run.lua").write_text(RUN, encoding="utf-8")
        (cls.folder / "loop.lua").write_text("print 'begun'\nwhile true do end\n", encoding="utf-8")
        (cls.folder / "print.lua").write_text("while true do print 'a line' end\n", encoding="utf-8")
        (cls.folder / "chat.json").write_text('[{"role": "user", "content": "Hello"}]', encoding="utf-8")
        (cls.folder / "plan.yaml").write_text(
            f"models: [{ROOT / POCKET}]\ntasks: [{{type: mmlu, data: {ROOT / DATA}/mmlu}}]\n", encoding="utf-8")

    @classmethod
    def command(cls, *words, code=0, **options):
        options = {"stdout": subprocess.PIPE, **options}
        done = subprocess.run([COMMAND, *map(str, words)], cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True,
                              timeout=120, **options)
        if done.returncode != code:
            raise AssertionError(f"{words}: status {done.returncode}: {(done.stdout or '')[-500:]} {done.stderr[-2000:]}")
        return done

    def start(self, *words):
        return subprocess.Popen([COMMAND, *map(str, words)], cwd=ROOT, env=environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def ended(self, process, code, seconds=60):
        out, said = process.communicate(timeout=seconds)
        self.assertEqual(process.returncode, code, out[-1000:] + said[-1000:])
        return out, said

    @staticmethod
    def has_answers(output):
        if not (output / "results.db").exists():
            return False
        with contextlib.closing(sqlite3.connect(output / "results.db")) as database:
            try:
                return database.execute("SELECT count(*) FROM samples").fetchone()[0] > 0
            except sqlite3.OperationalError:
                return False

    def test_a_script_shows_what_was_done(self):
        process = self.start("script", self.folder / "sweep.lua")
        self.assertEqual(process.stdout.readline(), "BEGUN\n")
        process.send_signal(signal.SIGINT)
        out, _ = self.ended(process, 130)
        self.assertIn("STOPPED\tcancelled", out)
        self.assertIn("accuracy", out)
        self.assertIn("pocket-6m", out)

    def test_a_script_begins_nothing_more(self):
        process = self.start("script", "--quiet", self.folder / "run.lua")
        self.assertIn("ROUND\t1\tnil\ttrue", process.stdout.readline())
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, _ = self.ended(process, 130)
        self.assertLess(out.count("true"), 99)

    def test_a_script_that_loops(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            process = self.start("script", self.folder / "loop.lua")
            self.assertEqual(process.stdout.readline(), "begun\n")
            began = time.monotonic()
            process.send_signal(number)
            time.sleep(0.5)
            if number == signal.SIGINT:
                process.send_signal(number)  # it may use what time it has to show what is done
            self.ended(process, code)
            self.assertLess(time.monotonic() - began, 8)

    def test_long_commands(self):
        """Those that ask whether to go on: they keep what they have, and say so in their exit code."""
        output = self.folder / "kept"
        commands = {
            "run": ["run", POCKET, "mmlu", "--data", DATA + "/mmlu", "--runs", "300", "--output", output],
            "generate": ["generate", POCKET, "One day", "--max-tokens", "900"],
            "bench": ["bench", POCKET, "-p", "900", "-r", "300"],
        }
        for name, words in commands.items():
            for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
                with self.subTest(f"{name}: {code}"):
                    process = self.start(*words)
                    while name == "run" and process.poll() is None and not self.has_answers(output):
                        time.sleep(0.05)
                    time.sleep(0.5)
                    if process.poll() is not None and name == "generate":
                        continue  # it was done before
                    process.send_signal(number)
                    out, said = self.ended(process, code)
                    if name == "run":
                        self.assertIn("pocket-6m", out)
                        self.assertIn("to resume: gemmabench run", said)

    def test_any_moment_of_any_command(self):
        """An interruption comes before the end or after it; nothing else may come of it."""
        moments = random.Random(1234)
        report = str(self.results)
        commands = [
            ["stats", report, "--interval", "bootstrap", "--replicates", "1000000"],
            ["compare", report, report, "--replicates", "1000000"], ["report", report, "--print-only"], ["doctor"],
            ["info", POCKET], ["tokenize", POCKET, "x"], ["chat-template", "Tests/Goldens/tiny", self.folder / "chat.json"],
            ["plan", self.folder / "plan.yaml"], ["quantize", POCKET, self.folder / "out.gguf", "--force"], ["tasks"], ["models"],
            ["power", "--items", "100"], ["history", self.folder], ["export", report, "--format", "csv"], ["version"],
            ["init", self.folder / "config.yaml"], ["generate", POCKET, "x", "--max-tokens", "50"],
        ]
        for words in commands:
            codes = set()
            for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)) * 2:
                process = self.start(*words)
                time.sleep(moments.uniform(0.02, 0.3))
                process.send_signal(number)
                process.communicate(timeout=60)
                # Before the command has set itself up, the signal ends it as it would any program.
                self.assertIn(process.returncode, (0, 1, 64, code, -number) if words[0] == "init" else (0, code, -number),
                              words)
                codes.add(process.returncode)

    def test_a_full_disk_under_standard_output(self):
        report = str(self.results)
        commands = [
            ["tasks"], ["tasks", "--format", "json"], ["--help"], ["--version"], ["run", "--help"], ["version"], ["doctor"],
            ["info", POCKET], ["tokenize", POCKET, "x"], ["tokenize", POCKET, "x", "--format", "json"],
            ["generate", POCKET, "x", "--max-tokens", "4"], ["generate", POCKET, "x", "--max-tokens", "4", "--format", "json"],
            ["chat-template", "Tests/Goldens/tiny", self.folder / "chat.json"], ["power", "--items", "100"],
            ["stats", report], ["stats", report, "--format", "json"], ["history", self.folder],
            ["plan", self.folder / "plan.yaml", "--quiet"], ["quantize", POCKET, self.folder / "full.gguf", "--quiet"],
            ["export", report, "--format", "csv"], ["script", self.folder / "print.lua"],
            *(["report", report, "--print-only", "--format", form]
              for form in ("table", "markdown", "leaderboard", "summary", "json", "samples", "csv", "html")),
            ["run", POCKET, "mmlu", "--data", DATA + "/mmlu", "--limit", "1", "--quiet"],
        ]
        for words in commands:
            with self.subTest(" ".join(map(str, words))), open("/dev/full", "w") as full:
                said = self.command(*words, code=74, stdout=full).stderr
                self.assertEqual(said.splitlines()[-1],
                                 "Error: standard output cannot be written: No space left on device")

    def test_a_reader_that_has_enough(self):
        for words in (["tasks"], ["export", str(self.results), "--format", "json"], ["script", self.folder / "print.lua"]):
            for ignored in (False, True):
                with self.subTest(words[0]):
                    process = subprocess.Popen([COMMAND, *map(str, words)], cwd=ROOT, env=environment(),
                                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, restore_signals=not ignored)
                    process.stdout.read(1)
                    process.stdout.close()
                    said = process.stderr.read()
                    process.stderr.close()
                    self.assertIn(process.wait(timeout=60), (0, 141))
                    self.assertEqual(said, b"")

    def test_standard_output_that_is_closed(self):
        done = subprocess.run(["sh", "-c", '"$0" tasks >&-', COMMAND], cwd=ROOT, env=environment(), capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("standard output cannot be written", done.stderr)

    def test_a_script_whose_every_cell_failed(self):
        path = self.folder / "failing.lua"
        # More tokens than the context holds: a cell's own failure, which no look at the plan finds.
        plan = (f'{{ models = {{ {{ path = "{ROOT}/{POCKET}", context_length = 64 }} }}, '
                'tasks = { { "efficiency", output_lengths = { 100 }, repetitions = 1 } } }')
        start = f'local bench = require "gemmabench"\nlocal plan = {plan}\n'
        path.write_text(f'{start}bench.sweep(plan)\nprint "went on"\n', encoding="utf-8")
        done = self.command("script", "--quiet", path, code=1)
        self.assertNotIn("went on", done.stdout)
        self.assertIn("the only cell of the sweep failed", done.stderr)
        path.write_text(f'{start}print(pcall(bench.sweep, plan))\nprint "went on"\n', encoding="utf-8")
        done = self.command("script", "--quiet", path)
        self.assertIn("the only cell of the sweep failed", done.stdout)
        self.assertIn("went on", done.stdout)
        path.write_text('require("gemmabench").sweep { modles = { "x" }, tasks = { "mmlu" } }\n', encoding="utf-8")
        self.assertIn('did you mean "models"', self.command("script", path, code=1).stderr)

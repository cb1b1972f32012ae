"""What means harm, or comes to it: endless scripts and expressions, texts that steer a terminal, files that would be lost."""

import errno
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
TINY, DATA = ROOT / "Tests/Goldens/tiny", ROOT / "Tests/Goldens/tasks/data/mmlu"
EVIL = "x\x1b[31mR\x1b]0;PWN\x07\x1b[2J\x9b31m\x7f\u202e\u2066y"
OBEYED = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
          if chr(code) not in "\n\t"]

# Each calls a function in C without end, which no hook of Lua sees; pcall must not save it.
ENDLESS = {
    "patterns": 'while true do pcall(string.find, ("a"):rep(3000), (".-"):rep(10) .. "b") end',
    "gsub": 'while true do pcall(string.gsub, ("a"):rep(3000), (".-"):rep(10) .. "b", "") end',
    "concat": 'local t = setmetatable({}, {__index = tostring, __tostring = table.concat}) table.concat(t, "", 1, 1 << 62)',
    "insert": "table.insert(setmetatable({}, {__len = function() return 1 << 62 end}), 1, 1)",
    "remove": "table.remove(setmetatable({}, {__len = function() return 1 << 62 end}), 1)",
    "move": "table.move({}, 1, 1 << 62, 2)",
    "sort": "table.sort(setmetatable({}, {__len = function() return 2000000000 end, __index = rawlen, __newindex = rawequal}))",
    "load": 'load(function() return " " end)',
    "large texts": 'local a, b = ("x"):rep(1 << 28), ("x"):rep(1 << 28) while true do local _ = a < b end',
    "joined texts": 'local a = ("x"):rep(1 << 27) while true do local _ = a .. a end',
    "utf8": 'local a = ("x"):rep(1 << 27) while true do utf8.len(a) end',
    "json": "local t = {} for i = 1, 60 do t = {t, t} end require'gemmabench'.plan{models = {t}, tasks = {}}",
    "pcall": "local function f() while true do pcall(f) end end f()",
    "a function of a task": f'require"gemmabench".load_model("{TINY}"):run{{name = "t", samples = {{"a"}}, '
                            "prompt = function() while true do end end}",
    "on_token": f'require"gemmabench".load_model("{TINY}"):generate("a", {{max_tokens = 4, '
                "on_token = function() while true do end end})",
    "close": "local c <close> = setmetatable({}, {__close = function() while true do end end})",
}


def environment(**settings):
    kept = {key: value for key, value in os.environ.items() if key not in ("GEMMABENCH_DATA", "NO_COLOR")}
    return {**kept, "GEMMABENCH_CACHE": "off", "TERM": "xterm", **settings}


class TrustTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-trust-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_command(self, *words, code=0, **settings):
        done = subprocess.run([COMMAND, *map(str, words)], cwd=self.folder, env=environment(**settings), capture_output=True,
                              text=True, timeout=300)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        return done.stdout + done.stderr

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return self.folder / name

    def plan(self, name="plan.json", model="m", task="t", **more):
        tasks = {task: {"type": "mmlu", "subset": "abstract_algebra", "shots": 0, "data": str(DATA), "limit": 2}}
        return self.write(name, json.dumps({"models": {model: {"path": str(TINY)}}, "tasks": tasks, **more}))

    # ---- Endless ----

    def test_endless_calls_of_a_script_are_stopped(self):
        for name, text in ENDLESS.items():
            with self.subTest(name):
                script = self.write("endless.lua", text + "\n")
                process = subprocess.Popen([COMMAND, "script", str(script)], cwd=self.folder, env=environment(),
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                time.sleep(1.5)
                process.send_signal(signal.SIGINT)
                try:
                    process.communicate(timeout=30)
                finally:
                    process.kill()
                self.assertNotEqual(process.returncode, -signal.SIGKILL, name)
                self.assertIn(process.returncode, (1, 130), name)

    def test_an_endless_expression_is_an_error_that_names_it(self):
        self.write("rows.jsonl", json.dumps({"question": "q", "answer": "a" * 40 + "!"}) + "\n")
        task = {"type": "custom", "data": "rows.jsonl", "prompt": "{question}", "answer": "{answer}", "answer_pattern": "(a+)+$"}
        plan = self.write("plan.json", json.dumps({"models": [str(TINY)], "tasks": [task]}))
        self.assertIn("(a+)+$", self.run_command("plan", plan, code=1))

    # ---- Terminals ----

    def on_terminal(self, *words):
        reader, terminal = pty.openpty()
        process = subprocess.Popen([COMMAND, *map(str, words)], cwd=self.folder, env=environment(), stdout=terminal,
                                   stderr=terminal, stdin=subprocess.DEVNULL)
        os.close(terminal)
        printed = b""
        while True:
            try:
                part = os.read(reader, 65536)
            except OSError as error:
                self.assertEqual(error.errno, errno.EIO)
                break
            if not part:
                break
            printed += part
        os.close(reader)
        process.wait(timeout=300)
        return printed.decode()

    def check_shown(self, text):
        for mark in OBEYED:
            self.assertNotIn(mark, text, f"{mark!r} in {text[:3000]!r}")

    def test_names_and_texts_of_others_are_shown(self):
        rows = "".join(json.dumps({"question": f"{EVIL}{index}", "answer": EVIL}) + "\n" for index in range(3))
        self.write("rows.jsonl", rows)
        tasks = {EVIL: {"type": "custom", "data": "rows.jsonl", "prompt": "{question}", "answer": "{answer}", "max_tokens": 2}}
        plan = self.write("plan.json", json.dumps({"name": EVIL, "models": {EVIL: {"path": str(TINY)}}, "tasks": tasks}))
        results = self.folder / "results"
        self.check_shown(self.run_command("run", plan, "--output", results))
        for form in ("table", "markdown", "leaderboard", "summary"):
            self.check_shown(self.run_command("report", results, "--print-only", "--format", form))
        for words in (("history", results), ("stats", results), ("plan", plan), ("plan", plan, "--format", "json")):
            self.check_shown(self.run_command(*words))
        for name in ("executive_summary.md", "leaderboard.md"):
            self.check_shown((results / name).read_text(encoding="utf-8"))
        for words in (("run", plan), ("report", results, "--print-only", "--format", "samples")):
            printed = self.on_terminal(*words).replace("\r\n", "\n")
            # The line of progress begins anew by a carriage return and clears what is left of it.
            printed = printed.replace("\r", "").replace("\x1b[K", "")
            for code in ("0", "1", "2", "31", "32", "1;32"):
                printed = printed.replace(f"\x1b[{code}m", "")
            self.check_shown(printed)

    def test_errors_and_prints_are_shown(self):
        for words in (("info", EVIL), ("run", EVIL, "mmlu"), ("run", TINY, EVIL), ("run", TINY, "mmlu", "--subset", EVIL),
                      ("report", EVIL), (EVIL,), ("run", "--" + EVIL), ("generate", EVIL, "x"), ("script", EVIL)):
            done = subprocess.run([COMMAND, *map(str, words)], cwd=self.folder, env=environment(), capture_output=True,
                                  text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.check_shown(done.stdout + done.stderr)
        script = self.write("print.lua", 'print("\\27[31mred\\27]0;x\\7\\u{9b}\\u{202e}", "ä\\n") error("\\27[2J")\n')
        printed = self.run_command("script", script, code=1)
        self.assertIn("\\u001B[31mred", printed)
        self.assertIn("ä", printed)
        self.check_shown(printed)

    # ---- Files ----

    def test_nothing_is_overwritten_unasked(self):
        precious = self.write("precious.gguf", "precious")
        self.assertIn("already exists", self.run_command("quantize", TINY, precious, code=1))
        self.assertEqual(precious.read_text(), "precious")
        self.run_command("quantize", TINY, precious, "--force", "--quiet")
        self.assertNotEqual(precious.read_bytes(), b"precious")

        plan, other = self.plan(), self.plan("other.json", model="other")
        first, copied = self.folder / "first", self.folder / "copied"
        self.run_command("run", plan, "--output", first, "--quiet")
        self.run_command("report", first, "--output", copied)
        self.run_command("report", first, "--output", copied)  # the same report
        before = (copied / "comprehensive_report.json").read_bytes()
        self.assertIn("another run", self.run_command("run", other, "--output", copied, "--quiet", code=1))
        self.run_command("run", other, "--output", self.folder / "second", "--quiet")
        self.assertIn("another run", self.run_command("report", self.folder / "second", "--output", copied, code=1))
        self.assertEqual((copied / "comprehensive_report.json").read_bytes(), before)
        self.run_command("report", self.folder / "second", "--output", copied, "--force")
        self.run_command("run", plan, "--output", copied, "--quiet", "--force")
        self.run_command("run", plan, "--output", first, "--quiet")  # its own folder

        samples = self.folder / "samples.csv"
        self.run_command("export", first, "--format", "csv", "--output", samples)
        self.assertIn("already exists", self.run_command("export", first, "--format", "csv", "--output", samples, code=1))
        self.run_command("export", first, "--format", "csv", "--output", samples, "--force")

    def test_a_plan_of_ones_own_is_never_replaced(self):
        plan = self.plan("plan.yaml")
        before = plan.read_bytes()
        for more in ((), ("--force",)):
            self.assertIn("plan.yaml", self.run_command("run", plan, "--output", ".", "--quiet", *more, code=1))
        self.assertEqual(plan.read_bytes(), before)

    # ---- Arguments ----

    def test_an_option_given_twice_is_an_error(self):
        for words in (("run", TINY, "mmlu", "--subset", "a", "--subset", "b"), ("run", TINY, "mmlu", "--limit=1", "--limit", "2"),
                      ("bench", TINY, "-p", "5", "--prompt-tokens", "6"), ("info", TINY, "--format", "json", "--format", "text")):
            self.assertIn("given twice", self.run_command(*words, code=64))

    def test_arguments_are_checked_before_work(self):
        self.run_command("run", self.plan(), "--output", "out", "--quiet")
        self.assertIn("--charts jpg: unknown format", self.run_command("report", "out", "--charts", "jpg", "--output", "new", code=64))
        self.assertFalse((self.folder / "new").exists())
        self.assertNotIn("would replace", self.run_command("report", "out#9", code=1))

    def test_a_byte_order_mark_is_skipped(self):
        script = self.folder / "bom.lua"
        for start in (b"", b"#!/usr/bin/lua\n"):
            script.write_bytes(b"\xef\xbb\xbf" + start + b'print("ran")\n')
            self.assertIn("ran", self.run_command("script", script))

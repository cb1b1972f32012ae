"""The line of progress: one line, as wide as the terminal, in the command, in Python and in a stock Lua."""

import errno
import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = pathlib.Path(os.environ["GEMMABENCH_COMMAND"])
PREFIX = COMMAND.parent.parent
MODEL = ROOT / "scripts/pocket/models/pocket-1m"
LARGER = ROOT / "scripts/pocket/models/pocket-6m"
DATA = ROOT / "scripts/pocket/data"
LONG = "google-gemma-3-27b-it-qat-q4_0-unquantized-with-a-name-that-nobody-can-read"
WIDE = "模型" * 30
PYTHON = """
import sys, gemmabench as gb
model = {"path": sys.argv[1], "name": sys.argv[3]}
gb.sweep({"models": [model], "tasks": [{"type": "gsm8k", "data": sys.argv[2], "shots": 5}], "runs": 2, "limit": 20}, progress=True, cache=False)
"""
LUA = """
local bench = require "gemmabench"
bench.sweep { models = { { path = arg[1], name = arg[3] } }, tasks = { { "gsm8k", data = arg[2], shots = 5 } }, runs = 2, limit = 20,
  progress = true, cache = false }
"""


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class ProgressTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-progress-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        (cls.folder / "s.py").write_text(PYTHON, encoding="utf-8")
        (cls.folder / "s.lua").write_text(LUA, encoding="utf-8")

    def words(self, front, name):
        data = str(DATA / "gsm8k")
        if front == "python":
            return [sys.executable, str(self.folder / "s.py"), str(MODEL), data, name]
        if front == "lua":
            return ["lua5.4", str(self.folder / "s.lua"), str(MODEL), data, name]
        return [str(COMMAND), "run", str(MODEL), "gsm8k", "--data", data, "--shots", "5", "--runs", "2", "--limit", "20", "--name", name]

    def environment(self):
        return {**os.environ, "TERM": "xterm", "GEMMABENCH_CACHE": "off", "PYTHONPATH": str(ROOT / "bindings/python"),
                "GEMMABENCH_LIBRARY": str(PREFIX / "lib/libgemmabench.so"), "PYTHONDONTWRITEBYTECODE": "1",
                "LUA_CPATH": str(PREFIX / "lib/lua/5.4/?.so")}

    def on_terminal(self, words, width, later=None):
        """What a program writes on a terminal so wide, and the seconds it took; `later`: the width after half a second."""
        reader, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        began = time.monotonic()
        process = subprocess.Popen(words, env=self.environment(), stdout=subprocess.DEVNULL, stderr=terminal,
                                   stdin=subprocess.DEVNULL)
        os.close(terminal)
        said, mark = b"", None
        while True:
            if later is not None and mark is None and time.monotonic() - began > 1:
                fcntl.ioctl(reader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, later, 0, 0))
                mark = time.monotonic() + 0.3
            if not select.select([reader], [], [], 0.05)[0]:
                if process.poll() is None:
                    continue
            try:
                part = os.read(reader, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                part = b""
            if not part:
                break
            if mark is not None and time.monotonic() > mark:
                said, mark = said + b"\r\nNARROWER\r\n", float("inf")
            said += part
        os.close(reader)
        self.assertEqual(process.wait(), 0, said[-2000:])
        return said.decode(), time.monotonic() - began

    @staticmethod
    def lines(said):
        """The lines of progress; a warning is a sentence, which the terminal wraps."""
        lines = [line.replace("\x1b[K", "") for line in re.split("[\r\n]+", said)]
        return [line for line in lines if not line.startswith("warning: ")]

    def check(self, said, seconds, width):
        lines = self.lines(said)
        self.assertNotIn("\x1b", "".join(lines))
        for line in lines:
            self.assertLess(columns(line), width, line)
        self.assertTrue(any("score" in line for line in lines) or width < 60, lines[-5:])
        self.assertTrue(any(re.search(r"\d+/\d+", line) for line in lines), lines)
        self.assertGreater(len(lines), 3)
        # Ten a second, and the lines that stay.
        self.assertLess(said.count("\r"), 12 * seconds + 20)
        return lines

    def test_it_fits_the_terminal(self):
        for front in ("command", "python", "lua"):
            for width in (80, 40):
                for name in (LONG, WIDE):
                    with self.subTest(f"{front}, {width} columns, {name[:5]}"):
                        self.check(*self.on_terminal(self.words(front, name), width), width)

    def test_it_follows_the_window(self):
        said, seconds = self.on_terminal(self.words("command", LONG), 120, later=50)
        wide, _, narrow = said.partition("NARROWER")
        self.check(wide, seconds, 120)
        if narrow.strip():
            self.assertTrue(all(columns(line) < 50 for line in self.lines(narrow)), narrow)

    def test_something_moves_before_the_first_answer(self):
        words = self.words("command", "pocket")
        words[2] = str(LARGER)  # whose first answer takes more than the tenth of a second between two looks
        said, _ = self.on_terminal([*words, "--threads", "1"], 100)
        before = re.findall(r"  0/\d+  [^\r]*tokens", said)
        self.assertTrue(before, said[:2000])

    def test_a_pipe_gets_lines_and_no_escapes(self):
        for front in ("command", "python", "lua"):
            done = subprocess.run(self.words(front, "pocket"), env=self.environment(), capture_output=True, text=True,
                                  timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("\x1b", done.stderr)
            self.assertNotIn("\r", done.stderr)
            self.assertEqual(len(re.findall(r"^\[\d/2\] pocket .*score", done.stderr, re.M)), 2, done.stderr)

    def test_a_notebook_gets_one_line_that_is_rewritten(self):
        program = ("import sys, types\nmodule = types.ModuleType('IPython')\n"
                   "module.get_ipython = lambda: types.SimpleNamespace(kernel=1)\nsys.modules['IPython'] = module\n" + PYTHON)
        done = subprocess.run([sys.executable, "-c", program, str(MODEL), str(DATA / "gsm8k"), LONG], env=self.environment(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stderr.decode()
        self.assertNotIn("\x1b", said)
        self.assertGreater(said.count("\r"), 2)
        self.assertTrue(all(columns(line) <= 80 for line in re.split("[\r\n]+", said)))

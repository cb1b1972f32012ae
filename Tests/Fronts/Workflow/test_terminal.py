"""What a person sees in a terminal: colour there and nowhere else, and a form for every command that prints."""

import errno
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
POCKET = "scripts/pocket/models/pocket-1m"
# They print what is not theirs to shape (a script's own output), or nothing.
WITHOUT_FORMAT = {"script", "init"}


def environment(**settings):
    kept = {key: value for key, value in os.environ.items() if key not in ("GEMMABENCH_DATA", "NO_COLOR", "TERM")}
    return {**kept, "GEMMABENCH_CACHE": "off", **settings}


def run(*words, code=0, **settings):
    done = subprocess.run([COMMAND, *map(str, words)], cwd=ROOT, env=environment(**settings), capture_output=True,
                          text=True, timeout=600)
    if done.returncode != code:
        raise AssertionError(f"{words}: status {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return done.stdout


def run_on_terminal(*words, **settings):
    """What the command prints where standard output is a terminal."""
    reader, terminal = pty.openpty()
    process = subprocess.Popen([COMMAND, *map(str, words)], cwd=ROOT, env=environment(**settings), stdout=terminal,
                               stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    os.close(terminal)
    printed = b""
    while True:
        try:
            part = os.read(reader, 65536)
        except OSError as error:  # Linux says so when the other end is closed.
            if error.errno != errno.EIO:
                raise
            break
        if not part:
            break
        printed += part
    os.close(reader)
    if process.wait(timeout=600) != 0:
        raise AssertionError(f"{words}: status {process.returncode}: {printed[-2000:]}")
    return printed.decode().replace("\r\n", "\n")


def plain(text):
    return re.sub("\x1b\\[[0-9;]*m", "", text)


class TerminalTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-terminal-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        plan = {
            "models": [POCKET, "scripts/pocket/models/pocket-6m"], "limit": 4,
            "tasks": [{"type": "mmlu", "shots": 2, "data": "scripts/pocket/data/mmlu"},
                      {"type": "efficiency", "output_lengths": [4, 8], "repetitions": 3}],
        }
        (cls.folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        cls.results = cls.folder / "results"
        run("run", cls.folder / "plan.json", "--output", cls.results, "--quiet")

    def report(self, on_terminal, *more, **settings):
        words = ("report", self.results, "--print-only", *more)
        return run_on_terminal(*words, **settings) if on_terminal else run(*words, **settings)

    def test_tables_have_colours_on_a_terminal(self):
        colored = self.report(True, TERM="xterm-256color")
        self.assertTrue(colored.startswith("\x1b[1mmodel\x1b[0m"), colored[:200])
        # The larger model is ahead, or tied with the smaller one: green either way, with the codes right around the score.
        self.assertRegex(colored, "\x1b\\[(1;)?32m[0-9.]+%\x1b\\[0m")
        self.assertEqual(plain(colored), self.report(False, TERM="xterm-256color"))
        self.assertNotIn("\x1b", plain(colored))

    def test_no_colour_where_it_is_not_wanted_or_not_known(self):
        table = self.report(False)
        self.assertNotIn("\x1b", table)
        self.assertNotIn("\x1b", self.report(False, TERM="xterm-256color"))
        self.assertEqual(self.report(True, TERM="xterm-256color", NO_COLOR="1"), table)
        self.assertEqual(self.report(True, TERM="dumb"), table)
        self.assertEqual(self.report(True), table)
        # https://no-color.org: present and not empty.
        self.assertIn("\x1b", self.report(True, TERM="xterm-256color", NO_COLOR=""))
        for name in ("markdown", "leaderboard", "summary", "json", "csv"):
            self.assertNotIn("\x1b", self.report(True, "--format", name, TERM="xterm-256color"))

    def test_what_each_prompt_took_fits_eighty_columns(self):
        part = self.report(False).split("\nEfficiency of each", 1)[1].split("\n\nmmlu", 1)[0].splitlines()[1:]
        self.assertGreater(len(part), 10)
        self.assertEqual([line for line in part if len(line) > 80], [])

    def test_the_leaderboard_is_a_file_and_a_form(self):
        written = (self.results / "leaderboard.md").read_text(encoding="utf-8")
        self.assertEqual(self.report(False, "--format", "leaderboard"), written)
        head = written.splitlines()[2]
        self.assertTrue(head.startswith("| rank | model | "), head)
        self.assertIn("efficiency decode_tokens_per_second", head)

    def test_every_command_that_prints_has_a_form(self):
        listed = run("--help").split("SUBCOMMANDS:", 1)[1]
        names = re.findall(r"^  ([a-z][a-z-]*)  ", listed, re.MULTILINE)
        self.assertGreater(len(names), 15)
        for name in set(names) - WITHOUT_FORMAT - {"help"}:
            with self.subTest(name):
                self.assertIn("--format", run(name, "--help"))

    def test_a_form_that_there_is_not_is_refused(self):
        for words in (["tasks"], ["info", POCKET], ["tokenize", POCKET, "x"], ["generate", POCKET, "x"], ["doctor"],
                      ["models"], ["auth"], ["pull", "x/y"], ["quantize", POCKET, self.folder / "x.gguf"],
                      ["report", self.results], ["stats", self.results], ["history", self.folder],
                      ["compare", self.results], ["power"], ["bench", POCKET], ["run", POCKET, "mmlu"],
                      ["plan", self.folder / "plan.json"], ["export", self.results]):
            with self.subTest(words[0]):
                run(*words, "--format", "parchment", code=64)

    def test_json_of_the_small_commands(self):
        tokens = json.loads(run("tokenize", POCKET, "one day", "--format", "json"))
        lines = run("tokenize", POCKET, "one day").splitlines()
        self.assertEqual([f"{each['id']:8}  {json.dumps(each['text'])}" for each in tokens], lines)
        made = json.loads(run("generate", POCKET, "one day", "--max-tokens", "4", "--format", "json"))
        self.assertEqual(len(made["tokens"]), 4)
        self.assertEqual(made["text"] + "\n", run("generate", POCKET, "one day", "--max-tokens", "4"))
        self.assertIn("parameters", json.loads(run("info", POCKET)))
        self.assertRegex(run("info", POCKET, "--format", "text"), r"(?m)^parameters +\d+$")
        self.assertRegex(run("doctor", "--format", "text"), r"(?m)^instruction_set +\w")
        messages = self.folder / "messages.json"
        messages.write_text('[{"role": "user", "content": "Hello"}]', encoding="utf-8")
        golden = "Tests/Goldens/tiny"
        prompt = json.loads(run("chat-template", golden, messages, "--format", "json"))["prompt"]
        self.assertEqual(prompt + "\n", run("chat-template", golden, messages))

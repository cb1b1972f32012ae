"""What is seen while a run goes on: a line that rewrites itself on a terminal, plain lines elsewhere, nothing with --quiet."""

import os
import pty
import re
import signal
import subprocess
import time

from support import StoreTestCase


class ScreenTests(StoreTestCase):
    def loud(self, output):
        return [word for word in self.words(output, limit=100) if word != "--quiet"]

    def test_plain_lines(self):
        said = self.run_command(*self.loud(self.folder / "out")).stderr
        self.assertNotIn("\x1b", said)
        cells = re.findall(r"^\[(\d)/2\] .*  (\d+)/\2  score \d.*% – .*%$", said, re.M)
        self.assertEqual([number for number, _ in cells], ["1", "2"], said)

    def test_quiet(self):
        self.assertEqual(self.run_command(*self.words(self.folder / "out")).stderr, "")

    def on_terminal(self, words):
        """Starts a command whose standard error is a terminal; the process and the terminal's other end."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(words, env=self.environment, stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        return process, ours

    @staticmethod
    def read(terminal):
        try:
            return os.read(terminal, 65536)
        except OSError:  # its other end was closed
            return b""

    def test_a_terminal(self):
        process, terminal = self.on_terminal(self.loud(self.folder / "out"))
        said = b""
        while part := self.read(terminal):
            said += part
        self.assertEqual(process.wait(), 0)
        lines = [line.replace("\x1b[K", "") for line in said.decode().split("\r")]
        self.assertTrue(any(re.match(r"\[1/2\] pocket-1m · \S+  \d+/\d+  score ", line) for line in lines), lines)

    def test_ctrl_c_once_finishes_the_generations_at_work(self):
        words = [word for word in self.loud(self.folder / "out") if word not in ("mmlu", "--subset", "all")]
        words[words.index("--data") + 1] += "/gsm8k"
        process, terminal = self.on_terminal(words)
        said = b""
        while b"/20" not in said and (part := self.read(terminal)):
            said += part
        process.send_signal(signal.SIGINT)
        while part := self.read(terminal):
            said += part
        # It may have been done before the signal came.
        self.assertIn(process.wait(), (0, 130), said)
        if process.returncode == 130 and b"finishing" in said:
            self.assertIn(b"finishing the current samples; Ctrl-C again stops at once", said)
            self.assertIn(b"to resume: gemmabench run", said)

    def test_ctrl_c_twice_stops_at_once(self):
        process, terminal = self.on_terminal(self.loud(self.folder / "out"))
        said = b""
        while b"[1/2]" not in said:
            said += self.read(terminal)
        began = time.monotonic()
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        self.assertLess(time.monotonic() - began, 10)

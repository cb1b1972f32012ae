"""Killed, interrupted, crowded out, out of room: nothing that was answered is lost, and nobody can tell afterwards."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time

from support import COMMAND, StoreTestCase, files_of

# A second run of each task, of other seeds.
TWICE = ("--runs", "2")
KILLS = int(os.environ.get("GEMMABENCH_KILLS", "50"))


def answers(folder):
    """How many answers a store holds; 0 before there is one."""
    path = pathlib.Path(folder) / "results.db"
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            return database.execute("SELECT count(*) FROM samples").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


class InterruptionTests(StoreTestCase):
    def setUp(self):
        super().setUp()
        self.output = self.folder / "out"

    def whole(self):
        """What a run that nobody interrupted writes."""
        self.run_command(*self.words(self.output, *TWICE, limit=12))
        files = files_of(self.output)
        shutil.rmtree(self.output)
        return files

    def test_killed_at_any_moment(self):
        began = time.monotonic()
        reference = self.whole()
        seconds = time.monotonic() - began
        moments = random.Random(1234)
        kills = finished = 0
        output = self.output
        # A moment may lie anywhere: in the start, among the answers, in the writing of the report.
        while kills < KILLS or finished == 0:
            process = self.start(self.words(output, *TWICE, limit=12))
            try:
                process.communicate(timeout=moments.uniform(0.01, max(0.1, 0.25 * seconds)) if kills < KILLS else 120)
            except subprocess.TimeoutExpired:
                before = answers(output)
                process.kill()
                process.communicate()
                kills += 1
                self.assertGreaterEqual(answers(output), before, "an answer that was kept is gone")
                continue
            self.assertEqual(process.returncode, 0)
            self.same(reference, output)
            finished += 1
            shutil.rmtree(output)
        print(f"{kills} kills, {finished} runs gone on with to their end, "
              f"{time.monotonic() - began:.0f} s; one undisturbed takes {seconds:.1f} s")

    def test_interrupted_from_the_keyboard(self):
        whole, output = self.whole(), self.output
        process = self.start(self.words(output, *TWICE, limit=12))
        while answers(output) == 0 and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("to resume: gemmabench run", said)
        self.assertIn(str(output), said)
        self.assertFalse((output / "results.db.lock").exists())
        self.run_command(*self.words(output, *TWICE, limit=12))
        self.same(whole, output)

    def test_two_processes(self):
        output = self.folder / "shared"
        process = self.start(self.words(output, *TWICE, limit=12))
        while answers(output) == 0 and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGSTOP)
        try:
            refused = self.run_command(*self.words(output, *TWICE, limit=12), code=1)
            self.assertIn(f"process {process.pid} is using this folder", refused.stderr)
            # Readers look on meanwhile.
            self.run_command(COMMAND, "report", output, "--print-only")
            self.assertIn("running", self.run_command(COMMAND, "history", output).stdout)
        finally:
            process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)

    def test_a_damaged_store(self):
        output = self.output
        self.run_command(*self.words(output))
        path = output / "results.db"
        data = bytearray(path.read_bytes())
        data[4096:12288] = b"\x5a" * 8192
        path.write_bytes(data)
        for words in (self.words(output), [COMMAND, "report", str(output)]):
            said = self.run_command(*words, code=1).stderr
            self.assertIn("damaged", said)
            self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertEqual(path.read_bytes(), data)

    def test_a_folder_that_cannot_be_written_to(self):
        output = self.output
        self.run_command(*self.words(output))
        os.chmod(self.folder, 0o755)
        os.chmod(output, 0o555)
        self.addCleanup(os.chmod, output, 0o755)
        # Root may write anywhere, so that somebody else must try.
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
        try:
            self.run_command(COMMAND, "report", output, "--print-only", **user)
        except (AssertionError, OSError) as reason:
            if not user:
                raise
            self.skipTest(f"nobody cannot run the command: {reason}")
        said = self.run_command(*self.words(output), code=1, **user).stderr
        self.assertIn(str(output), said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)

    def test_a_full_disk(self):
        whole, output = self.whole(), self.output
        output.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(output)], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no right to mount a small disk")
        self.addCleanup(subprocess.run, ["umount", str(output)])
        said = self.run_command(*self.words(output, *TWICE, limit=12), code=1).stderr
        self.assertIn("the disk is full", said)
        kept = answers(output)
        self.assertGreater(kept, 0)
        subprocess.run(["mount", "-o", "remount,size=20m", str(output)], check=True)
        self.run_command(*self.words(output, *TWICE, limit=12))
        self.assertGreater(answers(output), kept)
        self.same(whole, output)

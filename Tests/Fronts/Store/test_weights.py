"""Weights that change while they are measured: nothing wrong is kept, and nothing dies of it."""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import time

from support import COMMAND, POCKET, StoreTestCase, files_of

MODEL = POCKET / "models/pocket-6m"
LIMIT = 40


def count(path, table):
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


class WeightsTests(StoreTestCase):
    """Each test does something to a model once its first answers are kept, and then asks the good model again."""

    def setUp(self):
        super().setUp()
        self.cache = self.folder / "cache"
        self.environment["GEMMABENCH_CACHE"] = str(self.cache)
        self.model = self.folder / "models/pocket-6m"
        shutil.copytree(MODEL, self.model)
        self.weights = self.model / "model.safetensors"

    def spoil(self, harm):
        """What a run says and returns whose model is harmed once it has kept something; and the reference's files."""
        self.run_command(*self.words(self.folder / "reference", "--no-cache", model=self.model, limit=LIMIT))
        reference = files_of(self.folder / "reference")
        output = self.folder / "harmed"
        process = self.start([str(word) for word in self.words(output, model=self.model, limit=LIMIT)])
        deadline = time.monotonic() + 60
        while count(output / "results.db", "samples") == 0 and process.poll() is None:
            self.assertLess(time.monotonic(), deadline, "nothing was kept")
            time.sleep(0.001)
        self.assertIsNone(process.poll(), "the run was over before anything could happen to its model")
        harm()
        said = process.communicate(timeout=120)[1]
        return reference, output, process.returncode, said

    def refused(self, harm):
        kept_state = os.stat(self.weights)
        reference, output, code, said = self.spoil(harm)
        self.assertNotIn(code, (0, -signal.SIGBUS, -signal.SIGSEGV), said)
        self.assertIn("model.safetensors", said)
        kept = count(output / "results.db", "samples")
        self.assertGreater(kept, 0)
        # The good model again, in its place and in a new folder: what the cache has of it is right.
        shutil.rmtree(self.model)
        shutil.copytree(MODEL, self.model)
        os.utime(self.weights, ns=(kept_state.st_atime_ns, kept_state.st_mtime_ns))
        self.run_command(*self.words(self.folder / "again", model=self.model, limit=LIMIT))
        self.same(reference, self.folder / "again")
        return kept

    def overwrite(self, keep_times):
        before = os.stat(self.weights)
        with open(self.weights, "r+b") as file:
            file.seek(1 << 20)
            file.write(os.urandom(8 << 20))
        if keep_times:
            os.utime(self.weights, ns=(before.st_atime_ns, before.st_mtime_ns))

    def test_overwritten_in_place(self):
        self.refused(lambda: self.overwrite(keep_times=False))

    def test_overwritten_with_the_old_times(self):
        self.refused(lambda: self.overwrite(keep_times=True))

    def test_truncated(self):
        self.refused(lambda: os.truncate(self.weights, 1000))

    def test_emptied(self):
        self.refused(lambda: os.truncate(self.weights, 0))

    def test_replaced(self):
        def replace():
            other = self.model / "other"
            shutil.copy(POCKET / "models/pocket-1m/model.safetensors", other)
            other.replace(self.weights)

        self.refused(replace)

    def test_removed(self):
        self.refused(lambda: self.weights.unlink())

    def test_a_tokenizer_that_changes(self):
        path = next(path for path in self.model.iterdir() if path.name.startswith("tokenizer.") or "config" in path.name)
        _, _, code, said = self.spoil(lambda: path.write_bytes(path.read_bytes() + b" \n"))
        self.assertNotEqual(code, 0)
        self.assertIn(path.name, said)

    def test_what_leaves_the_bytes_alone_harms_nothing(self):
        def touch():
            os.utime(self.weights)
            os.link(self.weights, self.folder / "link")
            copy = self.model / "copy"
            shutil.copy(self.weights, copy)
            copy.replace(self.weights)

        reference, output, code, said = self.spoil(touch)
        self.assertEqual(code, 0, said)
        self.same(reference, output)

    def test_a_gguf_file_that_is_truncated(self):
        self.model = pathlib.Path(self.folder / "pocket.gguf")
        self.run_command(COMMAND, "quantize", MODEL, self.model, "--type", "q8_0")
        reference, output, code, said = self.spoil(lambda: os.truncate(self.model, 4096))
        self.assertNotIn(code, (0, -signal.SIGBUS, -signal.SIGSEGV), said)
        self.assertIn("pocket.gguf", said)

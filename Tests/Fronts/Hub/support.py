"""What the Hub's tests share: models to serve, a fresh cache, and the command that is tested."""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import hub_server

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ.get("GEMMABENCH_COMMAND", str(ROOT / ".build/debug/gemmabench-cli"))
MODEL = "google/gemma-tiny"
BIG_BYTES = 6 << 20

TINY = {path.name: path.read_bytes() for path in sorted((ROOT / "Tests/Goldens/tiny").iterdir())}
OTHERS = {"README.md": b"# a card\n", "pytorch_model.bin": b"\1" * 9000, "original/consolidated.pth": b"\2" * 9000,
          "gemma-tiny.gguf": b"GGUF" * 3000, ".gitattributes": b"*.safetensors filter=lfs\n"}


def big_model():
    """A model whose weights take a while: three shards, of bytes that are no tensors."""
    source = random.Random(4)
    shards = {f"model-{index:05}-of-00003.safetensors": source.randbytes(BIG_BYTES + index) for index in (1, 2, 3)}
    index = {"weight_map": {f"t{position}": name for position, name in enumerate(shards)}}
    companions = {name: data for name, data in TINY.items() if name != "model.safetensors"}
    return {**companions, **shards, "model.safetensors.index.json": json.dumps(index).encode()}


BIG = big_model()
SHARD = "model-00002-of-00003.safetensors"


def repositories():
    gguf = {"gemma-tiny-q4_0.gguf": b"GGUF4" * 2000, "gemma-tiny-Q8_0.gguf": b"GGUF8" * 3000,
            "mmproj-gemma.gguf": b"GGUFm" * 1000, "README.md": b"# quantised\n"}
    return {
        MODEL: hub_server.Repository({**TINY, **OTHERS}, revisions=("main", "v1", "refs/pr/1")),
        "google/gemma-big": hub_server.Repository(BIG),
        "google/gemma-gated": hub_server.Repository(TINY, gated=True),
        "someone/private-gemma": hub_server.Repository(TINY, private=True),
        "someone/gemma-gguf": hub_server.Repository(gguf),
        "someone/nothing": hub_server.Repository({"README.md": b"# empty\n"}),
    }


def questions(count, start=1):
    """Made-up rows as JSON Lines."""
    rows = [{"question": f"What is {n} plus {n}?", "answer": str(2 * n)} for n in range(start, start + count)]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


SUMS, SCRIPTED, GATED = "someone/sums", "someone/scripted", "someone/gated-sums"
CARD = b"""---
configs:
- config_name: plain
  default: true
  data_files:
  - split: test
    path: data/test-*
  - split: train
    path: data/train.jsonl
- config_name: other
  data_files: other.csv
---
# Sums
"""
SUMS_FILES = {"README.md": CARD, "data/test-00000-of-00002.jsonl": questions(100),
              "data/test-00001-of-00002.jsonl": questions(20, start=101), "data/train.jsonl": questions(9, start=1001),
              "other.csv": b"question,answer\nWhat?,That\n", "unrelated.bin": b"\1" * 9000}


def data_sets():
    parquet = (ROOT / "Tests/Goldens/datasets/sums.parquet").read_bytes()
    script = {"README.md": b"# by a script\n", "scripted.py": b"raise SystemExit\n"}
    return {
        SUMS: hub_server.DataSet(SUMS_FILES),
        SCRIPTED: hub_server.DataSet(script, copy={".gitattributes": b"", "default/test/0000.parquet": parquet,
                                                   "default/train/0000.parquet": parquet}),
        "someone/script-alone": hub_server.DataSet({"script-alone.py": b"raise SystemExit\n"}),
        "someone/big-sums": hub_server.DataSet({"test.jsonl": questions(40_000)}),
        GATED: hub_server.DataSet(SUMS_FILES, gated=True),
    }


class HubTestCase(unittest.TestCase):
    def setUp(self):
        self.hub = hub_server.Hub(repositories(), data_sets())
        self.addCleanup(self.hub.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name) / "home"
        self.home.mkdir()
        self.cache = self.home / "hub"

    def environment(self, **variables):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("HF_", "HUGGING", "XDG_", "TRANSFORMERS_")) and not name.lower().endswith("_proxy")}
        return {**kept, "HF_HOME": str(self.home), "HF_ENDPOINT": self.hub.address, "HF_HUB_DOWNLOAD_TIMEOUT": "5",
                **{name: value for name, value in variables.items() if value is not None}}

    def start(self, *arguments, **variables):
        options = variables.pop("popen", {})
        return subprocess.Popen([COMMAND, *arguments], env=self.environment(**variables), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def run_command(self, *arguments, **variables):
        """Status, standard output and standard error."""
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def succeed(self, *arguments, **variables):
        status, output, errors = self.run_command(*arguments, **variables)
        self.assertEqual(status, 0, errors)
        return output

    def fail_with(self, *arguments, words, **variables):
        """The one line of a failure, which has each of the words."""
        status, output, errors = self.run_command(*arguments, **variables)
        self.assertEqual(status, 1, f"{output}{errors}")
        lines = [line for line in errors.splitlines() if line.startswith("Error: ")]
        self.assertEqual(len(lines), 1, errors)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertNotIn(hub_server.GOOD_TOKEN, errors + output)
        return lines[0]

    def folder(self, model=MODEL):
        return self.cache / ("models--" + model.replace("/", "--"))

    def blob(self, path, model="google/gemma-big"):
        return self.folder(model) / "blobs" / self.hub.repositories[model].etag(path)

    def check_snapshot(self, path, model, names):
        """The snapshot holds these files, each a relative link to a blob of the right bytes and name."""
        repository = self.hub.repositories[model]
        found = {str(file.relative_to(path)) for file in path.rglob("*") if not file.is_dir()}
        self.assertEqual(found, set(names))
        for name in names:
            link = path / name
            self.assertTrue(link.is_symlink())
            self.assertFalse(os.path.isabs(os.readlink(link)))
            self.assertEqual(link.resolve(), (self.folder(model) / "blobs" / repository.etag(name)).resolve())
            self.assertEqual(link.read_bytes(), repository.files[name])
        self.assertEqual(list((self.folder(model) / "blobs").glob("*.incomplete")), [])

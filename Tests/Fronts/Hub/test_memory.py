"""What `gemmabench doctor MODEL` says a model takes, against what the system says it took."""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from support import COMMAND, ROOT

# Run in a process of its own: the most memory that was resident, from loading until the context is full (its cache goes
# with the call), less what was before.
MEASURE = """
import sys, gemmabench
def kilobytes(name):
    return int(next(line for line in open("/proc/self/status") if line.startswith(name + ":")).split()[1])
before = kilobytes("VmRSS")
length, quantization = int(sys.argv[2]), sys.argv[3]
with gemmabench.load_model(sys.argv[1], context_length=length, threads=2, quantization=quantization) as model:
    token = model.tokenize("a")[-1]
    model.score([2] + [token] * (length - 2), [token])
    print(1024 * (kilobytes("VmHWM") - before))
"""


def write_checkpoint(folder, hidden, inner, layers, vocabulary, is_hole=False):
    """A Gemma 3 of random bfloat16 weights, written without any package; or a hole of a file, as long and taking no disk."""
    source = random.Random(7)
    folder.mkdir()
    config = json.loads((ROOT / "Tests/Goldens/tiny/config.json").read_text())
    config.update(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, vocab_size=vocabulary,
                  head_dim=64, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=8192,
                  query_pre_attn_scalar=64,
                  layer_types=["full_attention"] * layers)
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "tokenizer.model"):
        shutil.copy(ROOT / "Tests/Goldens/tiny" / name, folder / name)
    shapes = {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden]}
    for layer in range(layers):
        place = f"model.layers.{layer}."
        for name, rows, columns in (("q", 256, hidden), ("k", 128, hidden), ("v", 128, hidden), ("o", hidden, 256)):
            shapes[f"{place}self_attn.{name}_proj.weight"] = [rows, columns]
        for name in ("q", "k"):
            shapes[f"{place}self_attn.{name}_norm.weight"] = [64]
        for name, rows, columns in (("gate", inner, hidden), ("up", inner, hidden), ("down", hidden, inner)):
            shapes[f"{place}mlp.{name}_proj.weight"] = [rows, columns]
        for name in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
            shapes[f"{place}{name}_layernorm.weight"] = [hidden]
    header, start = {}, 0
    for name, shape in shapes.items():
        size = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, start + size]}
        start += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    # Small numbers around zero: 0x3C.. is about 0.01, and the sign is one bit.
    block = bytearray(source.randbytes(1 << 20))
    block[1::2] = bytes(0x3C | byte & 0x80 for byte in block[1::2])
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        if is_hole:
            return file.truncate(8 + len(text) + start)
        for position in range(0, start, len(block)):
            file.write(block[:min(len(block), start - position)])


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.model = pathlib.Path(cls.folder.name) / "model"
        write_checkpoint(cls.model, hidden=1024, inner=4096, layers=8, vocabulary=8192)

    def command(self, *arguments, **variables):
        return subprocess.run([COMMAND, *arguments], env={**os.environ, **variables}, capture_output=True, text=True)

    def statement(self, model, length, quantization):
        done = self.command("doctor", str(model), "--context-length", str(length), "--threads", "2", "--quantization",
                            quantization, "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check(self, model, length, quantization="none"):
        said = self.statement(model, length, quantization)["total_bytes"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")}
        done = subprocess.run([sys.executable, "-c", MEASURE, str(model), str(length), quantization], env=environment,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        measured = int(done.stdout)
        print(f"memory of {model.name}, {quantization}, {length} tokens: said {said / 1e6:.1f} MB, "
              f"measured {measured / 1e6:.1f} MB")
        self.assertLess(abs(said - measured), 0.1 * measured)
        return said

    @unittest.skipUnless(os.environ.get("GEMMABENCH_LIBRARY"), "GEMMABENCH_LIBRARY does not name the library")
    def test_true_within_a_tenth(self):
        for length in (256, 2048):
            self.assertGreater(self.check(self.model, length), 200_000_000)

    @unittest.skipUnless(os.environ.get("GEMMABENCH_LIBRARY"), "GEMMABENCH_LIBRARY does not name the library")
    def test_quantised_while_loading(self):
        """What is quantised on its way takes the memory of the blocks, and never that of the checkpoint."""
        for quantization in ("q8_0", "q4_0", "q4_k", "f32"):
            self.check(self.model, 512, quantization)

    @unittest.skipUnless(os.environ.get("GEMMABENCH_LIBRARY"), "GEMMABENCH_LIBRARY does not name the library")
    def test_gguf_files(self):
        for kind in ("none", "q8_0", "q4_k"):
            file = pathlib.Path(self.folder.name) / f"{kind}.gguf"
            done = self.command("quantize", str(self.model), str(file), "--type", kind, "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.check(file, 512)
        self.check(pathlib.Path(self.folder.name) / "none.gguf", 512, "q4_0")

    @unittest.skipUnless(os.environ.get("GEMMABENCH_LIBRARY"), "GEMMABENCH_LIBRARY does not name the library")
    def test_too_large_is_refused_and_loaded_if_told(self):
        large = pathlib.Path(self.folder.name) / "large"
        write_checkpoint(large, hidden=1024, inner=1 << 20, layers=100, vocabulary=8192, is_hole=True)  # 644 GB
        done = self.command("info", str(large))
        self.assertEqual(done.returncode, 1)
        for word in ("large: needs 64", "available", "even as q4_0", "GEMMABENCH_MEMORY_CHECK=off"):
            self.assertIn(word, done.stderr)
        done = self.command("doctor", str(large))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("does not fit", done.stdout)
        # Past the check, loading begins, and is cancelled before a byte comes.
        program = ("import sys, gemmabench\ntry:\n    gemmabench.load_model(sys.argv[1], any_size=len(sys.argv) > 2, "
                   "progress=lambda event: False)\nexcept gemmabench.GemmaBenchError as error:\n"
                   "    print(type(error).__name__)")
        for arguments, variables, name in (([], {}, "OutOfMemoryError"), (["any"], {}, "CancelledError"),
                                           ([], {"GEMMABENCH_MEMORY_CHECK": "off"}, "CancelledError")):
            done = subprocess.run([sys.executable, "-c", program, str(large), *arguments], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python"), **variables})
            self.assertEqual(done.stdout.strip(), name, done.stderr)


if __name__ == "__main__":
    unittest.main()

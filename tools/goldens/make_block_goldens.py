#!/usr/bin/env python3
"""Makes Tests/Goldens/blocks: what pip gguf makes of quantised blocks, and llama.cpp's error of the K types.

    python3 -m pip install numpy gguf==0.19.0 llama-cpp-python==0.3.36
    python3 tools/goldens/make_block_goldens.py

Blocks and numbers come from a generator that the tests repeat, so only hashes are kept.
"""

import ctypes
import glob
import hashlib
import json
from pathlib import Path

import llama_cpp
import numpy
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

OUT = Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "blocks"
DEQUANTIZED = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
               "IQ4_NL", "IQ4_XS", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "TQ1_0", "TQ2_0",
               "MXFP4"]
QUANTIZED = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]
K_TYPES = ["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
SHAPES = ["uniform", "bell", "outliers", "small", "tiny", "one-sided"]


class Generator:
    """Knuth's linear congruential generator; the upper 32 bits of each state."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 32


def numbers(shape, count, seed):
    """Numbers that are exact in float32, so that every language makes the same."""
    generator = Generator(seed)
    values = []
    for index in range(count):
        parts = [(generator.next() >> 16) - 32768 for _ in range(4)]
        bell = sum(parts) / 65536
        values.append({
            "uniform": parts[0] / 32768,
            "bell": bell,
            "outliers": bell * (64 if index % 97 == 0 else 1),
            "small": bell / 256,
            "tiny": bell / 1048576,
            "one-sided": abs(parts[0]) / 32768 + 0.25,
        }[shape])
    return numpy.array(values, dtype=numpy.float32)


def odd_rows():
    """Blocks of 32 whose scale is degenerate: zeros, signs, one number, equal numbers, ties of the largest."""
    rows = numpy.zeros((8, 32), dtype=numpy.float32)
    rows[1] = -0.0
    rows[2, 5] = 3
    rows[3, 31] = -3
    rows[4] = 0.5
    rows[5] = -0.5
    rows[6] = numpy.array([1, -1] * 16)
    rows[7] = numpy.arange(32) - 16
    return rows.ravel()


def digest(array):
    """Hash of the bytes; every NaN as the same one."""
    if array.dtype == numpy.float32:
        array = numpy.where(numpy.isnan(array), numpy.float32(numpy.nan), array)
    return hashlib.sha256(array.tobytes()).hexdigest()


def dequantized():
    rows = []
    for name in DEQUANTIZED:
        kind = GGMLQuantizationType[name]
        length, size = GGML_QUANT_SIZES[kind]
        count = 256 if length > 1 else 4096
        generator = Generator(1000 + kind)
        data = numpy.array([generator.next() >> 24 for _ in range(count * size)], dtype=numpy.uint8).reshape(1, -1)
        values = numpy.ascontiguousarray(dequantize(data, kind).ravel())
        assert values.dtype == numpy.float32 and len(values) == count * length
        finite = [float(x) for x in values[:2048] if numpy.isfinite(x)][:4]
        rows.append({"type": int(kind), "blocks": count, "seed": 1000 + kind, "sha256": digest(values),
                     "first": finite})
    return rows


def quantized():
    rows = []
    for name in QUANTIZED:
        kind = GGMLQuantizationType[name]
        for index, shape in enumerate(SHAPES + ["odd"]):
            values = odd_rows() if shape == "odd" else numbers(shape, 2048, index)
            data = numpy.ascontiguousarray(quantize(values, kind))
            rows.append({"type": int(kind), "shape": shape, "seed": index,
                         "sha256": hashlib.sha256(data.tobytes()).hexdigest()})
    return rows


def errors():
    """Root mean square error of llama.cpp's quantisation of rows of 4,096 numbers."""
    library = ctypes.CDLL(glob.glob(str(Path(llama_cpp.__file__).parent / "lib" / "libggml-base.so*"))[0])
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64,
                                            ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    rows = []
    for name in K_TYPES:
        kind = GGMLQuantizationType[name]
        length, size = GGML_QUANT_SIZES[kind]
        for index, shape in enumerate(SHAPES):
            values = numbers(shape, 16384, 50 + index)
            data = numpy.zeros(len(values) // length * size, dtype=numpy.uint8)
            written = library.ggml_quantize_chunk(int(kind), values.ctypes.data, data.ctypes.data, 0, 4, 4096, None)
            assert written == len(data)
            difference = dequantize(data.reshape(1, -1), kind).ravel().astype(numpy.float64) - values
            rows.append({"type": int(kind), "shape": shape, "seed": 50 + index,
                         "error": float(numpy.sqrt(numpy.mean(difference**2)))})
    return rows


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    result = {"dequantized": dequantized(), "quantized": quantized(), "errors": errors()}
    (OUT / "blocks.json").write_text(json.dumps(result, indent=1) + "\n")


main()

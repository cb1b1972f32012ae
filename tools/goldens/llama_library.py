"""llama.cpp's library as the package xllamacpp brings it, by ctypes: logits and tokens, where llama-cpp-python has no wheel.

    pip install xllamacpp

Parameters are structures by value whose size differs between versions: larger ones are handed over, of which the library reads
its own. Where the fields lie is checked by their defaults.
"""
import ctypes
from pathlib import Path

import xllamacpp

LIBRARY = ctypes.CDLL(str(Path(xllamacpp.__file__).with_name("xllamacpp.abi3.so")))


class Parameters(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_ubyte * 1024)]

    def integer(self, offset):
        return ctypes.c_int32.from_buffer(self, offset)


class Batch(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int32), ("tokens", ctypes.c_void_p), ("embeddings", ctypes.c_void_p),
                ("positions", ctypes.c_void_p), ("sequence_counts", ctypes.c_void_p), ("sequences", ctypes.c_void_p),
                ("logits", ctypes.c_void_p)]


def function(name, result, *arguments):
    found = getattr(LIBRARY, name)
    found.restype, found.argtypes = result, list(arguments)
    return found


LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
function("llama_log_set", None, ctypes.c_void_p, ctypes.c_void_p)(LOG, None)
function("llama_backend_init", None)()
load = function("llama_model_load_from_file", ctypes.c_void_p, ctypes.c_char_p, Parameters)
make_context = function("llama_init_from_model", ctypes.c_void_p, ctypes.c_void_p, Parameters)
vocabulary_of = function("llama_model_get_vocab", ctypes.c_void_p, ctypes.c_void_p)
size_of = function("llama_vocab_n_tokens", ctypes.c_int32, ctypes.c_void_p)
decode = function("llama_decode", ctypes.c_int32, ctypes.c_void_p, Batch)
one_batch = function("llama_batch_get_one", Batch, ctypes.c_void_p, ctypes.c_int32)
last_logits = function("llama_get_logits_ith", ctypes.POINTER(ctypes.c_float), ctypes.c_void_p, ctypes.c_int32)
tokenize = function("llama_tokenize", ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p,
                    ctypes.c_int32, ctypes.c_bool, ctypes.c_bool)
free_model = function("llama_model_free", None, ctypes.c_void_p)
free_context = function("llama_free", None, ctypes.c_void_p)


def context_parameters():
    """No flash attention, keys and values in float32, one thread."""
    made = function("llama_context_default_params", Parameters)()
    # Four enumerations that stand at -1: scaling of the rotary embedding, pooling, attention, flash attention.
    flash, keys, values = made.integer(52), made.integer(104), made.integer(108)
    found = [made.integer(0).value, *(made.integer(offset).value for offset in (28, 32, 36, 40, 44, 48, 52, 104, 108))]
    assert found == [512, 4, 4, 0, -1, -1, -1, -1, 1, 1], found
    flash.value = keys.value = values.value = 0
    made.integer(28).value = made.integer(32).value = 1
    return made


class Model:
    def __init__(self, path):
        self.model = load(str(path).encode(), function("llama_model_default_params", Parameters)())
        assert self.model, path
        self.vocabulary = vocabulary_of(self.model)

    def logits(self, tokens):
        """Of the last two positions."""
        context = make_context(self.model, context_parameters())
        rows = []
        for part in (tokens[:-1], tokens[-1:]):
            array = (ctypes.c_int32 * len(part))(*part)
            assert decode(context, one_batch(array, len(part))) == 0
            rows.append(last_logits(context, -1)[:size_of(self.vocabulary)])
        free_context(context)
        return rows

    def encode(self, text, special=False):
        data = text.encode()
        tokens = (ctypes.c_int32 * (len(data) + 16))()
        count = tokenize(self.vocabulary, data, len(data), tokens, len(tokens), special, True)
        return list(tokens[:count])

    def close(self):
        free_model(self.model)

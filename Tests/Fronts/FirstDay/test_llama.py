"""GGUF files whose keys and tensors llama.cpp reads in its own way: tokens, ends and answers are those of llama.cpp
(xllamacpp 2026.10.11549, greedy) for the same changes to the same file."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

import gguf
from support import COMMAND, MODEL, PROMPT, FirstDayTestCase

KEY = "tokenizer.ggml."
TEXTS = [PROMPT, "hello </s> x", "hi<end_of_turn> 2"]
PLAIN = [[2, 1221, 531, 1204, 1225, 1204, 1243], [2, 279, 278, 1211, 1204, 1242, 1268, 1206, 1244, 537],
         [2, 284, 5, 1204, 1221]]


def with_first(token):
    return [[token] + tokens[1:] for tokens in PLAIN]


def without(*names):
    return lambda file: [file.values.pop(KEY + name) for name in names]


def flag(name, value):
    return lambda file: file.set(KEY + name, gguf.BOOL, value)


def setting(name, kind, value):
    return lambda file: file.set(f"gemma3.{name}", kind, value)


def numbers(*values):
    return [[len(values)], 0, struct.pack(f"<{len(values)}f", *values)]


class LlamaTestCase(FirstDayTestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-llama-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.base = cls.shared / "base.gguf"
        environment = dict(os.environ, GEMMABENCH_CACHE="off", HOME=str(cls.shared))
        subprocess.run([COMMAND, "quantize", MODEL, cls.base, "--type", "q8_0"], env=environment, check=True,
                       capture_output=True)

    def changed(self, *changes):
        file = gguf.File(self.base)
        for change in changes:
            change(file)
        return file.write(self.folder / "changed.gguf")

    def info(self, model):
        return json.loads(self.gemmabench("info", model).stdout)

    def tokens(self, model, text):
        return [token["id"] for token in json.loads(self.gemmabench("tokenize", model, text, "--format", "json").stdout)]

    def answer(self, model):
        return self.gemmabench("generate", model, PROMPT, "--max-tokens", "6").stdout.rstrip("\n")


class VocabularyTests(LlamaTestCase):
    def assert_tokens(self, model, expected):
        self.assertEqual([self.tokens(model, text) for text in TEXTS], expected)

    def test_the_file_itself(self):
        self.assert_tokens(self.base, PLAIN)
        self.assertEqual(self.info(self.base)["end_tokens"], [1, 5])

    def test_a_space_stands_in_front_unless_the_file_says_not_to(self):
        expected = [[2, 1204, 1221, 531, 1204, 1225, 1204, 1243],
                    [2, 1204, 279, 278, 1211, 1204, 1242, 1268, 1206, 1244, 537], [2, 991, 5, 1204, 1204, 1221]]
        for change in (without("add_space_prefix"), flag("add_space_prefix", 1)):
            path = self.changed(change)
            self.assert_tokens(path, expected)
            self.assertEqual(self.answer(path), "13>>33")

    def test_what_stands_around_a_text_is_the_files(self):
        path = self.changed(flag("add_bos_token", 0))
        self.assert_tokens(path, [tokens[1:] for tokens in PLAIN])
        self.assertEqual(self.answer(path), "22>>32 eggs")
        self.assertIn("prompts do not begin with <bos>", " ".join(self.info(path)["warnings"]))
        path = self.changed(flag("add_eos_token", 1))
        self.assert_tokens(path, [tokens + [1] for tokens in PLAIN])
        self.assertIn("<eos> follows each prompt", " ".join(self.info(path)["warnings"]))
        path = self.changed(without("add_bos_token", "add_eos_token"))
        self.assert_tokens(path, PLAIN)
        self.assertEqual(self.info(path)["warnings"], [])

    def test_without_a_key_the_beginning_is_1_and_the_end_2(self):
        roles = ("bos", "eos", "eot")
        missing = without(*(f"{role}_token_id" for role in roles), "unknown_token_id", "padding_token_id")
        beyond = lambda file: [file.set(f"{KEY}{role}_token_id", gguf.U32, 999_999) for role in roles]
        for change in (missing, beyond):
            path = self.changed(change)
            self.assert_tokens(path, with_first(1))
            self.assertEqual(self.info(path)["end_tokens"], [1, 2, 5])
            self.assertEqual(self.answer(path), "222>>22")

    def test_ends_of_texts_are_those_of_llama_cpp(self):
        def text(index, text, kind=1):
            def change(file):
                file.list(KEY + "tokens")[index] = text
                file.list(KEY + "token_type")[index] = kind
            return change
        path = self.changed(text(702, b"</s>"))
        self.assertEqual(self.info(path)["end_tokens"], [1, 5, 702])
        self.assertEqual(self.tokens(path, TEXTS[1]), [2, 279, 278, 1211, 1204, 702, 537])
        # As Gemma's own files have it: the HTML tag, which llama.cpp stops at with a warning, and Gemma does not.
        path = self.changed(text(702, b"</s>", 4))
        self.assertEqual(self.info(path)["end_tokens"], [1, 5])
        path = self.changed(text(702, b"</s>", 4), text(701, b"<|tool_response>"))
        self.assertEqual(self.info(path)["end_tokens"], [1, 5, 701])
        self.assertEqual(self.tokens(path, TEXTS[1]), PLAIN[1])
        named = lambda file: file.set(KEY + "eos_token_id", gguf.U32, 702)
        path = self.changed(text(702, b"</s>", 3), text(701, b"<|tool_response>"), named)
        self.assertEqual(self.info(path)["end_tokens"], [1, 5, 701])
        path = self.changed(text(702, b"<|call|>"), text(703, b"<|return|>"), text(704, b"<|end|>"))
        self.assertEqual(self.info(path)["end_tokens"], [1, 5, 702, 703])

    def test_scores_need_not_be_finite(self):
        def scores(indices, value):
            return lambda file: [file.list(KEY + "scores").__setitem__(index, value) for index in indices]
        path = self.changed(scores(range(300, 400, 2), float("-inf")), scores(range(301, 400, 2), float("inf")))
        self.assert_tokens(path, PLAIN)
        self.assert_tokens(self.changed(scores(range(0, 260), float("nan"))), PLAIN)  # control tokens and bytes
        self.assert_refused(self.changed(scores([300], float("nan"))), "token 300 has the score NaN")

    def test_suppressed_tokens_are_warned_of(self):
        # llama.cpp and transformers never generate them.
        path = self.changed(lambda file: file.set(KEY + "suppress_tokens", gguf.ARRAY, [5, [1221]]))
        self.assertIn("suppress_tokens: not supported; generation may produce these 1 tokens", " ".join(self.info(path)["warnings"]))
        self.edit_json(self.copy_of_model() / "generation_config.json", suppress_tokens=[1221])
        self.assertIn("suppress_tokens", " ".join(self.info(self.folder / "model")["warnings"]))

    def test_unused_tokens_are_made_of_texts_and_not_shown(self):
        path = self.changed(lambda file: [file.list(KEY + "token_type").__setitem__(index, 5) for index in range(300, 700)])
        self.assert_tokens(path, PLAIN)
        self.assertEqual(self.answer(path), "2232")


class TensorTests(LlamaTestCase):
    def assert_same(self, *changes):
        self.assertEqual(self.answer(self.changed(*changes)), self.answer(self.base))

    def test_dimensions_of_1_may_follow(self):
        for count in (2, 3, 4):
            def change(file):
                for tensor in file.tensors.values():
                    tensor[0] = tensor[0] + [1] * (count - len(tensor[0]))
            self.assert_same(change)

    def test_queries_keys_and_values_may_be_one_matrix(self):
        def change(file):
            for layer in range(4):
                parts = [file.tensors.pop(f"blk.{layer}.attn_{part}.weight") for part in "qkv"]
                sizes = [rows * 128 // 32 * 34 for _, rows in (part[0] for part in parts)]  # q8_0
                file.tensors[f"blk.{layer}.attn_qkv.weight"] = [
                    [128, 192], parts[0][1], b"".join(part[2][:size] for part, size in zip(parts, sizes))]
        self.assert_same(change)

    def test_rotary_settings_that_llama_cpp_computes(self):
        def scaling(kind, factor, original=None):
            def change(file):
                file.set("gemma3.rope.scaling.type", gguf.STRING, kind)
                file.set("gemma3.rope.scaling.factor", gguf.F32, factor)
                if original:
                    file.set("gemma3.rope.scaling.original_context_length", gguf.U32, original)
            return change
        for change, expected in (
            (scaling(b"yarn", 4.0, 256), "22>>32"), (scaling(b"yarn", 16.0, 16), "22>>22"),
            (setting("rope.dimension_count", gguf.U32, 16), "3 A A A A A"),
            (setting("rope.dimension_count_swa", gguf.U32, 16), "3 A A A A A"),
            (setting("attention.layer_norm_rms_epsilon", gguf.F32, 0.0), "22>>32"),
        ):
            self.assertEqual(self.answer(self.changed(change)), expected)
        self.assertEqual(self.answer(self.changed(scaling(b"longrope", 8.0))),
                         self.answer(self.changed(scaling(b"linear", 8.0))))
        for change, part in ((scaling(b"su", 4.0), "rope.scaling.type"),
                             (setting("rope.dimension_count", gguf.U32, 64), "rope.dimension_count"),
                             (setting("rope.scaling.attn_factor", gguf.F32, 1.5), "rope.scaling.attn_factor")):
            self.assert_refused(self.changed(change), part)

    def test_tensors_beside_matrices_count_only_where_llama_cpp_uses_them(self):
        def beside(name, *values):
            return lambda file: file.tensors.__setitem__(f"blk.0.{name}", numbers(*values))
        self.assert_same(beside("ffn_up.scale", 1.7), beside("attn_q.input_scale", 3.0), beside("attn_v.scale", 1.0),
                         beside("attn_k.bias", *[0.0] * 32))
        self.assert_refused(self.changed(beside("attn_v.scale", 1.7)), "attn_v.scale", "not supported")
        self.assert_refused(self.changed(beside("attn_q.bias", *[0.5] * 128)), "attn_q.bias", "not supported")
        self.assert_refused(self.changed(beside("attn_output.bias", *[0.0] * 128)), "attn_output.bias", "not a tensor of")

    def test_an_empty_chat_template_is_like_none(self):
        conversation = self.folder / "conversation.json"
        conversation.write_text(json.dumps([dict(role="user", content="Hello")]), encoding="utf-8")
        none = self.changed(lambda file: file.values.pop("tokenizer.chat_template"))
        expected = self.gemmabench("chat-template", none, conversation).stdout
        self.assertIn("<start_of_turn>user\nHello", expected)
        for text in (b"", b" \n"):
            path = self.changed(lambda file: file.set("tokenizer.chat_template", gguf.STRING, text))
            self.assertEqual(self.gemmabench("chat-template", path, conversation).stdout, expected)


class OllamaTests(LlamaTestCase):
    def manifest(self, **layers):
        """A manifest where `ollama pull` puts it, and the blob of its model."""
        store = self.folder / "models"
        (store / "blobs").mkdir(parents=True, exist_ok=True)
        shutil.copy(self.base, store / "blobs" / f"sha256-{'a' * 64}")
        path = store / "manifests/registry.ollama.ai/library/gemma3/270m"
        path.parent.mkdir(parents=True, exist_ok=True)
        entries = [dict(mediaType=f"application/vnd.ollama.image.{name}", digest=f"sha256:{digest * 64}", size=1)
                   for name, digest in layers.items()]
        path.write_text(json.dumps(dict(
            schemaVersion=2, mediaType="application/vnd.docker.distribution.manifest.v2+json",
            config=dict(mediaType="application/vnd.docker.container.image.v1+json"), layers=entries)))
        return path

    def test_a_manifest_is_the_model_that_it_names(self):
        path = self.manifest(model="a", template="b", license="c")
        self.assertEqual(self.answer(path), self.answer(self.base))
        self.assertEqual(self.tokens(path, PROMPT), PLAIN[0])
        self.assert_refused(self.manifest(model="b"), "an Ollama manifest", f"blobs/sha256-{'b' * 64}")
        self.assert_refused(self.manifest(model="a", adapter="b"), "an Ollama manifest", "LoRA adapter")

    def test_a_modelfile_is_named_with_its_model(self):
        path = self.folder / "Modelfile"
        path.write_text("# mine\nFROM ./gemma-3-270m.gguf\nPARAMETER temperature 0\n")
        self.assert_refused(path, "an Ollama Modelfile", "./gemma-3-270m.gguf")

"""GGUF files as people have them: what llama.cpp and Ollama load gives their result, the rest is refused by name."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import gguf
from support import COMMAND, MODEL, PROMPT, FirstDayTestCase

BOS, EOS, OPENING, CLOSING = 2, 1, 4, 5
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 2042280\n"


class GGUFTests(FirstDayTestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="gemmabench-gguf-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.base = cls.shared / "base.gguf"
        environment = dict(os.environ, GEMMABENCH_CACHE="off", HOME=str(cls.shared))
        subprocess.run([COMMAND, "quantize", MODEL, cls.base, "--type", "q8_0"], env=environment, check=True,
                       capture_output=True)

    def changed(self, change, name="changed.gguf", **options):
        """The base file with a change."""
        file = gguf.File(self.base)
        change(file)
        return file.write(self.folder / name, **options)

    def answer(self, model):
        return self.gemmabench("generate", model, PROMPT, "--max-tokens", "6").stdout

    def same(self, model):
        self.assertEqual(self.answer(model), self.answer(self.base))

    def refused(self, model, *words):
        error = self.gemmabench("generate", model, PROMPT, "--max-tokens", "2", code=1).stderr
        for word in words:
            self.assertIn(word, error)
        self.assertEqual(error.count("\n"), 1, error)

    def info(self, model):
        return json.loads(self.gemmabench("info", model).stdout)

    # What the files of a model may hold.

    def test_types_of_control_tokens_may_be_normal(self):
        def change(file):
            types = file.list("tokenizer.ggml.token_type")
            for token in (BOS, EOS, OPENING, CLOSING):
                types[token] = 1
        path = self.changed(change)
        self.same(path)
        tokens = self.gemmabench("tokenize", path, "<start_of_turn>user<end_of_turn>", "--format", "json").stdout
        self.assertEqual(tokens, self.gemmabench("tokenize", self.base, "<start_of_turn>user<end_of_turn>", "--format",
                                                 "json").stdout)
        facts = self.info(path)
        self.assertEqual(facts["end_tokens"], [EOS, CLOSING])
        self.assertIn("<start_of_turn>", " ".join(facts["warnings"]))
        # They stand in what is printed, and not a second time beside it.
        self.assertEqual(self.gemmabench("info", path).stderr, "")

    def test_types_may_be_others_than_the_texts_say(self):
        # Each loads in llama.cpp, with these tokens: it finds bytes and ends of texts by their texts.
        def kind(text, number):
            def change(file):
                file.list("tokenizer.ggml.token_type")[file.list("tokenizer.ggml.tokens").index(text)] = number
            return change

        def without_types(file):
            del file.values["tokenizer.ggml.token_type"]

        def tokens(model):
            return self.gemmabench("tokenize", model, "a <eos> \u00e9", "--format", "json").stdout
        expected = tokens(self.base)
        for change in (kind(b"<eos>", 4), kind(b"<bos>", 4), kind(b"<0xC3>", 1), kind(b"<0x0A>", 5), without_types):
            path = self.changed(change)
            self.same(path)
            self.assertEqual(tokens(path), expected)

        def odd(file):
            file.list("tokenizer.ggml.token_type")[700] = 6  # a byte without a byte's name
            file.set("tokenizer.ggml.remove_extra_whitespaces", gguf.BOOL, 1)  # of other vocabularies
        path = self.changed(odd)
        self.same(path)
        self.assertEqual(tokens(path), expected)

    def test_what_would_be_computed_otherwise_is_refused(self):
        self.refused(self.changed(lambda file: file.set("gemma3.attention.causal", gguf.BOOL, 0)),
                     "gemma3.attention.causal", "embedding model")

        def factors(file):
            file.tensors["rope_freqs.weight"] = [[16], 0, bytes(64)]
        self.refused(self.changed(factors), "rope_freqs.weight", "not a tensor of")

        def short(file):
            kind, value = file.values["gemma3.attention.head_count"]
            file.set("gemma3.attention.head_count", gguf.ARRAY, [kind, [value] * 3])
        self.refused(self.changed(short), "gemma3.attention.head_count", "3 values for 4 layers")

    def test_a_text_may_stand_twice_and_belongs_to_the_first(self):
        def change(file):
            tokens = file.list("tokenizer.ggml.tokens")
            tokens[701] = tokens[700]
        path = self.changed(change)
        self.answer(path)
        self.assertIn("token 700 and token 701", " ".join(self.info(path)["warnings"]))
        self.assertIn("token 700 and token 701", self.gemmabench("tokenize", path, "hello").stderr)

    def test_tokens_may_have_no_text_or_no_valid_one(self):
        def change(file):
            tokens, types = file.list("tokenizer.ggml.tokens"), file.list("tokenizer.ggml.token_type")
            tokens[1270], tokens[1271], tokens[1272] = b"", b"", b"\xff\xfe"
            types[1272] = 1
        self.answer(self.changed(change))

    def test_tokens_may_be_more_than_rows(self):
        def change(file):
            file.list("tokenizer.ggml.tokens").append(b"<image_soft_token>")
            file.list("tokenizer.ggml.scores").append(0.0)
            file.list("tokenizer.ggml.token_type").append(4)
        path = self.changed(change)
        self.same(path)
        error = self.gemmabench("generate", path, "<image_soft_token>", code=1).stderr
        self.assertIn("token 1280, <image_soft_token>: the model's embedding table has only 1280 rows", error)

    def test_end_tokens_are_known_by_key_and_by_text(self):
        def without(file):
            for key in ("tokenizer.chat_template", "tokenizer.ggml.eot_token_id"):
                file.values.pop(key, None)
        facts = self.info(self.changed(without))
        self.assertEqual((facts["end_tokens"], facts["end_token_texts"]), ([1, 5], ["<eos>", "<end_of_turn>"]))

        def other(file):
            without(file)
            file.set("tokenizer.ggml.eos_token_id", gguf.U32, CLOSING)
            file.set("tokenizer.ggml.eom_token_id", gguf.U32, 700)
            file.set("tokenizer.ggml.eot_token_id", gguf.U32, 99_999)  # llama.cpp passes over it
            file.list("tokenizer.ggml.tokens")[701] = b"<|tool_response>"
            file.list("tokenizer.ggml.tokens")[702] = b"</s>"  # the tag of HTML
        self.assertEqual(self.info(self.changed(other))["end_tokens"], [1, 5, 700, 701])

    def test_a_factor_without_a_type_is_linear(self):
        def factor(key, kind=None):
            def change(file):
                file.set(f"gemma3.rope.{key}", gguf.F32, 8.0)
                if kind:
                    file.set("gemma3.rope.scaling.type", gguf.STRING, kind)
            return self.answer(self.changed(change))
        linear = factor("scaling.factor", b"linear")
        self.assertNotEqual(linear, self.answer(self.base))
        self.assertEqual(factor("scaling.factor"), linear)
        self.assertEqual(factor("scale_linear"), linear)
        self.assertEqual(factor("scaling.factor", b"none"), self.answer(self.base))

    def test_metadata_that_nobody_reads_may_be_anything(self):
        def change(file):
            file.set("general.description", gguf.STRING, b"caf\xe9")
            file.set("general.tags", gguf.ARRAY, [gguf.STRING, [b"caf\xe9"]])
            file.set("general.odd", gguf.BOOL, 7)
        self.same(self.changed(change))
        self.refused(self.changed(lambda file: file.set("general.architecture", gguf.STRING, b"gemma\xe9")),
                     "general.architecture", "not valid UTF-8")

    def test_bytes_may_follow_the_last_tensor(self):
        self.same(self.changed(lambda file: None, tail=bytes(4096)))

    def test_one_value_may_be_a_list_of_equal_ones(self):
        def change(file):
            for key in ("attention.head_count", "attention.head_count_kv", "feed_forward_length",
                        "attention.key_length", "attention.sliding_window"):
                kind, value = file.values[f"gemma3.{key}"]
                count = file.values["gemma3.block_count"][1]
                file.set(f"gemma3.{key}", gguf.ARRAY, [kind, [value] * count])
        self.same(self.changed(change))

        def different(file):
            kind, value = file.values["gemma3.attention.head_count"]
            file.set("gemma3.attention.head_count", gguf.ARRAY, [kind, [value, value * 2]])
        self.refused(self.changed(different), "gemma3.attention.head_count", "differs from layer to layer")

    def test_epsilon_may_be_missing_and_is_a_millionth(self):
        self.assertAlmostEqual(gguf.File(self.base).values["gemma3.attention.layer_norm_rms_epsilon"][1], 1e-6)

        def change(file):
            # Of Ollama's files, whose base of the rotary embedding has another default too.
            del file.values["gemma3.attention.layer_norm_rms_epsilon"]
            del file.values["tokenizer.ggml.add_space_prefix"]
            file.set("gemma3.rope.global.freq_base", *file.values.pop("gemma3.rope.freq_base"))
            if "gemma3.rope.freq_base_swa" in file.values:
                file.set("gemma3.rope.local.freq_base", *file.values.pop("gemma3.rope.freq_base_swa"))
        self.same(self.changed(change))

    def test_types_that_cannot_be_computed_are_named(self):
        for number, name in ((40, "nvfp4"), (36, "iq4_nl_4_4"), (15, "q8_k"), (26, "i32"), (99, "unknown")):
            def change(file):
                file.tensors["blk.0.ffn_up.weight"][1] = number
            self.refused(self.changed(change), f"element type {number} ({name}", "blk.0.ffn_up.weight")

    def test_the_label_is_the_files_mixture_unless_it_is_not_true(self):
        self.assertEqual(self.info(self.base)["element_type"], "q8_0")
        self.assertAlmostEqual(self.info(self.base)["bits_per_weight"], 8.5, delta=0.1)
        self.assertEqual(self.info(MODEL)["element_type"], "bfloat16")
        for kind, label in (("q4_0", "q4_0"), ("q2_k", "q2_k"), ("q4_k_m", "q4_k_m")):
            path = self.folder / f"{kind}.gguf"
            self.gemmabench("quantize", MODEL, path, "--type", kind)
            self.assertEqual(self.info(path)["element_type"], label)
        for lie in (2, 15, 19, 999):
            path = self.changed(lambda file: file.set("general.file_type", gguf.U32, lie))
            self.assertEqual(self.info(path)["element_type"], "q8_0", lie)
        self.assertEqual(self.info(self.changed(lambda file: file.values.pop("general.file_type")))["element_type"], "q8_0")

    # Which file is meant.

    def test_a_file_is_known_by_its_magic(self):
        for name in ("BASE.GGUF", "sha256-0123456789abcdef", "weights.bin"):
            shutil.copy(self.base, self.folder / name)
            self.same(self.folder / name)
        (self.folder / "link").symlink_to(self.base)
        self.same(self.folder / "link")
        (self.folder / "fake.gguf").write_text("no GGUF")
        self.refused(self.folder / "fake.gguf", "not a GGUF file")
        (self.folder / "text").write_text("no GGUF")
        self.refused(self.folder / "text", "not a GGUF file")
        (self.folder / "sha256-pointer").write_text(POINTER)
        self.refused(self.folder / "sha256-pointer", "Git LFS pointer", "git lfs pull")
        self.gemmabench("chat-template", self.folder / "link", self.conversation())

    def conversation(self):
        path = self.folder / "conversation.json"
        path.write_text(json.dumps([dict(role="user", content="Hello")]), encoding="utf-8")
        return path

    def other(self, name, tensors=None, **values):
        file = gguf.File()
        for key, value in values.items():
            file.set(key.replace("__", "."), gguf.STRING, value)
        file.tensors = {tensor: [[128, 4], 0, bytes(2048)] for tensor in tensors or []}
        return file.write(self.folder / name)

    def test_files_that_are_no_model_are_named(self):
        self.refused(self.other("a.gguf", ["blk.0.attn_q.weight.lora_a"], general__architecture=b"gemma3",
                                general__type=b"adapter", adapter__type=b"lora"), "a LoRA adapter", "merge it")
        self.refused(self.other("b.gguf", ["blk.0.attn_q.weight.lora_a"], general__architecture=b"gemma3"), "a LoRA adapter")
        for name, values in (("c.gguf", dict(general__architecture=b"clip")), ("d.gguf", dict(general__type=b"mmproj")),
                             ("e.gguf", dict(general__architecture=b"gemma3"))):
            self.refused(self.other(name, ["v.blk.0.attn_q.weight"], **values), "a vision projector")
        self.refused(self.other("f.gguf", ["blk.0.attn_q.weight.in_sum2"], general__type=b"imatrix"), "an importance matrix")
        self.refused(self.other("g.gguf", ["direction.1"], general__architecture=b"controlvector"), "a control vector")

    def test_a_folder_is_its_one_model(self):
        shutil.copy(self.base, self.folder / "gemma-3-4b-it.Q8_0.gguf")
        self.other("gemma-3-4b-it.mmproj-Q8_0.gguf", ["v.blk.0.attn_q.weight"], general__architecture=b"clip")
        self.other("gemma-3-4b-it.imatrix.gguf", ["blk.0.attn_q.weight.in_sum2"], general__type=b"imatrix")
        self.same(self.folder)
        self.other("lora.gguf", ["blk.0.attn_q.weight.lora_a"], general__architecture=b"gemma3", adapter__type=b"lora")
        self.refused(self.folder, "lora.gguf is a LoRA adapter beside the model")
        (self.folder / "lora.gguf").unlink()
        shutil.copy(self.base, self.folder / "second.gguf")
        self.refused(self.folder, "2 GGUF models; name one", "second.gguf")

    def test_what_was_not_fetched_beside_a_model_does_not_count(self):
        shutil.copy(self.base, self.folder / "model.gguf")
        for name in ("mmproj-model-f16.gguf", "model.imatrix.gguf", "other-00002-of-00002.gguf"):
            (self.folder / name).write_text(POINTER)
        self.same(self.folder)

    def test_an_adapter_beside_a_model_of_the_other_format_is_an_error(self):
        beside = self.folder / "gguf"
        beside.mkdir()
        shutil.copy(self.base, beside / "model.gguf")
        (beside / "adapter_config.json").write_text(json.dumps(dict(peft_type="LORA", base_model_name_or_path="a/b")))
        self.refused(beside, "LoRA adapter of a/b", "in the model's folder")
        self.same(beside / "model.gguf")
        model = self.copy_of_model()
        self.other("model/lora.gguf", ["blk.0.attn_q.weight.lora_a"], general__architecture=b"gemma3", adapter__type=b"lora")
        self.refused(model, "lora.gguf", "a LoRA adapter is in the model's folder")

    def test_split_files_are_one_model(self):
        whole = gguf.File(self.base)
        names = list(whole.tensors)
        for extension in ("gguf", "GGUF"):
            for part in (0, 1):
                file = gguf.File()
                if part == 0:
                    file.values = dict(whole.values)
                file.set("split.no", gguf.U32, part)
                file.set("split.count", gguf.U32, 2)
                file.set("split.tensors.count", gguf.U32, len(names))
                file.tensors = {name: whole.tensors[name] for name in names[part::2]}
                file.write(self.folder / f"model-{part + 1:05d}-of-00002.{extension}")
            self.same(self.folder / f"model-00001-of-00002.{extension}")
            self.refused(self.folder / f"model-00002-of-00002.{extension}", "name the first part")
            self.same(self.folder)
            for part in (1, 2):
                (self.folder / f"model-{part:05d}-of-00002.{extension}").unlink()


class ByteOrderMarkTests(FirstDayTestCase):
    def test_texts_may_begin_with_a_byte_order_mark(self):
        mark = "\ufeff"
        model = self.copy_of_model()
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"):
            path = model / name
            path.write_text(mark + path.read_text(encoding="utf-8"), encoding="utf-8")
        rows = self.folder / "rows.jsonl"
        rows.write_text(mark + json.dumps(dict(q="x", a="y")) + "\n", encoding="utf-8")
        task = dict(type="custom", data=str(rows), prompt="{q}", answer="{a}", maximum_tokens=2)
        plan = json.dumps(dict(models=[str(model)], tasks=dict(own=task)))
        for name in ("plan.json", "plan.yaml"):
            path = self.folder / name
            path.write_text(mark + plan, encoding="utf-8")
            self.gemmabench("run", path)
        script = self.folder / "script.lua"
        script.write_text(mark + 'print("hi")\n', encoding="utf-8")
        self.assertEqual(self.gemmabench("script", script).stdout, "hi\n")

    def test_truncation_and_padding_are_ignored(self):
        plain = self.gemmabench("generate", self.copy_of_model("plain"), PROMPT, "--max-tokens", "4").stdout
        model = self.copy_of_model()
        self.edit_json(model / "tokenizer.json",
                       truncation=dict(direction="Right", max_length=2, strategy="LongestFirst", stride=0),
                       padding=dict(strategy=dict(Fixed=16), direction="Left", pad_id=0, pad_token="<pad>",
                                    pad_to_multiple_of=None, pad_type_id=0))
        self.assertEqual(self.gemmabench("generate", model, PROMPT, "--max-tokens", "4").stdout, plain)

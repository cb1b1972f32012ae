"""Tokenizers as they are published, which say more than the weights can hold."""

import json
import shutil

from support import PROMPT, FirstDayTestCase

SOFT = "<image_soft_token>"
REFUSAL = f"token 1280, {SOFT}: the model's embedding table has only 1280 rows"


class BeyondTheTableTests(FirstDayTestCase):
    def with_token(self, form):
        """The model with `<image_soft_token>` one beyond its 1280 rows, as Google's text-only Gemma 3 checkpoints have it."""
        model = self.copy_of_model(f"with-{form}")
        if form == "tokenizer.json":
            path = model / "tokenizer.json"
            document = json.loads(path.read_text(encoding="utf-8"))
            document["added_tokens"].append(dict(
                id=1280, content=SOFT, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True))
            path.write_text(json.dumps(document), encoding="utf-8")
        else:
            (model / "tokenizer.json").unlink()
            if form == "added_tokens.json":
                (model / form).write_text(json.dumps({SOFT: 1280}), encoding="utf-8")
            else:
                self.edit_json(model / form, added_tokens_decoder={"1280": dict(content=SOFT, special=True)})
        return model

    def test_the_model_loads_and_answers_as_without_the_token(self):
        plain = self.gemmabench("generate", self.copy_of_model("plain"), PROMPT, "--max-tokens", "4").stdout
        for form in ["tokenizer.json", "added_tokens.json", "tokenizer_config.json"]:
            with self.subTest(form):
                model = self.with_token(form)
                self.assertEqual(self.gemmabench("generate", model, PROMPT, "--max-tokens", "4").stdout, plain)
                tokens = self.gemmabench("tokenize", model, SOFT).stdout
                self.assertIn("1280", tokens)
                for words in [("generate", model, f"see {SOFT}"), ("generate", model, SOFT, "--chat")]:
                    self.assertIn(REFUSAL, self.gemmabench(*words, code=1).stderr)

    def test_ends_of_texts_beyond_the_table_end_nothing(self):
        model = self.copy_of_model()
        self.edit_json(model / "generation_config.json", eos_token_id=[1, 1280, 5])
        self.assertEqual(json.loads(self.gemmabench("info", model).stdout)["end_tokens"], [1, 5])

    def test_quantize_leaves_out_what_has_no_row(self):
        for form in ["tokenizer.json", "added_tokens.json"]:
            with self.subTest(form):
                path = self.folder / f"{form}.gguf"
                self.gemmabench("quantize", self.with_token(form), path, "--type", "q8_0")
                self.assertEqual(json.loads(self.gemmabench("info", path).stdout)["tokenizer_size"], 1280)

    def test_a_task_whose_texts_hold_the_token_is_an_error(self):
        model = self.with_token("added_tokens.json")
        rows = self.folder / "rows.jsonl"
        for question, continuation in [(f"see {SOFT}", "yes"), ("see", SOFT)]:
            rows.write_text(json.dumps(dict(q=question, choices=[continuation, "no"], a=0)), encoding="utf-8")
            plan = dict(models=[str(model)], tasks=dict(own=dict(
                type="custom", data=str(rows), prompt="{q}", choices="choices", answer="{a}", answer_is="index")))
            path = self.folder / "plan.json"
            path.write_text(json.dumps(plan), encoding="utf-8")
            done = self.gemmabench("run", path, code=2)
            self.assertIn(REFUSAL, done.stdout + done.stderr)


class SpecialTokenTests(FirstDayTestCase):
    def test_special_tokens_keep_what_they_do_with_the_text_around_them(self):
        # As transformers 5.24 and tokenizers have it: the space before the token belongs to it.
        model = self.copy_of_model()
        token = dict(__type="AddedToken", content="<mask>", lstrip=True, rstrip=False, normalized=False, single_word=False)
        self.edit_json(model / "tokenizer_config.json", mask_token=token)
        tokens = json.loads(self.gemmabench("tokenize", model, "c <mask> 2", "--no-bos", "--format", "json").stdout)
        self.assertEqual([token["id"] for token in tokens], [1219, 1280, 1204, 1221])


class StageTests(FirstDayTestCase):
    """Stages of tokenizer.json as AutoTokenizer of transformers 5.24 reads them; texts and tokens are its."""

    TEXT = "the  answer \u00e9\n\n x"
    TOKENS = [2, 1213, 279, 1204, 274, 269, 1204, 204, 178, 7, 537]
    MARKS = dict(type="Metaspace", replacement="\u2581", prepend_scheme="never", split=True)
    AROUND = dict(
        type="TemplateProcessing",
        single=[dict(SpecialToken=dict(id="<bos>", type_id=0)), dict(Sequence=dict(id="A", type_id=0)),
                dict(SpecialToken=dict(id="<eos>", type_id=0))],
        pair=[dict(Sequence=dict(id="A", type_id=0)), dict(Sequence=dict(id="B", type_id=1))],
        special_tokens={"<bos>": dict(id="<bos>", ids=[2], tokens=["<bos>"]),
                        "<eos>": dict(id="<eos>", ids=[1], tokens=["<eos>"])})

    def variant(self, settings=None, model=None, **stages):
        folder = self.copy_of_model()
        path = folder / "tokenizer.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        document.update(stages)
        document["model"].update(model or {})
        path.write_text(json.dumps(document), encoding="utf-8")
        self.edit_json(folder / "tokenizer_config.json", **(settings or {}))
        return folder

    def tokens(self, model, text=TEXT):
        return [token["id"] for token in json.loads(self.gemmabench("tokenize", model, text, "--format", "json").stdout)]

    def assert_tokens(self, expected, text=TEXT, **changes):
        model = self.variant(**changes)
        self.assertEqual(self.tokens(model, text), expected)
        shutil.rmtree(model)

    def test_what_stands_around_a_text_is_the_post_processor_s(self):
        self.assert_tokens(self.TOKENS, settings=dict(add_bos_token=False, add_eos_token=True))
        self.assert_tokens(self.TOKENS[1:], post_processor=None)
        self.assert_tokens(self.TOKENS + [1], post_processor=self.AROUND)
        self.assert_tokens(self.TOKENS + [1], post_processor=dict(type="Sequence", processors=[self.AROUND]))

    def test_without_tokenizer_json_it_is_the_configuration_s(self):
        for settings, expected in ((dict(add_bos_token=True), self.TOKENS), (dict(add_bos_token=False), self.TOKENS[1:]),
                                   (dict(add_bos_token=None), self.TOKENS[1:]), (dict(add_eos_token=True), self.TOKENS + [1])):
            model = self.variant(settings=settings)
            (model / "tokenizer.json").unlink()
            self.assertEqual(self.tokens(model), expected)
            shutil.rmtree(model)

    def test_stages_of_other_tools_load(self):
        self.assert_tokens(self.TOKENS, normalizer=None, pre_tokenizer=self.MARKS)
        self.assert_tokens(self.TOKENS, normalizer=None, pre_tokenizer=dict(self.MARKS, split=False))
        self.assert_tokens([2, 1280], text=PROMPT, model=dict(ignore_merges=True, vocab=self.vocabulary("2\u2581+\u25813\u2581=")))

    def vocabulary(self, text):
        path = self.copy_of_model("other") / "tokenizer.json"
        return {**json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"], text: 1280}

    def test_the_class_GemmaTokenizer_has_stages_of_its_own(self):
        for settings in (dict(tokenizer_class="GemmaTokenizerFast"), dict(tokenizer_class=None)):
            self.assert_tokens(self.TOKENS, settings=settings, decoder=None, normalizer=None,
                               model=dict(ignore_merges=True, byte_fallback=False))

    def test_texts_of_decoders(self):
        steps = [dict(type="Replace", pattern=dict(String="\u2581"), content=" "), dict(type="ByteFallback"),
                 dict(type="Fuse")]
        strip = dict(type="Strip", content=" ", start=1, stop=0)
        for decoder, expected in ((None, "2 2 >> 3 2"), (dict(type="Sequence", decoders=steps + [strip]), "22>>32")):
            model = self.variant(decoder=decoder)
            answer = self.gemmabench("generate", model, PROMPT, "--max-tokens", "6").stdout
            self.assertEqual(answer.split("\n")[0].strip(), expected)
            shutil.rmtree(model)
        self.assert_refused(self.variant(decoder=dict(type="WordPiece")), "the decoder WordPiece")

    def test_of_a_key_that_stands_twice_the_last_counts(self):
        model = self.copy_of_model()
        path = model / "tokenizer.json"
        text = path.read_text(encoding="utf-8")
        at = text.index("{", text.index('"vocab"')) + 1
        path.write_text(text[:at] + '"2": 1279, "zzz": 5000, "zzz": 5001, ' + text[at:], encoding="utf-8")
        self.assertEqual(self.tokens(model), self.TOKENS)
        self.assertEqual(self.tokens(model, PROMPT), [2, 1221, 531, 1204, 1225, 1204, 1243])

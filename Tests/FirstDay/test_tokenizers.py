"""Tokenizers as they are published, which say more than the weights can hold."""

import json

from support import PROMPT, FirstDayTestCase

SOFT = "<image_soft_token>"
REFUSAL = f"token 1280, {SOFT}: the model has no row for it in its table of 1280 rows"


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

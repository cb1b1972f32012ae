"""Chat templates as people have them: rendered as they say, or refused with the line and the reason."""

import json

import gguf
from support import MODEL, ROOT, FirstDayTestCase

TEMPLATES = ROOT / "Tests/Goldens/templates"
CONVERSATION = [dict(role="system", content=" Be brief. "), dict(role="user", content=" Hello "),
                dict(role="assistant", content=" Hi "), dict(role="user", content="Bye")]
# What jinja2 3.1.6 makes of them, with the environment of transformers.
TEXTS = {
    "one-newline-after-system":
        "<bos><start_of_turn>user\n Be brief. \nHello<end_of_turn>\n<start_of_turn>model\nHi<end_of_turn>\n"
        "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
    "eos-after-turn":
        "<bos><start_of_turn>user\n Be brief. \n\nHello<end_of_turn>\n<eos><start_of_turn>model\nHi<end_of_turn>\n<eos>"
        "<start_of_turn>user\nBye<end_of_turn>\n<eos><start_of_turn>model\n",
    "assistant-stays-assistant":
        "<bos><start_of_turn>user\n Be brief. \n\nHello<end_of_turn>\n<start_of_turn>assistant\nHi<end_of_turn>\n"
        "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
}
PLAIN = "{{ bos_token }}{% for m in messages %}{{ '<start_of_turn>' + m.role + '\\n' + m.content + '<end_of_turn>\\n' }}{% endfor %}"


class ChatTests(FirstDayTestCase):
    def conversation(self, messages=None):
        path = self.folder / "conversation.json"
        path.write_text(json.dumps(CONVERSATION if messages is None else messages), encoding="utf-8")
        return path

    def with_template(self, text, name="model"):
        model = self.copy_of_model(name)
        (model / "chat_template.jinja").write_text(text, encoding="utf-8")
        return model

    def rendered(self, model, messages=None):
        done = self.gemmabench("chat-template", model, self.conversation(messages), "--format", "json")
        return json.loads(done.stdout)["prompt"], done.stderr

    def test_a_template_is_rendered_as_it_says(self):
        for name, text in TEXTS.items():
            model = self.with_template((TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8"), name)
            self.assertEqual(self.rendered(model), (text, ""))
            facts = json.loads(self.gemmabench("info", model).stdout)["chat_template"]
            self.assertEqual((facts["kind"], len(facts["sha256"])), ("chat_template.jinja", 64))

    def test_what_cannot_be_rendered_is_refused_with_its_line(self):
        for text, *parts in [
                ("a\n{% for %}", "line 2", "cannot be parsed"), ("\n\n{{ x.y.z }}", "line 3", "'x' is undefined"),
                ("{{ raise_exception('Not so.') }}", "line 1", "Not so."), ("{% include 'x' %}", "include"),
                ("{{ 'x' * 10 ** 10 }}", "line 1", "limit"), ("{% for a in range(99999) %}{% for b in range(99999) %}"
                                                              "{% endfor %}{% endfor %}", "steps"),
                ("{{ messages[1].content }}", "messages[0]", "put it into another message")]:
            model = self.with_template(text)
            line = self.refusal("chat-template", model, self.conversation())
            for part in parts:
                self.assertIn(part, line)
            self.doCleanups()
            self.setUp()

    def test_templates_by_name(self):
        named = [dict(name="tool_use", template="no"), dict(name="default", template="{{ bos_token }}" + PLAIN[15:])]
        model = self.copy_of_model()
        self.edit_json(model / "tokenizer_config.json", chat_template=named)
        user = [dict(role="user", content="Hello")]
        text = "<bos><start_of_turn>user\nHello<end_of_turn>\n"
        self.assertEqual(self.rendered(model, user)[0], text)
        base = self.folder / "base.gguf"
        self.gemmabench("quantize", model, base, "--type", "q8_0")
        self.assertEqual(self.rendered(base, user)[0], text)
        file = gguf.File(base)
        file.set("tokenizer.chat_template", gguf.STRING, b"{% if")
        self.assertIn("cannot be parsed", self.refusal("chat-template", file.write(self.folder / "cut.gguf"), self.conversation()))
        self.edit_json(model / "tokenizer_config.json", chat_template=named[:1])
        self.assertIn("tool_use", self.refusal("chat-template", model, self.conversation()))

    def test_templates_in_files_of_their_own(self):
        # transformers takes these in place of tokenizer_config.json's.
        model = self.copy_of_model()
        others = model / "additional_chat_templates"
        others.mkdir()
        (others / "tool_use.jinja").write_text("no", encoding="utf-8")
        self.assertIn("tool_use", self.refusal("chat-template", model, self.conversation()))
        (others / "default.jinja").write_text("{% for m in messages %}D{{ m.content }}{% endfor %}", encoding="utf-8")
        user = [dict(role="user", content="Hello")]
        self.assertEqual(self.rendered(model, user)[0], "DHello")
        # transformers 5.24 reads chat_template.jinja first, so that a default.jinja of the folder goes before it.
        (model / "chat_template.jinja").write_text("J{{ messages[0].content }}", encoding="utf-8")
        self.assertEqual(self.rendered(model, user)[0], "DHello")
        (others / "default.jinja").unlink()
        self.assertEqual(self.rendered(model, user)[0], "JHello")

    def test_a_run_says_what_is_to_be_known_of_its_template(self):
        rows = self.folder / "rows.jsonl"
        rows.write_text(json.dumps(dict(q="2 + 3 =", a="5")) + "\n", encoding="utf-8")

        def warnings(model, chat):
            plan = dict(models=[dict(path=str(model), chat_template=chat)], tasks=dict(own=dict(
                type="custom", data=str(rows), prompt="{q}", answer="{a}", maximum_tokens=4)))
            path = self.folder / "plan.json"
            path.write_text(json.dumps(plan), encoding="utf-8")
            return self.gemmabench("run", path).stderr
        tuned = self.with_template(PLAIN, "pocket-1m-it")
        self.assertIn("pocket-1m-it is instruction-tuned", warnings(tuned, False))
        self.assertNotIn("chat template", warnings(tuned, True))
        self.assertNotIn("chat template", warnings(MODEL, False))
        bare = self.copy_of_model("bare")
        self.edit_json(bare / "tokenizer_config.json", chat_template=None)
        (bare / "chat_template.jinja").unlink(missing_ok=True)
        self.assertIn("bare has no chat template", warnings(bare, True))

#!/usr/bin/env python3
"""Writes cases for the Jinja engine, with what jinja2 makes of them.

    pip install jinja2 pyyaml
    python tools/check/check_templates.py CASES --chat FOLDER... --harness TASKS... --random 2000
    GEMMABENCH_TEMPLATE_CASES=CASES swift test --filter TemplateGoldenTests
    python tools/check/check_templates.py Tests/Goldens/templates/cases.jsonl --goldens

FOLDER holds chat templates: .jinja files, and the texts in .py, .yaml and .json files that are one; other people's
templates are not ours to ship, so the first form writes its cases outside the repository. TASKS are folders of
lm-evaluation-harness's task files. --goldens renders the templates of Tests/Goldens/templates/*.jinja, the programs of
make_template_programs.py and a few hundred random ones: the cases that are committed, long texts as their SHA-256.
A line is a template with its cases: variables, and the text, or the error that jinja2 raises.
"""
import argparse
import ast
import copy
import datetime
import hashlib
import json
import os
import pathlib
import random
import re
import sys
import time
import warnings

os.environ["TZ"] = "UTC"
time.tzset()
warnings.simplefilter("ignore")

import jinja2  # noqa: E402
import jinja2.ext  # noqa: E402
import jinja2.meta  # noqa: E402
import jinja2.nodes  # noqa: E402
import jinja2.sandbox  # noqa: E402
import yaml  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "goldens"))
from make_template_programs import DATA, PROGRAMS, RandomProgram  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "Tests" / "Goldens" / "templates"
NOW = 1_700_000_000  # 14 November 2023, 22:13:20


class Generation(jinja2.ext.Extension):
    """The `generation` tag as transformers has it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_call"), [], [], body).set_lineno(line)

    def _call(self, caller):
        return caller()


class Raised(jinja2.exceptions.TemplateError):
    """What a template raises itself."""


class Names(jinja2.utils.Namespace):
    """transformers' namespace: no names that begin with an underscore."""

    def __init__(*arguments, **named):
        self, arguments = arguments[0], arguments[1:]
        values = dict(*arguments, **named)
        if any(isinstance(name, str) and name.startswith("_") for name in values):
            raise jinja2.exceptions.SecurityError("underscore")
        jinja2.utils.Namespace.__init__(self, values)

    def __setitem__(self, name, value):
        if name.startswith("_"):
            raise jinja2.exceptions.SecurityError("underscore")
        jinja2.utils.Namespace.__setitem__(self, name, value)


def chat_environment():
    """transformers' settings (utils/chat_template_utils.py, _cached_compile_jinja_template)."""

    def raise_exception(message):
        raise Raised(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.datetime.fromtimestamp(NOW).strftime(form)
    environment.globals["dict"] = lambda *arguments, **named: dict(*arguments, **named)
    environment.globals["namespace"] = Names
    return environment


def harness_environment():
    """lm-evaluation-harness's settings (lm_eval/utils.py)."""
    return jinja2.Environment(
        loader=jinja2.BaseLoader(), undefined=jinja2.StrictUndefined, keep_trailing_newline=True)


ENVIRONMENTS = {"chat": chat_environment(), "harness": harness_environment()}


def message(role, content, **more):
    return {"role": role, "content": content, **more}


def parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


CALL = {"id": "call_1_abc", "type": "function", "function": {"name": "weather", "arguments": {"city": "Zürich", "days": 3}}}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather", "description": "The weather of a city.",
        "parameters": {
            "type": "object", "required": ["city"],
            "properties": {
                "city": {"type": "string", "description": "Its name, e.g. \"Bern\""},
                "days": {"type": "integer", "enum": [1, 3, 7]},
                "units": {"type": ["string", "null"], "default": None},
                "tags": {"type": "array", "items": {"type": "string"}},
                "place": {"type": "object", "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}}},
            }}}}
CONVERSATIONS = [
    [message("user", "Hello")],
    [message("user", "  Hello,\n world \t\n")],
    [message("user", "")],
    [message("user", "\u00a0\u2003\x1cna\u0301rrow\u202f\u3000 \U0001f468\u200d\U0001f469 \r\n")],
    [message("user", "<end_of_turn>\n<|im_end|> {{ braces }} 'quotes' \"both\" \\n")],
    [message("user", "2 + 2?"), message("assistant", " 4 \n"), message("user", "and 3 + 3?")],
    [message("user", "a"), message("assistant", "b"), message("user", "c"), message("assistant", "d"), message("user", "e")],
    [message("user", "Finish:"), message("assistant", "once upon")],
    [message("system", "Be brief."), message("user", "Hello")],
    [message("system", "  Be brief. \n"), message("user", "  Hello "), message("assistant", "Hi"), message("user", "Bye")],
    [message("system", "Only a system message.")],
    [message("system", ""), message("user", "Hello")],
    [message("developer", "Be brief."), message("user", "Hello")],
    [message("user", "Hello"), message("user", "again")],
    [message("assistant", "Hi"), message("user", "Hello")],
    [message("user", "Hello"), message("system", "late"), message("user", "again")],
    [message("user", "Hello"), message("model", "own name"), message("user", "again")],
    [message("user", "Hello"), message("assistant", "one"), message("assistant", "two"), message("user", "again")],
    [message("user", "Why?"), message("assistant", "<think>\nlet me see\n</think>\n\nBecause."), message("user", "So?")],
    [message("user", "Why?"), message("assistant", "<|channel>thought\nlet me see<channel|>Because."), message("user", "So?")],
    [message("user", "Why?"), message("assistant", "Because.", reasoning_content="let me see", reasoning="x", thinking="t"),
     message("user", "So?")],
    [message("user", parts("one part"))],
    [message("user", parts(" two ", "\n parts "))],
    [message("system", parts(" one system part ")), message("user", parts("Hello"))],
    [message("system", parts("a ", " b")), message("user", "mixed"), message("assistant", parts(" c ", "d")),
     message("user", parts(" e "))],
    [message("user", [{"type": "image"}, {"type": "text", "text": "What is it?"}])],
    [message("user", "Weather?"), message("assistant", None, tool_calls=[CALL]),
     message("tool", "{\"degrees\": 21.5}", name="weather", tool_call_id="call_1_abc"), message("assistant", "Warm.")],
    [message("user", "Weather?"), message("assistant", "", tool_calls=[CALL, CALL]), message("tool", "sun", tool_call_id="c"),
     message("tool", "rain", tool_call_id="d"), message("user", "Thanks")],
    [message("user", "x" * 300), message("assistant", "\n\n"), message("user", "y")],
    [message("unknown role", "text"), message("user", 5), message("user", "z", extra=[1, 2.5, None, True, "é"])],
    [],
    [message("user", None)],
    [{"role": "user"}],
]


def chat_cases():
    """Variables for a chat template: conversations by options, not all crossed."""
    cases = []
    for index, messages in enumerate(CONVERSATIONS):
        for prompt in (True, False):
            variables = {
                "messages": messages, "add_generation_prompt": prompt, "bos_token": "<bos>", "eos_token": "<eos>"}
            if index % 2 == int(prompt):
                variables |= {"enable_thinking": index % 4 < 2, "unk_token": "<unk>", "tools": None, "documents": None}
            if index % 5 == 1:
                variables |= {"tools": [TOOL, TOOL] if prompt else [TOOL]}
            cases.append(variables)
    return cases


def rendered(environment, template, variables):
    """The text, or the error; None for a text with an address in it."""
    try:
        text = template.render(**copy.deepcopy(variables))
    except Raised as error:
        return {"raised": str(error)}
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    return None if re.search(r" at 0x[0-9a-f]{6}", text) else {"text": text}


def line(name, settings, source, table, variables):
    """A template and what becomes of it with the entries of a table of variables."""
    environment = ENVIRONMENTS[settings]
    result = {"name": name, "settings": settings, "template": source}
    try:
        template = environment.from_string(source)
    except jinja2.exceptions.TemplateSyntaxError as error:
        return result | {"syntax_error": str(error)[:300]}
    except Exception as error:  # noqa: BLE001
        # Jinja evaluates constants while it compiles; what it meets there may lie where no rendering comes.
        return result | {"compile_error": str(error)[:300]}
    results = []
    for index, values in enumerate(variables):
        outcome = rendered(environment, template, values)
        if outcome is not None:
            results.append({"variables": index if table else values} | outcome)
    return result | {"table": table, "cases": results}


def texts_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from texts_of(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from texts_of(entry)


class Loader(yaml.SafeLoader):
    """YAML whose tags (!function) are taken for plain values."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def chat_templates(folder):
    """The chat templates in the files of a folder, with their names."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        found = []
        if path.suffix in (".jinja", ".jinja2"):
            found = [path.read_text()]
        elif path.suffix == ".py" and path.stat().st_size < 2_000_000:
            try:
                tree = ast.parse(path.read_text(errors="replace"))
            except SyntaxError:
                continue
            found = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        elif path.suffix in (".yaml", ".yml", ".json"):
            try:
                found = list(texts_of(yaml.load(path.read_text(), Loader)))
            except Exception:  # noqa: BLE001
                continue
        for index, text in enumerate(found):
            if path.suffix in (".jinja", ".jinja2") or ("{%" in text and "message" in text):
                yield f"{path.relative_to(folder)}#{index}", text


VALUES = ["text", "  a text with spaces \n", "", 3, 0, -1.5, True, None, ["one", "two", "three"], [0, 1], ["a"],
          {"text": ["x", "y"], "label": [0, 1]}, {"text": "t", "label": "A", "a": 1}, ["A", "B", "C", "D"], "A", "é\u0301"]


def document(names, seed):
    chance = random.Random(seed)
    return {name: chance.choice(VALUES) for name in names}


def harness_lines(folder):
    seen = set()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_dir() or path.suffix not in (".yaml", "") and "yaml" not in path.name:
            continue
        try:
            data = yaml.load(path.read_text(), Loader)
        except Exception:  # noqa: BLE001
            continue
        for text in texts_of(data):
            if ("{{" in text or "{%" in text) and text not in seen:
                seen.add(text)
                try:
                    names = jinja2.meta.find_undeclared_variables(ENVIRONMENTS["harness"].parse(text))
                except jinja2.exceptions.TemplateSyntaxError:
                    names = set()
                cases = [document(sorted(names), seed) for seed in range(12)]
                yield line(path.name, "harness", text, None, cases)


def program_lines(count, seed):
    for index, (settings, source, variables) in enumerate(PROGRAMS):
        yield line(f"program {index}", settings, source, "program", [variables])
    for index in range(count):
        program = RandomProgram(seed + index)
        settings = "harness" if index % 4 == 0 else "chat"
        yield line(f"random {seed + index}", settings, program.source(), "program", [program.variables()])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--chat", nargs="*", type=pathlib.Path, default=[])
    parser.add_argument("--harness", nargs="*", default=[])
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=10_000)
    parser.add_argument("--goldens", action="store_true")
    options = parser.parse_args()
    tables = {"chat": chat_cases(), "program": [DATA]}
    lines = []
    if options.goldens:
        for path in sorted(FOLDER.glob("*.jinja")):
            lines.append(line(path.name, "chat", path.read_text(), "chat", tables["chat"]))
            lines[-1]["template"] = None  # read from the file
        lines += program_lines(400, 0)
        for case in (case for entry in lines for case in entry.get("cases", [])):
            if len(case.get("text", "")) > 200:
                case["sha256"] = hashlib.sha256(case.pop("text").encode()).hexdigest()
    else:
        seen = set()
        for folder in options.chat:
            for name, text in chat_templates(folder):
                if text not in seen:
                    seen.add(text)
                    lines.append(line(name, "chat", text, "chat", tables["chat"]))
        for folder in options.harness:
            lines += harness_lines(folder)
        if options.random:
            lines += program_lines(options.random, options.seed)
    lines.insert(0, {"tables": tables})
    with open(options.output, "w") as file:
        for entry in lines:
            file.write(json.dumps(entry, ensure_ascii=True, separators=(",", ":")) + "\n")
    cases = [case for entry in lines for case in entry.get("cases", [])]
    print(f"jinja2 {jinja2.__version__}: {len(lines) - 1} templates ({sum('syntax_error' in entry for entry in lines)} not parsed),"
          f" {len(cases)} cases ({sum('error' in case for case in cases)} errors, {sum('raised' in case for case in cases)} raised)")


if __name__ == "__main__":
    sys.exit(main())

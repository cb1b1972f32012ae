#!/usr/bin/env python3
"""Writes docs/options.md and docs/catalogue.md, and the table of charts in docs/charts.md, from the library's schema; with --check, says whether
they are up to date, and whether the tables of docs/tasks.md and docs/configuration.md name options that there are, with their
aliases.

    PYTHONPATH=bindings/python python3 tools/generate/make_option_tables.py [--check]
"""

from __future__ import annotations

import json
import pathlib
import re
import sys

import gemmabench

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "docs/options.md"
CHARTS = ROOT / "docs/charts.md"

HEAD = """# Options

All options, grouped by owner. The same schema checks plans and makes the flags and the help (`gb_schema`,
`gemmabench.schema()`). On the command line an option of a plan, a model or a task is a flag of `gemmabench run` (`max_tokens`
is `--max-tokens`), and `--set KEY=VALUE` reaches it by its name. Exceptions are `name` of plans and tasks, and what says which
model it is: `name`, `path`, `type`, `generation`, `size`, `variant`, `revision`. The command takes the model as an argument
(`google/gemma-3-1b-it@REVISION`) and its name as `--name`. What the options of tasks mean for a score is in
[tasks.md](tasks.md), what a plan is in [configuration.md](configuration.md).
"""

CATALOGUE = ROOT / "docs/catalogue.md"

CATALOGUE_HEAD = """# The catalogue

Benchmarks that come with gemmabench. Their data come from the Hub when a task first needs them, and from its cache ever after
([hub.md](hub.md#data-sets)); a folder (`--data`, `GEMMABENCH_DATA`) takes precedence over the Hub. `gemmabench tasks` lists
them, `gemmabench tasks WORD` searches. Prompts, requests and scores are those of lm-evaluation-harness 0.4.13 for the task of
that name, if it has one. `questions` counts the split that is evaluated; `shots` are the few-shot examples by default; `chance`
is what guessing scores on the main metric; "–" means not counted, or no such number. Options:
[options.md](options.md#tasks-of-the-catalogue).
"""

TYPES = {"flag": "true or false", "flag_or_text": "true, false or text", "integer": "whole number", "number": "number", "text": "text", "texts": "texts",
         "integers": "whole numbers", "any": "", "callback": "function"}


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def default(option: dict) -> str:
    value = option["default"]
    if value is None:
        return "–"
    text = value if isinstance(value, str) and value.strip() == value and value else json.dumps(value)
    return f"`{cell(text)}`"


def rows(options: list[dict]) -> str:
    lines = ["| option | type | default | |", "|---|---|---|---|"]
    for option in options:
        names = f"`{option['name']}`" + "".join(f" (`{alias}`)" for alias in option["aliases"])
        kind = "path" if option["path"] else TYPES[option["type"]]
        choices = option["choices"]
        if choices and all(choice not in option["help"] for choice in choices):
            kind = ", ".join(f"`{choice}`" for choice in choices)
        if option["range"]:
            kind = ", ".join(filter(None, [kind, option["range"]]))
        lines.append(f"| {names} | {kind} | {default(option)} | {cell(option['help'])} |")
    return "\n".join(lines) + "\n"


def page(schema: dict) -> str:
    text = HEAD
    text += f"\n## Plans\n\n{rows(schema['plan'])}\n## Models of a plan\n\n{rows(schema['model'])}"
    described = [task for task in schema["tasks"] if task["about"]]
    # Tasks of the catalogue have the same options, some of them by what is asked of a model.
    shared = {option["name"]: option for task in described for option in task["options"]}
    text += (f"\n## Tasks of the catalogue\n\nThose of [catalogue.md](catalogue.md). `max_tokens`, `temperature`, `sampling_seed` and `repeats` are of tasks whose "
             f"answers\nare generated, `stride` is of those that score whole texts.\n\n{rows(list(shared.values()))}")
    for task in schema["tasks"]:
        if task["about"]:
            continue
        text += f"\n## Task `{task['type']}`\n\n{task['title']}.\n\n{rows(task['options'])}"
    text += ("\n## Calls of Lua and Python\n\nOptions of a call that a front has; names are the same in both. Those of `stats`, `compare`, "
             "`compare_reports`,\n`power` and `table` are also flags of the command, and keys of `options_json` in C.\n")
    for name, options in schema["calls"].items():
        text += f"\n### `{name}`\n\n{rows(options)}"
    return text


def catalogue(schema: dict) -> str:
    """docs/catalogue.md: the benchmarks that come with the library."""
    lines = ["| task | what | questions | shots | chance | licence |", "|---|---|---|---|---|---|"]
    for task in schema["tasks"]:
        about = task["about"]
        if not about:
            continue
        title = cell(task["title"])
        what = f"[{title}]({about['source']})" if about["source"] else title
        if about["gated"]:
            what += " (gated: accept its terms on the Hub, and set `HF_TOKEN`)"
        chance = "–" if about["chance"] is None else f"{about['chance']:.3g}"
        questions = "–" if about["questions"] is None else str(about["questions"])
        lines.append(f"| `{task['type']}` | {what} | {questions} | {about['shots']} | {chance} | {cell(about['licence'] or '–')} |")
    return CATALOGUE_HEAD + "\n" + "\n".join(lines) + "\n"


def charts(schema: dict, text: str) -> str:
    """docs/charts.md with the charts that there are in its table."""
    lines = ["| chart | shows | left out when |", "|---|---|---|"]
    for chart in schema["charts"]:
        lines.append(f"| `{chart['files']}` | {cell(chart['shows'])} | {cell(chart['left_out_when'])} |")
    return re.sub(r"(?m)^\| chart \|.*\n(?:\|.*\n)+", lambda _: "\n".join(lines) + "\n", text, count=1)


def named(file: str) -> set[str]:
    """The options that tables of a page name: what stands in backquotes in the first column, aliases in brackets too."""
    found: set[str] = set()
    for table in re.findall(r"^\| (?:option|key) \|.*\n\|[-|]+\n((?:\|.*\n)+)", (ROOT / file).read_text(encoding="utf-8"), re.M):
        for line in table.splitlines():
            found |= set(re.findall(r"`(\w+)`", line.split("|")[1]))
    return found


def problems(schema: dict) -> list[str]:
    found = []
    tasks = {name for task in schema["tasks"] for option in task["options"] for name in [option["name"], *option["aliases"]]}
    for name in sorted(named("docs/tasks.md") ^ (tasks - {"name"})):
        found.append(f"docs/tasks.md: `{name}` {'is no option of a task' if name not in tasks else 'is in no table'}")
    plans = {option["name"] for part in ("plan", "model") for option in schema[part]}
    for name in sorted(plans - named("docs/configuration.md")):
        found.append(f"docs/configuration.md: `{name}` is in no table")
    return found


def main() -> None:
    schema = gemmabench.schema()
    text = page(schema)
    if sys.argv[1:] != ["--check"]:
        OUTPUT.write_text(text, encoding="utf-8")
        CATALOGUE.write_text(catalogue(schema), encoding="utf-8")
        CHARTS.write_text(charts(schema, CHARTS.read_text(encoding="utf-8")), encoding="utf-8")
        return
    found = problems(schema)
    if not OUTPUT.exists() or OUTPUT.read_text(encoding="utf-8") != text:
        found.append("docs/options.md is not what the schema says; run tools/generate/make_option_tables.py")
    if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != catalogue(schema):
        found.append("docs/catalogue.md is not what the schema says; run tools/generate/make_option_tables.py")
    if charts(schema, CHARTS.read_text(encoding="utf-8")) != CHARTS.read_text(encoding="utf-8"):
        found.append("docs/charts.md is not what the schema says; run tools/generate/make_option_tables.py")
    if found:
        sys.exit("\n".join(found))
    print(f"Options: {text.count(chr(10) + '| `')} rows as in the schema")


if __name__ == "__main__":
    main()
